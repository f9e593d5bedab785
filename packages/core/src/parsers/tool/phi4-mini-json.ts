// Phi-4 mini: `functools[…]`, a JSON list.

import type { ToolFormat } from "../format.ts";
import { callElement, jsonListSection } from "../json-list.ts";
import { MarkerSet } from "../marker-set.ts";
import { jsonCallText } from "../render.ts";

const discard = ["<|end|>", "<|endoftext|>"];
const top = new MarkerSet(["functools[", ...discard]);
const list = { close: new MarkerSet([]), element: callElement() };

export const phi4MiniJson: ToolFormat = {
  name: "phi4_mini_json",
  aliases: { vllm: ["phi4_mini_json"] },
  markers: ["functools["],
  discard,
  rules: { vllm: { wholeTextOnAnyInvalid: true, dropTextWithCalls: true } },
  *read(reader) {
    while ((yield* reader.text(top)) !== undefined) {
      reader.input.untake(1);
      yield* jsonListSection(reader, list);
    }
  },
  render: (calls) => `functools[${calls.map((call) => jsonCallText(call)).join(", ")}]`,
};
