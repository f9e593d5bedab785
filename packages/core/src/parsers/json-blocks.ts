// The family of formats that write each call as one JSON object between markers, `<tool_call>{…}</tool_call>`.

import type { ToolFormat } from "./format.ts";
import { faultOf, type JsonCallKeys, jsonCall, standardKeys } from "./json-call.ts";
import { MarkerSet } from "./marker-set.ts";
import type { Task } from "./reader.ts";
import type { ToolReader } from "./tool-reader.ts";

export interface JsonBlockSyntax {
  readonly open: readonly string[];
  /** Empty: the end of the JSON value ends the call. */
  readonly close: readonly string[];
  readonly keys?: JsonCallKeys;
  readonly discard?: readonly string[];
  /** Reads a body that does not start with `{`. The opener is captured; false: not mine, nothing was consumed. */
  readonly other?: (reader: ToolReader, code: number) => Task<boolean>;
}

/** The reader of a format of this family. */
export function readJsonBlocks(syntax: JsonBlockSyntax): ToolFormat["read"] {
  const top = new MarkerSet([...syntax.open, ...(syntax.discard ?? [])]);
  const blocks = new JsonBlocks(syntax);
  return function* read(reader) {
    while ((yield* reader.text(top)) !== undefined) yield* blocks.block(reader);
  };
}

/** Reads single blocks; for formats that only hand over to this family. */
export class JsonBlocks {
  readonly #syntax: JsonBlockSyntax;
  readonly #close: MarkerSet;
  readonly #next: MarkerSet;

  constructor(syntax: JsonBlockSyntax) {
    this.#syntax = syntax;
    this.#close = new MarkerSet(syntax.close);
    this.#next = new MarkerSet([...syntax.open, ...(syntax.discard ?? [])]);
  }

  /** Reads the block whose opener is captured. */
  *block(reader: ToolReader): Task {
    reader.openCall();
    const before = yield* reader.space();
    const code = yield* reader.peek();
    if (code !== 123) {
      const other = this.#syntax.other;
      if (other !== undefined && (yield* other(reader, code))) return;
      if (code === -1) reader.fail("truncated");
      else yield* this.#wrong(reader);
      return;
    }
    const strict = reader.rules.markerSpace === "strict";
    if (strict && !before.startsWith("\n")) {
      reader.fail("bad-syntax");
      return;
    }
    const outcome = yield* jsonCall(reader, this.#syntax.keys ?? standardKeys);
    if (outcome === "ok") {
      yield* this.#end(reader, strict);
      return;
    }
    if (outcome !== "end" && reader.committed) yield* reader.until(this.#close);
    reader.fail(faultOf(outcome));
  }

  /** Not JSON at all: text, from here on; or nothing, in dialects that drop broken blocks. */
  *#wrong(reader: ToolReader): Task {
    const { onInvalid, dialect } = reader.rules;
    const skips = onInvalid === "drop" || dialect === "smg";
    const closed = skips && (yield* reader.until(this.#close)) !== undefined;
    if (closed && onInvalid === "drop") reader.discardCall("bad-json");
    else reader.fail("bad-json");
  }

  /** After the object: the closing marker, or a good reason for not having one. */
  *#end(reader: ToolReader, strict: boolean): Task {
    if (this.#syntax.close.length === 0) {
      reader.complete();
      return;
    }
    const before = yield* reader.space();
    const closed = (yield* reader.at(this.#close)) !== undefined;
    const required = strict || reader.rules.missingClose === "invalid";
    if ((required && !closed) || (strict && !before.endsWith("\n"))) {
      reader.fail(closed ? "bad-syntax" : "truncated");
    } else if (closed || (yield* reader.peek()) === -1 || (yield* reader.sees(this.#next)) !== undefined) {
      reader.complete();
    } else {
      yield* reader.until(this.#close);
      reader.fail("bad-syntax");
    }
  }
}
