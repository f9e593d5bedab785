// GigaChat 3: one JSON call after a header of its own (3.0) or `<|function_call|>` (3.1).

import type { ToolFormat } from "../format.ts";
import { readJsonBlocks } from "../json-blocks.ts";
import { jsonCallText } from "../render.ts";

const open = [
  "<|message_sep|>\n\nfunction call<|role_sep|>",
  "function call<|role_sep|>",
  "<|function_call|>",
];
const discard = ["</s>"];

export const gigachat3: ToolFormat = {
  name: "gigachat3",
  aliases: { vllm: ["gigachat3"], sglang: ["gigachat3", "gigachat35"] },
  markers: ["<|message_sep|>", "<|role_sep|>", "<|function_call|>"],
  discard,
  read: readJsonBlocks({
    open,
    close: [],
    keys: { name: ["name"], arguments: ["arguments"], objectOnly: true },
    discard,
  }),
  render: (calls) => calls.map((call) => `<|function_call|>${jsonCallText(call)}`).join(""),
};
