// Calls written as a name and pairs of key and value tags: `NAME<arg_key>K</arg_key><arg_value>V</arg_value>`.

import { ArgumentsWriter, type ValueOptions } from "./arguments-writer.ts";
import { MarkerSet } from "./marker-set.ts";
import type { CallFault } from "./output-event.ts";
import type { Task } from "./reader.ts";
import type { ToolReader } from "./tool-reader.ts";

export interface KeyValueSyntax {
  readonly keyOpen: readonly string[];
  readonly keyClose: readonly string[];
  readonly valueOpen: readonly string[];
  readonly valueClose: readonly string[];
  readonly close: readonly string[];
  /** A tag between name and first key. */
  readonly separator?: readonly string[];
  readonly value?: ValueOptions;
  /** Where the name must be followed by a newline: tells whether what follows it is right. */
  readonly nameEnd?: (reader: ToolReader, after: string, code: number) => boolean;
}

const LESS = 60;
const isName = (code: number) => code !== LESS && code !== 10;

/** Reads a body that starts here; for families that hand over to this one. True: it was read. */
export function keyValueBody(syntax: KeyValueSyntax): (reader: ToolReader, code: number) => Task<boolean> {
  const call = new KeyValueCall(syntax);
  return function* body(reader, code) {
    if (code === -1) return false;
    yield* call.read(reader);
    return true;
  };
}

/** Reads calls of one syntax. The opener is captured and the call is open. */
export class KeyValueCall {
  readonly #syntax: KeyValueSyntax;
  readonly #keyClose: MarkerSet;
  readonly #valueOpen: MarkerSet;
  readonly #valueClose: MarkerSet;
  readonly #close: MarkerSet;
  readonly #next: MarkerSet;
  readonly #separator: MarkerSet;

  constructor(syntax: KeyValueSyntax) {
    this.#syntax = syntax;
    this.#keyClose = new MarkerSet(syntax.keyClose);
    this.#valueOpen = new MarkerSet(syntax.valueOpen);
    this.#valueClose = new MarkerSet(syntax.valueClose);
    this.#close = new MarkerSet(syntax.close);
    this.#next = new MarkerSet([...syntax.keyOpen, ...syntax.close]);
    this.#separator = new MarkerSet(syntax.separator ?? []);
  }

  *read(reader: ToolReader): Task {
    const fault = yield* this.#read(reader);
    if (fault === undefined) {
      reader.complete();
      return;
    }
    if (fault !== "truncated" && reader.committed) yield* reader.until(this.#close);
    reader.fail(fault);
  }

  *#read(reader: ToolReader): Task<CallFault | undefined> {
    yield* reader.space();
    const name = yield* reader.while(isName);
    const after = yield* reader.space();
    const code = yield* reader.peek();
    if (name.trim() === "") return code === -1 ? "truncated" : "missing-name";
    const separated = (yield* reader.at(this.#separator)) !== undefined;
    if (this.#syntax.separator !== undefined && !separated) return code === -1 ? "truncated" : "bad-syntax";
    if (this.#syntax.nameEnd?.(reader, after, code) === false) return "bad-syntax";
    return yield* this.#pairs(reader, new ArgumentsWriter(reader, name));
  }

  *#pairs(reader: ToolReader, writer: ArgumentsWriter): Task<CallFault | undefined> {
    for (;;) {
      yield* reader.space();
      const marker = yield* reader.at(this.#next);
      if (marker === undefined) {
        if ((yield* reader.peek()) !== -1) return "bad-syntax";
        // Complete pairs and nothing behind them: only the closing tag is missing.
        return !writer.empty && writer.end() ? undefined : "truncated";
      }
      if (this.#syntax.close.includes(marker)) return writer.end() ? undefined : "missing-name";
      const fault = yield* this.#pair(reader, writer);
      if (fault !== undefined) return fault;
      if (!writer.usable) return "missing-name";
    }
  }

  *#pair(reader: ToolReader, writer: ArgumentsWriter): Task<CallFault | undefined> {
    const key = yield* reader.textUntil(this.#keyClose);
    if (key.marker === undefined) return "truncated";
    yield* reader.space();
    if ((yield* reader.at(this.#valueOpen)) === undefined) {
      return (yield* reader.peek()) === -1 ? "truncated" : "bad-syntax";
    }
    const options = this.#syntax.value ?? { space: "keep" };
    const end = yield* writer.value(key.text.trim(), this.#valueClose, options);
    return end === undefined ? "truncated" : undefined;
  }
}
