// IBM Granite 4: hermes blocks whose arguments may be an object inside a JSON string.

import type { ToolFormat } from "../format.ts";
import { readJsonBlocks } from "../json-blocks.ts";
import { jsonCallText } from "../render.ts";

const open = ["<tool_call>"];
const close = ["</tool_call>"];
const discard = ["<|end_of_text|>"];

export const granite4: ToolFormat = {
  name: "granite4",
  aliases: { vllm: ["granite4"] },
  markers: [...open, ...close],
  discard,
  rules: {
    vllm: {
      wholeTextOnAnyInvalid: true,
      unwrapStringArguments: true,
      afterText: "keep",
      missingClose: "invalid",
    },
  },
  read: readJsonBlocks({ open, close, discard }),
  render: (calls) => calls.map((call) => `<tool_call>\n${jsonCallText(call)}\n</tool_call>`).join("\n"),
};
