// ERNIE 4.5 thinking: the prompt opens the reasoning; the answer stands in `<response>` tags.

import { responseTags } from "../ernie-tags.ts";
import { MarkerSet } from "../marker-set.ts";
import { isSpace, type Task } from "../reader.ts";
import type { ReasoningFormat } from "../reasoning-format.ts";
import type { ReasoningReader } from "../reasoning-reader.ts";

const open = ["<think>"];
const close = ["</think>"];
const opener = new MarkerSet(open);
const closers = new MarkerSet(close);
const content = new MarkerSet([...open, ...responseTags]);

export const ernie45Reasoning: ReasoningFormat = {
  name: "ernie45",
  aliases: { vllm: ["ernie45"] },
  start: "reasoning",
  starts: { vllm: { unless: ["enable_thinking"] } },
  markers: [...open, ...close, "<response>", "</response>"],
  open,
  close,
  *read(reader) {
    if (reader.settings.startsInReasoning) {
      reader.open();
      yield* reader.at(opener);
      yield* block(reader);
    }
    for (;;) {
      const marker = yield* reader.restUntil(content);
      if (marker === undefined) return;
      if (!open.includes(marker)) {
        reader.marker();
        continue;
      }
      reader.open();
      yield* block(reader);
    }
  },
};

function* block(reader: ReasoningReader): Task {
  reader.marker();
  if ((yield* reader.thinkUntil(closers)) !== undefined) {
    reader.marker();
    yield* reader.while(isSpace);
    reader.emit.skip(reader.input.release(), "whitespace");
  }
  reader.close();
}
