// Hermes and most Qwen models: `<tool_call>` JSON `</tool_call>`, repeated.

import type { ToolFormat } from "../format.ts";
import { readJsonBlocks } from "../json-blocks.ts";
import { jsonCallText } from "../render.ts";

const open = ["<tool_call>"];
const close = ["</tool_call>"];
const discard = ["<|im_end|>", "<|endoftext|>"];

export const hermes: ToolFormat = {
  name: "hermes",
  aliases: { smg: ["qwen"], vllm: ["hermes"], sglang: ["qwen", "qwen25", "hermes", "trinity"] },
  markers: [...open, ...close],
  discard,
  rules: {
    smg: { markerSpace: "strict" },
    vllm: { wholeTextOnAnyInvalid: true, requireArguments: true },
  },
  read: readJsonBlocks({ open, close, discard }),
  render: (calls) => calls.map((call) => `<tool_call>\n${jsonCallText(call)}\n</tool_call>`).join("\n"),
};
