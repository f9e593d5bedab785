// Between the caller's token ids and the rows of the model's table. A model file may carry its own small choice of a
// large vocabulary (metadata `tokenwire.row_ids`): then ordinary ids are turned into bytes and cut anew into rows, while
// special tokens keep their own row. Without that metadata ids are rows.

import type { GgufValue } from "@tokenwire/core/gguf";
import { EngineError, type TokenId } from "../engine.ts";
import { damagedModel } from "./model-error.ts";
import { Segmenter } from "./segment.ts";

/** Turns ids into the bytes they stand for: any tokenizer of the caller's encoding. */
export interface TokenBytesSource {
  decodeBytes(ids: ArrayLike<number>): Uint8Array;
}

/** A prompt as the model sees it. */
export interface PromptRows {
  readonly rows: readonly number[];
  /** How many of the caller's ids are covered by the first `rows` rows. */
  idsWithin(rows: number): number;
}

export interface TokenTable {
  /** One more than the largest id the caller may use. */
  readonly vocabSize: number;
  /** The rows of a prompt. Raises `invalid_request` for ids that do not exist or cannot be spelled. */
  toRows(ids: ArrayLike<TokenId>): PromptRows;
  /** The row of an id that has one of its own. */
  rowOf(id: TokenId): number | undefined;
  idOf(row: number): TokenId;
}

/**
 * The table that a model file describes.
 *
 * @param source spells ids that are not in the table; without it they are refused.
 */
export function createTokenTable(
  metadata: ReadonlyMap<string, GgufValue>,
  rows: number,
  source?: TokenBytesSource,
): TokenTable {
  const rowIds = metadata.get("tokenwire.row_ids");
  return rowIds === undefined ? new IdentityTable(rows) : new CompactTable(metadata, rowIds, rows, source);
}

class IdentityTable implements TokenTable {
  readonly vocabSize: number;

  constructor(rows: number) {
    this.vocabSize = rows;
  }

  toRows(ids: ArrayLike<TokenId>): PromptRows {
    for (let i = 0; i < ids.length; i++) checkId(ids[i] as number, i, this.vocabSize);
    return { rows: Array.from(ids), idsWithin: (rows) => rows };
  }

  rowOf(id: TokenId): number | undefined {
    return id >= 0 && id < this.vocabSize ? id : undefined;
  }

  idOf(row: number): TokenId {
    return row;
  }
}

/** Token type numbers of GGUF. */
const controlToken = 3;

class CompactTable implements TokenTable {
  readonly vocabSize: number;
  readonly #ids: readonly number[];
  readonly #rows: ReadonlyMap<number, number>;
  /** Bytes of ordinary rows, one character per byte; undefined for special tokens. */
  readonly #bytes: readonly (string | undefined)[];
  readonly #segmenter: Segmenter;
  readonly #source: TokenBytesSource | undefined;

