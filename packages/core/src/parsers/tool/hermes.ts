// Hermes and most Qwen models: `<tool_call>` JSON `</tool_call>`, repeated.

import type { ToolFormat } from "../format.ts";
import { FunctionTags } from "../function-tags.ts";
import { readJsonBlocks } from "../json-blocks.ts";
import { jsonCallText } from "../render.ts";

const open = ["<tool_call>"];
const close = ["</tool_call>"];
const discard = ["<|im_end|>", "<|endoftext|>"];
/** Qwen3.5 models mix both surfaces behind one opener. */
const functions = new FunctionTags({ open: "<tool_call>", close: "</tool_call>", discard, space: "newline" });

export const hermes: ToolFormat = {
  name: "hermes",
  aliases: { smg: ["qwen"], vllm: ["hermes"], sglang: ["qwen", "qwen25", "hermes", "trinity"] },
  markers: [...open, ...close],
  discard,
  rules: {
    smg: { markerSpace: "strict" },
    vllm: { wholeTextOnAnyInvalid: true, requireArguments: true },
  },
  read: readJsonBlocks({ open, close, discard, other: (reader, code) => functions.body(reader, code) }),
  render: (calls) => calls.map((call) => `<tool_call>\n${jsonCallText(call)}\n</tool_call>`).join("\n"),
};
