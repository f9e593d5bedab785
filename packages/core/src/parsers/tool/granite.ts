// IBM Granite 3: `<|tool_call|>` and a JSON list. Without the marker only a list at the start counts.

import type { ToolFormat } from "../format.ts";
import { strictKeys } from "../json-call.ts";
import { callElement, jsonListSection } from "../json-list.ts";
import { MarkerSet } from "../marker-set.ts";
import { jsonCallText } from "../render.ts";

const open = ["<|tool_call|>", "<tool_call>"];
const discard = ["<|end_of_text|>"];
const top = new MarkerSet([...open, ...discard]);
const list = { close: new MarkerSet([]), element: callElement(strictKeys) };

export const granite: ToolFormat = {
  name: "granite",
  aliases: { vllm: ["granite"] },
  markers: open,
  discard,
  rules: { vllm: { dropTextWithCalls: true } },
  *read(reader) {
    const space = yield* reader.space();
    if ((yield* reader.peek()) === 91) {
      reader.emit.text(space);
      reader.input.release();
      reader.candidate = true;
      yield* jsonListSection(reader, list);
    }
    while ((yield* reader.text(top)) !== undefined) yield* jsonListSection(reader, list);
  },
  render: (calls) => `<|tool_call|>[${calls.map((call) => jsonCallText(call)).join(", ")}]`,
};