  constructor(
    metadata: ReadonlyMap<string, GgufValue>,
    rowIds: GgufValue,
    rows: number,
    source: TokenBytesSource | undefined,
  ) {
    const ids = numbers(rowIds, "tokenwire.row_ids", rows);
    const types = numbers(metadata.get("tokenizer.ggml.token_type"), "tokenizer.ggml.token_type", rows);
    const texts = metadata.get("tokenizer.ggml.tokens");
    if (!Array.isArray(texts) || texts.length !== rows || !texts.every((text) => typeof text === "string")) {
      throw damagedModel(`metadata "tokenizer.ggml.tokens" must be ${rows} strings.`);
    }
    const size = metadata.get("tokenwire.vocab_size");
    const largest = Math.max(...ids);
    if (typeof size !== "number" || !Number.isInteger(size) || size <= largest) {
      throw damagedModel(
        `metadata "tokenwire.vocab_size" is ${String(size)}; the largest row id is ${largest}.`,
      );
    }
    this.vocabSize = size;
    this.#ids = ids;
    this.#rows = new Map(ids.map((id, row) => [id, row]));
    this.#bytes = texts.map((text: string, row) =>
      types[row] === controlToken ? undefined : fromPrintable(text),
    );
    this.#segmenter = new Segmenter(ordinaryRows(this.#bytes));
    this.#source = source;
  }

  toRows(ids: ArrayLike<TokenId>): PromptRows {
    const rows: number[] = [];
    /** Bytes up to the end of each id; a special token counts as one. */
    const ends: number[] = [];
    const runs: string[] = [];
    let position = 0;
    const flush = (): void => {
      if (runs.length > 0) this.#segmenter.segment(runs.join(""), rows);
      runs.length = 0;
    };
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i] as number;
      checkId(id, i, this.vocabSize);
      const row = this.#rows.get(id);
      const bytes = row === undefined ? this.#spell(id, i) : this.#bytes[row];
      if (bytes === undefined) {
        flush();
        rows.push(row as number);
        position++;
      } else {
        runs.push(bytes);
        position += bytes.length;
      }
      ends.push(position);
    }
    flush();
    return { rows, idsWithin: (count) => this.#idsWithin(rows, ends, count) };
  }

  rowOf(id: TokenId): number | undefined {
    return this.#rows.get(id);
  }

  idOf(row: number): TokenId {
    return this.#ids[row] as number;
  }

  #spell(id: TokenId, index: number): string {
    if (this.#source === undefined) {
      throw new EngineError(
        "invalid_request",
        `Token ${id} at index ${index} is not one of the ${this.#ids.length} tokens that this model knows. ` +
          "Create the engine with `tokenizer` (of o200k_harmony), so that other tokens can be spelled out.",
      );
    }
    return Array.from(this.#source.decodeBytes([id]), (byte) => String.fromCharCode(byte)).join("");
  }

  #idsWithin(rows: readonly number[], ends: readonly number[], count: number): number {
    let covered = 0;
    for (let i = 0; i < count; i++) covered += this.#bytes[rows[i] as number]?.length ?? 1;
    const beyond = ends.findIndex((end) => end > covered);
    return beyond === -1 ? ends.length : beyond;
  }
}

function ordinaryRows(bytes: readonly (string | undefined)[]): Map<string, number> {
  const rows = new Map<string, number>();
  bytes.forEach((text, row) => {
    if (text !== undefined) rows.set(text, row);
  });
  for (let byte = 0; byte < 256; byte++) {
    if (!rows.has(String.fromCharCode(byte))) {
      throw damagedModel(`its token table has no row for the single byte ${byte}.`);
    }
  }
  return rows;
}

function checkId(id: number, index: number, vocabSize: number): void {
  if (Number.isInteger(id) && id >= 0 && id < vocabSize) return;
  throw new EngineError(
    "invalid_request",
    `Token ${id} at index ${index} of the prompt does not exist: ids from 0 to ${vocabSize - 1} are accepted.`,
  );
}

function numbers(value: GgufValue | undefined, key: string, count: number): number[] {
  if (!Array.isArray(value) || value.length !== count || !value.every((item) => typeof item === "number")) {
    throw damagedModel(`metadata "${key}" must be ${count} numbers.`);
  }
  return value as number[];
}

/** GPT-2's printable stand-ins for bytes: 68 bytes are moved to 256 and beyond, the others stand for themselves. */
function printableBytes(): Map<number, number> {
  const map = new Map<number, number>();
  let next = 256;
  for (let byte = 0; byte < 256; byte++) {
    const itself = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    map.set(itself ? byte : next++, byte);
  }
  return map;
}

const byteOfPrintable: ReadonlyMap<number, number> = printableBytes();
const printableOfByte: ReadonlyMap<number, number> = new Map(
  [...byteOfPrintable].map(([printable, byte]) => [byte, printable]),
);

/** Bytes (one character each) out of GPT-2's printable spelling. */
function fromPrintable(text: string): string {
  return Array.from(text, (character) => {
    const byte = byteOfPrintable.get(character.codePointAt(0) as number);
    if (byte === undefined) throw damagedModel(`token "${text}" is not in GPT-2's printable spelling.`);
    return String.fromCharCode(byte);
  }).join("");
}

/** GPT-2's printable spelling of bytes (one character each), as GGUF files store tokens. */
export function toPrintable(bytes: string): string {
  return Array.from(bytes, (character) =>
    String.fromCodePoint(printableOfByte.get(character.charCodeAt(0)) as number),
  ).join("");
}
