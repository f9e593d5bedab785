// Hunyuan A13B: `<tool_calls>` around a JSON list; one inside `<think>` is only thought about.

import type { ToolFormat } from "../format.ts";
import { callElement, jsonListSection } from "../json-list.ts";
import { MarkerSet } from "../marker-set.ts";
import { jsonCallText } from "../render.ts";

/** "Assistant:", which the model writes before answers without a call. */
const speaker = "助手：";
const discard = ["<|eos|>"];
const top = new MarkerSet(["<tool_calls>", "<think>", ...discard]);
const thinkEnd = new MarkerSet(["</think>"]);
const speakers = new MarkerSet([speaker]);
const list = { close: new MarkerSet(["</tool_calls>"]), element: callElement() };

export const hunyuanA13b: ToolFormat = {
  name: "hunyuan_a13b",
  aliases: { vllm: ["hunyuan_a13b"], sglang: ["hunyuan"] },
  markers: ["<tool_calls>", "</tool_calls>"],
  discard,
  *read(reader) {
    if ((yield* reader.at(speakers)) !== undefined) reader.drop("noise");
    for (;;) {
      const marker = yield* reader.text(top);
      if (marker === undefined) return;
      if (marker === "<tool_calls>") {
        yield* jsonListSection(reader, list);
      } else {
        reader.emit.text(reader.input.release());
        yield* reader.text(thinkEnd);
      }
    }
  },
  render: (calls) => `<tool_calls>[${calls.map((call) => jsonCallText(call)).join(", ")}]</tool_calls>`,
};
