// Gemma 4: `<|channel>thought` and a newline, then the thinking, then `<channel|>`.

import { MarkerSet } from "../marker-set.ts";
import type { Task } from "../reader.ts";
import type { ReasoningFormat } from "../reasoning-format.ts";
import type { ReasoningReader } from "../reasoning-reader.ts";
import { readBlocks } from "./blocks.ts";

const open = ["<|channel>"];
const close = ["<channel|>"];
const label = new MarkerSet(["thought\n"]);

/** The label goes; `thousand reasons` stays. */
function* dropLabel(reader: ReasoningReader): Task {
  if ((yield* reader.at(label)) !== undefined) reader.marker();
}

export const gemma4Reasoning: ReasoningFormat = {
  name: "gemma4",
  aliases: { vllm: ["gemma4"], sglang: ["gemma4"] },
  start: "content",
  starts: { sglang: { if: ["enable_thinking"] } },
  markers: [...open, ...close],
  open,
  close,
  read: readBlocks({ open, close, implicitEnd: ["<|tool_call>"], strayClose: "drop", afterOpen: dropLabel }),
};
