// No tool calls: everything is text.

import type { ToolFormat } from "../format.ts";
import { MarkerSet } from "../marker-set.ts";

const nothing = new MarkerSet([]);

export const passthrough: ToolFormat = {
  name: "passthrough",
  aliases: { smg: ["passthrough"] },
  markers: [],
  *read(reader) {
    yield* reader.text(nothing);
  },
  render: () => "",
};
