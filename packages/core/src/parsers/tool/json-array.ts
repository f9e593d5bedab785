// The output of a grammar that forces calls: `[{"name": NAME, "parameters": {…}}, …]` and nothing else.

import { bareValue } from "../bare-json.ts";
import type { ToolFormat } from "../format.ts";
import { standardKeys } from "../json-call.ts";
import { MarkerSet } from "../marker-set.ts";
import { jsonCallText } from "../render.ts";

const nothing = new MarkerSet([]);

export const jsonArray: ToolFormat = {
  name: "json_array",
  aliases: { sglang: ["json_array"] },
  markers: [],
  *read(reader) {
    yield* reader.space();
    const code = yield* reader.peek();
    if (code === 91 || code === 123) {
      reader.emit.text(reader.input.release());
      yield* bareValue(reader, standardKeys);
    }
    yield* reader.text(nothing);
  },
  render: (calls) => `[${calls.map((call) => jsonCallText(call, "name", "parameters")).join(", ")}]`,
};
