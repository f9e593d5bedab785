// JSON arguments behind a header of the format's own (Kimi K2, DeepSeek V3, Mistral): copied as they arrive, and
// even when they are not JSON the whole source up to the closing marker belongs to them.

import type { MarkerSet } from "./marker-set.ts";
import type { CallFault } from "./output-event.ts";
import type { Task } from "./reader.ts";
import type { ToolReader } from "./tool-reader.ts";

/**
 * Reads the arguments of the announced call that start here, up to a marker of `close` (captured).
 * `decorations` may stand between the value and the marker.
 */
export function* nativeArguments(
  reader: ToolReader,
  close: MarkerSet,
  decorations: MarkerSet,
): Task<CallFault | undefined> {
  const sink = (text: string) => reader.args(text);
  if ((yield* reader.sees(close)) !== undefined) {
    reader.args("{}");
    yield* reader.at(close);
    return undefined;
  }
  const wrap = reader.rules.dialect === "smg" && (yield* reader.peek()) !== 123;
  const outcome = wrap ? yield* wrapped(reader) : yield* reader.json(sink);
  if (outcome === "end") return "truncated";
  if (outcome === "ok") {
    yield* reader.space();
    yield* reader.at(decorations);
    yield* reader.space();
    if ((yield* reader.at(close)) !== undefined || (yield* reader.peek()) === -1) return undefined;
  }
  const marker = yield* reader.until(close, sink);
  if (outcome === "deep") return "limit";
  return marker === undefined ? "truncated" : "bad-json";
}

/** SMG wraps a value that is no object as `{"value": …}`. */
function* wrapped(reader: ToolReader): Task<"ok" | "bad" | "deep" | "end"> {
  const { outcome, text } = yield* reader.jsonText();
  if (outcome === "ok") reader.args(`{"value": ${text}}`);
  return outcome;
}
