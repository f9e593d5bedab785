// No reasoning: everything is content.

import { MarkerSet } from "../marker-set.ts";
import type { ReasoningFormat } from "../reasoning-format.ts";

const nothing = new MarkerSet([]);

export const passthroughReasoning: ReasoningFormat = {
  name: "passthrough",
  aliases: { smg: ["passthrough"] },
  start: "content",
  markers: [],
  open: [],
  close: [],
  *read(reader) {
    yield* reader.restUntil(nothing);
  },
};
