// Bare JSON: one call object, or an array of them, with text around it. No markers.

import { bareValue } from "../bare-json.ts";
import type { ToolFormat } from "../format.ts";
import type { JsonCallKeys } from "../json-call.ts";
import { MarkerSet } from "../marker-set.ts";
import { jsonCallText } from "../render.ts";

const keys: JsonCallKeys = { name: ["name", "function"], arguments: ["arguments", "parameters"] };
const smgKeys: JsonCallKeys = { ...keys, emptyName: true, dropOthers: true };
const brackets = new MarkerSet(["{", "["]);
const nothing = new MarkerSet([]);

export const json: ToolFormat = {
  name: "json",
  aliases: { smg: ["json"] },
  markers: [],
  rules: { smg: { afterText: "keep", wholeTextWithoutCalls: false } },
  *read(reader) {
    let own = reader.rules.dialect === "smg" ? smgKeys : keys;
    while ((yield* reader.text(brackets)) !== undefined) {
      reader.input.untake(1);
      if (yield* bareValue(reader, own)) break;
      // SMG looks at the first value only; what stands inside a broken one is text with it.
      own = { ...own, dropOthers: false };
    }
    // Only the first value with a call counts; whatever follows is text.
    yield* reader.text(nothing);
  },
  render: (calls) =>
    calls.length === 1 && calls[0] !== undefined
      ? jsonCallText(calls[0])
      : `[${calls.map((call) => jsonCallText(call)).join(", ")}]`,
};
