// ERNIE 4.5 thinking: hermes blocks; the answer stands in `<response>` tags that are not shown.

import { responseTags } from "../ernie-tags.ts";
import type { ToolFormat } from "../format.ts";
import { readJsonBlocks } from "../json-blocks.ts";
import { jsonCallText } from "../render.ts";

const open = ["<tool_call>"];
const close = ["</tool_call>"];
const discard = [...responseTags, "</s>"];

export const ernie45: ToolFormat = {
  name: "ernie45",
  aliases: { vllm: ["ernie45"] },
  markers: [...open, ...close, "<response>", "</response>"],
  discard,
  rules: { vllm: { textTrim: true } },
  read: readJsonBlocks({ open, close, discard }),
  render: (calls) => calls.map((call) => `<tool_call>\n${jsonCallText(call)}\n</tool_call>\n`).join(""),
};
