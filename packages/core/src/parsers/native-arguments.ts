// JSON arguments behind a header of the format's own (Kimi K2, DeepSeek V3, Mistral): copied as they arrive, and
// even when they are not JSON the whole source up to the closing marker belongs to them.

import type { MarkerSet } from "./marker-set.ts";
import type { CallFault } from "./output-event.ts";
import type { Task } from "./reader.ts";
import type { ToolReader } from "./tool-reader.ts";

export interface ArgumentsEnd {
  readonly fault: CallFault | undefined;
  /** The closing marker that was consumed. */
  readonly marker: string | undefined;
}

/**
 * Reads the arguments of the announced call that start here, up to a marker of `close` (captured).
 * `decorations` may stand between the value and the marker.
 */
export function* nativeArguments(
  reader: ToolReader,
  close: MarkerSet,
  decorations: MarkerSet,
): Task<ArgumentsEnd> {
  const sink = (text: string) => reader.args(text);
  const empty = yield* reader.at(close);
  if (empty !== undefined) {
    reader.args("{}");
    return { fault: undefined, marker: empty };
  }
  const wrap = reader.rules.dialect === "smg" && (yield* reader.peek()) !== 123;
  const outcome = wrap ? yield* wrapped(reader) : yield* reader.jsonArguments();
  if (outcome === "end") return { fault: "truncated", marker: undefined };
  if (outcome === "ok") {
    yield* reader.space();
    yield* reader.at(decorations);
    yield* reader.space();
    const marker = yield* reader.at(close);
    if (marker !== undefined || (yield* reader.peek()) === -1) return { fault: undefined, marker };
  }
  const marker = yield* reader.until(close, sink);
  if (outcome === "deep") return { fault: "limit", marker };
  return { fault: marker === undefined ? "truncated" : "bad-json", marker };
}

/** SMG wraps a value that is no object as `{"value": …}`. */
function* wrapped(reader: ToolReader): Task<"ok" | "bad" | "deep" | "end"> {
  const { outcome, text } = yield* reader.jsonText();
  if (outcome === "ok") reader.args(`{"value": ${text}}`);
  return outcome;
}
