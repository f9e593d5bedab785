// IBM Granite: reasoning and answer are introduced by phrases instead of tokens.

import type { ReasoningFormat } from "../reasoning-format.ts";
import { readBlocks } from "./blocks.ts";

const open = ["Here is my thought process:", "Here's my thought process:"];
const close = ["Here is my response:", "Here's my response:"];

export const graniteReasoning: ReasoningFormat = {
  name: "granite",
  aliases: { vllm: ["granite"] },
  start: "content",
  markers: [],
  open,
  close,
  read: readBlocks({ open, close }),
};
