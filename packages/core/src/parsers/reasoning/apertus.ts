// Apertus: thinking between `<|inner_prefix|>` and `<|inner_suffix|>`; calls may stand inside it.

import { MarkerSet } from "../marker-set.ts";
import type { Task } from "../reader.ts";
import type { ReasoningFormat } from "../reasoning-format.ts";
import type { ReasoningReader } from "../reasoning-reader.ts";

const open = "<|inner_prefix|>";
const close = "<|inner_suffix|>";
const toolsOpen = "<|tools_prefix|>";
const content = new MarkerSet([open]);
const inside = new MarkerSet([close, toolsOpen]);
const toolsClose = new MarkerSet(["<|tools_suffix|>"]);

export const apertus2509: ReasoningFormat = {
  name: "apertus2509",
  aliases: { sglang: ["apertus2509"] },
  start: "content",
  markers: [open, close],
  open: [open],
  close: [close],
  *read(reader) {
    if (reader.settings.startsInReasoning) yield* block(reader);
    for (;;) {
      if ((yield* reader.restUntil(content)) === undefined) return;
      yield* block(reader);
    }
  },
};

function* block(reader: ReasoningReader): Task {
  reader.open();
  for (;;) {
    const marker = yield* reader.thinkUntil(inside);
    if (marker !== toolsOpen) {
      if (marker !== undefined) reader.marker();
      break;
    }
    reader.pass();
    yield* reader.until(toolsClose, () => reader.pass());
    reader.pass();
  }
  reader.close();
}
