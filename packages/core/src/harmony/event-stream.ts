// The asynchronous edge: any source of ids, bytes or text to a stream of events.

import type { HarmonyEvent } from "./events.ts";
import type { FinishOptions, StreamableParser } from "./streamable-parser.ts";

/** Pieces of one kind: ids (one or several), UTF-8 bytes, or text. */
export type HarmonySource = AsyncIterable<HarmonyPiece> | Iterable<HarmonyPiece>;
export type HarmonyPiece = number | string | Uint8Array | Uint32Array | readonly number[];

/**
 * Feeds `source` to `parser` and yields its events; the end of the source ends the stream.
 *
 * A `Uint8Array` is taken for UTF-8 bytes, other arrays for ids.
 *
 * @example for await (const event of parseHarmonyStream(engineOutput, new StreamableParser(encoding, { role })))
 */
export async function* parseHarmonyStream(
  source: HarmonySource,
  parser: StreamableParser,
  options: FinishOptions = {},
): AsyncGenerator<HarmonyEvent, void, undefined> {
  for await (const piece of source) yield* feed(parser, piece);
  yield* parser.end(options);
}

function feed(parser: StreamableParser, piece: HarmonyPiece): HarmonyEvent[] {
  if (typeof piece === "string") return parser.pushText(piece);
  if (typeof piece === "number") return parser.push([piece]);
  return piece instanceof Uint8Array ? parser.pushBytes(piece) : parser.push(piece);
}
