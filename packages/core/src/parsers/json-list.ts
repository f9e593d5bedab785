// Reads lists of calls, `[{"name": …}, …]`, as one outer section: what stands between the calls is not text.

import { type CallOutcome, faultOf, type JsonCallKeys, jsonCall, standardKeys } from "./json-call.ts";
import type { MarkerSet } from "./marker-set.ts";
import type { Outcome, Task } from "./reader.ts";
import type { ToolReader } from "./tool-reader.ts";

const COMMA = 44;
const OPEN_LIST = 91;
const OPEN = 123;
const CLOSE_LIST = 93;

/** Reads one element; the call is open and nothing of it is announced yet. */
export type ElementReader = (reader: ToolReader) => Task<CallOutcome>;

/**
 * Reads the list whose `[` stands here; a section must be open. Elements that are not calls stay section text.
 * The outcome is that of the list: after `ok` its `]` was consumed.
 */
export function* jsonList(reader: ToolReader, element: ElementReader): Task<Outcome> {
  reader.take(1);
  for (let first = true; ; first = false) {
    yield* reader.space();
    const code = yield* reader.peek();
    if (code === -1) return "end";
    if (code === CLOSE_LIST && first) break;
    reader.sectionNoise();
    const outcome = yield* listElement(reader, element, code);
    if (outcome !== "ok") return outcome;
    yield* reader.space();
    const next = yield* reader.peek();
    if (next === CLOSE_LIST) break;
    if (next !== COMMA) return next === -1 ? "end" : "bad";
    reader.take(1);
  }
  reader.take(1);
  return "ok";
}

function* listElement(reader: ToolReader, element: ElementReader, code: number): Task<Outcome> {
  if (code !== OPEN) {
    // Not a call, but a value all the same: the list goes on behind it.
    const outcome = yield* reader.json();
    if (outcome === "ok") {
      reader.emit.diagnostic("bad-syntax", reader.input.captured);
      reader.sectionNoise(true);
    }
    return outcome;
  }
  reader.openCall();
  const outcome = yield* element(reader);
  if (outcome === "ok") {
    reader.complete();
    return "ok";
  }
  reader.fail(faultOf(outcome));
  return outcome === "not-call" ? "ok" : outcome;
}

/** Elements that are call objects with these keys. */
export function callElement(keys: JsonCallKeys = standardKeys): ElementReader {
  return (reader) => jsonCall(reader, keys);
}

export interface JsonListSyntax {
  /** Closing markers; empty: the list ends the section. A closer may be missing. */
  readonly close: MarkerSet;
  readonly element: ElementReader;
  /** One object instead of a list is accepted. */
  readonly single?: boolean;
  /** A section that is closed but broken is dropped instead of becoming text. */
  readonly dropBroken?: boolean;
}

/** Reads the section whose opener is captured. */
export function* jsonListSection(reader: ToolReader, syntax: JsonListSyntax): Task<Outcome> {
  reader.openSection();
  yield* reader.space();
  const code = yield* reader.peek();
  let outcome: Outcome = code === -1 ? "end" : "bad";
  if (code === OPEN_LIST) outcome = yield* jsonList(reader, syntax.element);
  else if (code === OPEN && syntax.single) outcome = yield* singleElement(reader, syntax.element, code);
  if (outcome !== "ok") reportIncomplete(reader);
  const closes = syntax.close.markers.length > 0;
  if (outcome === "ok" && closes) {
    yield* reader.space();
    yield* reader.at(syntax.close);
  } else if (outcome !== "end" && closes && (reader.sectionCalls > 0 || syntax.dropBroken)) {
    const closed = (yield* reader.until(syntax.close)) !== undefined;
    if (closed && syntax.dropBroken) reader.dropSection();
  }
  reader.closeSection(outcome === "ok");
  return outcome;
}

/** A list that broke off after calls: some dialects then take none of them. */
export function reportIncomplete(reader: ToolReader): void {
  if (reader.sectionCalls > 0) reader.emit.diagnostic("incomplete-list", reader.input.captured);
}

function* singleElement(reader: ToolReader, element: ElementReader, code: number): Task<Outcome> {
  reader.sectionNoise();
  return yield* listElement(reader, element, code);
}
