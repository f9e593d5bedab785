// `<think>` where nobody knows whether the prompt already opened the reasoning: text is held back until a tag tells.

import { MarkerSet } from "../marker-set.ts";
import type { Task } from "../reader.ts";
import type { ReasoningFormat } from "../reasoning-format.ts";
import type { ReasoningReader } from "../reasoning-reader.ts";
import { readBlocks } from "./blocks.ts";

const open = ["<think>"];
const close = ["</think>"];
const either = new MarkerSet([...open, ...close]);
const blocks = readBlocks({ open, close });

/** Plain `<think>` tags; an output without an opener is content. */
export const base: ReasoningFormat = {
  name: "base",
  aliases: { smg: ["base"] },
  start: "content",
  markers: [...open, ...close],
  open,
  close,
  read: blocks,
};

/** The same, but a closer without an opener makes everything before it reasoning. */
export const thinkAuto: ReasoningFormat = { ...base, name: "think_auto", aliases: {}, read: readAuto };

function* readAuto(reader: ReasoningReader): Task {
  if (reader.settings.startsInReasoning) {
    yield* blocks(reader);
    return;
  }
  const { input } = reader;
  for (let held = 0; ; ) {
    const visible = input.buffer.slice(0, input.pos + reader.settings.autoHold - held);
    const found = either.find(visible, input.pos, input.ended);
    const marker = either.hit;
    held += found - input.pos;
    input.take(found - input.pos);
    if (marker !== undefined || held >= reader.settings.autoHold || !input.canWait()) {
      yield* decide(reader, marker);
      return;
    }
    yield;
  }
}

function* decide(reader: ReasoningReader, marker: string | undefined): Task {
  if (marker === "</think>") {
    reader.think(reader.input.release());
    reader.take(marker.length);
    reader.marker();
    reader.close();
  } else {
    reader.pass();
  }
  yield* blocks(reader);
}
