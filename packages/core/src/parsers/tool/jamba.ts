// Jamba: `<tool_calls>` around a JSON list.

import type { ToolFormat } from "../format.ts";
import { callElement, jsonListSection } from "../json-list.ts";
import { MarkerSet } from "../marker-set.ts";
import { jsonCallText } from "../render.ts";

const discard = ["<|eom|>", "<|endoftext|>"];
const top = new MarkerSet(["<tool_calls>", ...discard]);
const list = { close: new MarkerSet(["</tool_calls>"]), element: callElement() };

export const jamba: ToolFormat = {
  name: "jamba",
  aliases: { vllm: ["jamba"] },
  markers: ["<tool_calls>", "</tool_calls>"],
  discard,
  *read(reader) {
    while ((yield* reader.text(top)) !== undefined) yield* jsonListSection(reader, list);
  },
  render: (calls) => `<tool_calls>[\n${calls.map((call) => jsonCallText(call)).join(",\n")}\n]</tool_calls>`,
};
