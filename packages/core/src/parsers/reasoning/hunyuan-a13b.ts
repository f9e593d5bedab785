// Hunyuan A13B: `<think>` and `<answer>`, each with newlines that belong to the tags.

import { MarkerSet } from "../marker-set.ts";
import type { Task } from "../reader.ts";
import type { ReasoningFormat } from "../reasoning-format.ts";
import type { ReasoningReader } from "../reasoning-reader.ts";

const open = ["<think>\n", "<think>"];
const close = ["\n</think>\n", "\n</think>", "</think>\n", "</think>"];
const answer = ["<answer>\n", "<answer>", "\n</answer>\n", "\n</answer>", "</answer>\n", "</answer>"];
const content = new MarkerSet([...open, ...answer]);
const closers = new MarkerSet(close);

export const hunyuanA13bReasoning: ReasoningFormat = {
  name: "hunyuan_a13b",
  aliases: { vllm: ["hunyuan_a13b"], sglang: ["hunyuan"] },
  start: "content",
  markers: ["<think>", "</think>", "<answer>", "</answer>"],
  open: ["<think>"],
  close: ["</think>"],
  *read(reader) {
    if (reader.settings.startsInReasoning) yield* block(reader);
    for (;;) {
      const marker = yield* reader.restUntil(content);
      if (marker === undefined) return;
      if (open.includes(marker)) yield* block(reader);
      else reader.marker();
    }
  },
};

function* block(reader: ReasoningReader): Task {
  reader.open();
  if ((yield* reader.thinkUntil(closers)) !== undefined) reader.marker();
  reader.close();
}
