// Bare JSON: one call object, or an array of them, with text around it. No markers.

import { bareValue } from "../bare-json.ts";
import type { ToolFormat } from "../format.ts";
import type { JsonCallKeys } from "../json-call.ts";
import { MarkerSet } from "../marker-set.ts";
import { jsonCallText } from "../render.ts";

const keys: JsonCallKeys = { name: ["name", "function"], arguments: ["arguments", "parameters"] };
const brackets = new MarkerSet(["{", "["]);
const nothing = new MarkerSet([]);

export const json: ToolFormat = {
  name: "json",
  aliases: { smg: ["json"] },
  markers: [],
  rules: { smg: { afterText: "keep" } },
  *read(reader) {
    const own = reader.rules.dialect === "smg" ? { ...keys, emptyName: true } : keys;
    while ((yield* reader.text(brackets)) !== undefined) {
      reader.input.untake(1);
      if (yield* bareValue(reader, own)) break;
    }
    // Only the first value with a call counts; whatever follows is text.
    yield* reader.text(nothing);
  },
  render: (calls) =>
    calls.length === 1 && calls[0] !== undefined
      ? jsonCallText(calls[0])
      : `[${calls.map((call) => jsonCallText(call)).join(", ")}]`,
};
