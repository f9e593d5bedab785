// Log-probabilities of visible text. Each sampled token is an entry; entries are handed out with the text they
// spell, so that the bytes of all entries, concatenated, are the UTF-8 of the text that was shown.

import type { Tokenizer } from "@tokenwire/core/tokenizer";
import { ApiError } from "./api-error.ts";
import type { SampledLogprob } from "./generation.ts";

/** One sampled token of the visible text. `bytes` are those of its bytes that were shown. */
export interface LogprobEntry {
  readonly sampled: SampledLogprob;
  readonly bytes: Uint8Array;
}

/** The entry of chat completions and responses. */
export interface WireLogprob {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: readonly number[];
  readonly top_logprobs: readonly Omit<WireLogprob, "top_logprobs">[];
}

/** JSON has no infinity; a token of probability zero gets a number that no real token reaches. */
const lowestLogprob = -9999;

function finite(logprob: number): number {
  return Math.max(lowestLogprob, logprob);
}

const utf8 = new TextDecoder("utf-8");

/** How tokens are spelled: by their text, or `token_id:123`, as vLLM does on demand. */
export type TokenSpelling = "text" | "id";

export function toWireLogprob(
  entry: LogprobEntry,
  tokenizer: Tokenizer,
  spelling: TokenSpelling = "text",
): WireLogprob {
  const { sampled, bytes } = entry;
  const spell = (id: number, shown: Uint8Array): string =>
    spelling === "id" ? `token_id:${id}` : utf8.decode(shown);
  return {
    token: spell(sampled.id, bytes),
    logprob: finite(sampled.logprob),
    bytes: [...bytes],
    top_logprobs: (sampled.top ?? []).map(({ id, logprob }) => {
      const alternative = tokenizer.decodeBytes([id]);
      return { token: spell(id, alternative), logprob: finite(logprob), bytes: [...alternative] };
    }),
  };
}

/** Raises 500 for what an engine gave as a probability and is no number: as JSON it would be null. */
export function checkLogprobs(sampled: readonly SampledLogprob[]): void {
  for (const entry of sampled) {
    for (const { logprob } of [entry, ...(entry.top ?? [])]) {
      if (logprob < Number.POSITIVE_INFINITY) continue;
      throw new ApiError(500, `The engine gave ${logprob} as a log-probability.`);
    }
  }
}

interface Piece {
  readonly sampled: SampledLogprob;
  readonly bytes: Uint8Array;
  /** Bytes of this token before those of `bytes`, already shown. */
  shown: number;
}

const encoder = new TextEncoder();

/**
 * Follows tokens from the engine to the text they end up in. A parser between the two removes markers and holds
 * text back, but never reorders: the bytes of a text event are a run of the bytes pushed and not yet claimed.
 */
export class LogprobTracker {
  readonly #tokenizer: Tokenizer;
  /** Sampled, and not yet seen in a text event. */
  #pending: Piece[] = [];
  /** Seen in a text event, and not yet shown. */
  #visible: Piece[] = [];

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
  }

  /** A token was sampled. */
  push(sampled: SampledLogprob): void {
    this.#pending.push({ sampled, bytes: this.#tokenizer.decodeBytes([sampled.id]), shown: 0 });
  }

  /** The parser produced this text from the tokens pushed so far. */
  claim(text: string): void {
    const wanted = encoder.encode(text);
    const have = concat(this.#pending.map((piece) => piece.bytes));
    const at = startsWith(have, wanted, 0) ? 0 : lastIndexOf(have, wanted);
    if (at < 0) return;
    const end = at + wanted.length;
    let offset = 0;
    const rest: Piece[] = [];
    for (const piece of this.#pending) {
      const from = Math.max(at - offset, 0);
      const to = Math.min(end - offset, piece.bytes.length);
      if (to > from) this.#visible.push({ ...piece, bytes: piece.bytes.subarray(from, to) });
      if (end - offset < piece.bytes.length) {
        rest.push(to > 0 ? { ...piece, bytes: piece.bytes.subarray(to) } : piece);
      }
      offset += piece.bytes.length;
    }
    this.#pending = rest;
  }

  /** Entries of the tokens whose last byte this text shows. */
  show(text: string): LogprobEntry[] {
    let left = encoder.encode(text).length;
    const shown: LogprobEntry[] = [];
    while (left > 0 && this.#visible.length > 0) {
      const piece = this.#visible[0]!;
      const remaining = piece.bytes.length - piece.shown;
      if (left < remaining) {
        piece.shown += left;
        break;
      }
      left -= remaining;
      shown.push({ sampled: piece.sampled, bytes: piece.bytes });
      this.#visible.shift();
    }
    return shown;
  }

  /** A stop string ended the text: the entry of a token that was shown in part, with the bytes shown. */
  cut(): LogprobEntry[] {
    const piece = this.#visible[0];
    this.#visible = [];
    this.#pending = [];
    return piece && piece.shown > 0
      ? [{ sampled: piece.sampled, bytes: piece.bytes.subarray(0, piece.shown) }]
      : [];
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

function startsWith(have: Uint8Array, wanted: Uint8Array, at: number): boolean {
  if (at + wanted.length > have.length) return false;
  for (let i = 0; i < wanted.length; i++) if (have[at + i] !== wanted[i]) return false;
  return true;
}

function lastIndexOf(have: Uint8Array, wanted: Uint8Array): number {
  for (let at = have.length - wanted.length; at >= 0; at--) if (startsWith(have, wanted, at)) return at;
  return -1;
}
