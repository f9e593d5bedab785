// MiniMax M2 "append think": nothing is split off; the opener that the prompt contained is put back in front.

import { MarkerSet } from "../marker-set.ts";
import type { ReasoningFormat } from "../reasoning-format.ts";

const nothing = new MarkerSet([]);

export const minimaxM2AppendThink: ReasoningFormat = {
  name: "minimax_m2_append_think",
  aliases: { vllm: ["minimax_m2_append_think"], sglang: ["minimax-append-think"] },
  start: "content",
  markers: ["<think>", "</think>"],
  open: [],
  close: [],
  *read(reader) {
    reader.passText("<think>");
    yield* reader.restUntil(nothing);
  },
};
