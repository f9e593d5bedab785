// A section that holds calls one after the other, each between its own markers, and nothing else that counts.

import type { MarkerSet } from "./marker-set.ts";
import type { CallFault } from "./output-event.ts";
import type { Task } from "./reader.ts";
import type { ToolReader } from "./tool-reader.ts";

/**
 * Reads a section whose opening marker was just taken: `call` for every `callOpen`, until another marker of `next`,
 * which ends the section, or the end of the output.
 */
export function* callSection(
  reader: ToolReader,
  next: MarkerSet,
  callOpen: string,
  call: (reader: ToolReader) => Task<CallFault | undefined>,
): Task {
  reader.openSection();
  for (;;) {
    const marker = yield* reader.noiseUntil(next);
    if (marker !== callOpen) {
      reader.closeSection(marker !== undefined);
      return;
    }
    reader.openCall();
    const fault = yield* call(reader);
    if (fault === undefined) reader.complete();
    else reader.fail(fault);
  }
}
