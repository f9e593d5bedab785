// The `<function=NAME><parameter=K>V</parameter></function>` family (Qwen3-Coder, Step 3.5, Seed-OSS): each call in
// an outer tag of its own, which most models sometimes forget.

import type { StringSpace } from "./arguments-writer.ts";
import type { RenderableCall, ToolFormat } from "./format.ts";
import { JsonBlocks } from "./json-blocks.ts";
import { MarkerSet } from "./marker-set.ts";
import type { CallFault } from "./output-event.ts";
import type { Task } from "./reader.ts";
import { argumentEntries, rawValue } from "./render.ts";
import { plainHeader, TagCall, type TagHeader } from "./tags.ts";
import type { ToolReader } from "./tool-reader.ts";

export interface FunctionTagSyntax {
  readonly open: string;
  readonly close: string;
  readonly discard: readonly string[];
  /** A call needs its outer tag in these dialects. */
  readonly strictOuter?: readonly string[];
  /** A header without `>` is dropped, not text, in these dialects. */
  readonly dropBroken?: readonly string[];
  /** A header that `</function>` cuts off is a call without arguments. */
  readonly cutHeader?: boolean;
  readonly space: StringSpace;
  /** A JSON body is read as well. */
  readonly jsonBody?: boolean;
}

const callOpen = "<function=";
const callClose = "</function>";

export function readFunctionTags(syntax: FunctionTagSyntax): ToolFormat["read"] {
  const machine = new FunctionTags(syntax);
  return (reader) => machine.read(reader);
}

export class FunctionTags {
  readonly #syntax: FunctionTagSyntax;
  readonly #call: TagCall;
  readonly #top: MarkerSet;
  readonly #outerOnly: MarkerSet;
  readonly #callOpen = new MarkerSet([callOpen]);
  readonly #close: MarkerSet;
  readonly #json: JsonBlocks;

  constructor(syntax: FunctionTagSyntax) {
    this.#syntax = syntax;
    this.#top = new MarkerSet([syntax.open, callOpen, ...syntax.discard]);
    this.#outerOnly = new MarkerSet([syntax.open, ...syntax.discard]);
    this.#close = new MarkerSet([syntax.close]);
    this.#json = new JsonBlocks({ open: [syntax.open], close: [syntax.close], discard: syntax.discard });
    this.#call = new TagCall({
      call: [callOpen],
      callClose: [callClose],
      parameter: ["<parameter="],
      parameterClose: ["</parameter>"],
      outerClose: [syntax.close],
      header: syntax.cutHeader ? cutHeader : plainHeader,
      openEnd: true,
      value: () => ({ space: syntax.space }),
    });
  }

  *read(reader: ToolReader): Task {
    const strict = this.#syntax.strictOuter?.includes(reader.rules.dialect) === true;
    for (;;) {
      const marker = yield* reader.text(strict ? this.#outerOnly : this.#top);
      if (marker === undefined) return;
      if (marker === callOpen) {
        reader.openCall();
        yield* this.#function(reader);
      } else {
        yield* this.#outer(reader);
      }
    }
  }

  /** A `<function=` call whose opener is captured. */
  *#function(reader: ToolReader): Task {
    const fault = yield* this.#call.read(reader);
    if (fault === undefined) yield* this.#completed(reader);
    else yield* this.#broken(reader, fault);
  }

  /** After the outer tag: a function, or a JSON body. */
  *#outer(reader: ToolReader): Task {
    yield* reader.space();
    const code = yield* reader.peek();
    if (code === 123 && this.#syntax.jsonBody) {
      yield* this.#json.block(reader);
      return;
    }
    reader.openCall();
    if ((yield* reader.at(this.#callOpen)) !== undefined) yield* this.#function(reader);
    else reader.fail((yield* reader.peek()) === -1 ? "truncated" : "bad-syntax");
  }

  /** Reads the function that may stand here, inside an outer tag of another format. True: it was read. */
  *body(reader: ToolReader, code: number): Task<boolean> {
    if (code !== 60 || (yield* reader.at(this.#callOpen)) === undefined) return false;
    yield* this.#function(reader);
    return true;
  }

  *#completed(reader: ToolReader): Task {
    yield* reader.space();
    const closed = (yield* reader.at(this.#close)) !== undefined;
    const strict = this.#syntax.strictOuter?.includes(reader.rules.dialect) === true;
    if (strict && !closed) reader.fail("truncated");
    else reader.complete();
  }

  *#broken(reader: ToolReader, fault: CallFault): Task {
    const drop = this.#syntax.dropBroken?.includes(reader.rules.dialect) === true;
    if (fault !== "truncated" && (drop || reader.committed)) {
      yield* this.#call.skip(reader);
      yield* reader.space();
      yield* reader.at(this.#close);
    }
    if (drop && fault !== "truncated") reader.discardCall(fault);
    else reader.fail(fault);
  }
}

/** A header that ends with `>`, or directly before a tag. */
function* cutHeader(reader: ToolReader): Task<TagHeader | undefined> {
  const name = yield* reader.while((code) => code !== 62 && code !== 60 && code !== 10);
  const code = yield* reader.peek();
  if (code === 62) reader.take(1);
  return code === 62 || code === 60 ? { name: name.trim(), attributes: new Map() } : undefined;
}

/** Writes calls as this family does. */
export function renderFunctionTags(
  open: string,
  close: string,
): (calls: readonly RenderableCall[]) => string {
  return (calls) =>
    calls
      .map((call) => {
        const parameters = argumentEntries(call.arguments)
          .map(([key, json]) => `<parameter=${key}>\n${rawValue(json)}\n</parameter>\n`)
          .join("");
        return `${open}\n<function=${call.name}>\n${parameters}</function>\n${close}`;
      })
      .join("\n");
}
