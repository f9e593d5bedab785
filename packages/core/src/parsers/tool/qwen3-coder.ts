// Qwen3-Coder: `<tool_call><function=NAME><parameter=K>V</parameter></function></tool_call>`.

import type { ToolFormat } from "../format.ts";
import { readFunctionTags, renderFunctionTags } from "../function-tags.ts";

const open = "<tool_call>";
const close = "</tool_call>";
const discard = ["<|im_end|>", "<|endoftext|>"];

export const qwen3Coder: ToolFormat = {
  name: "qwen3_coder",
  aliases: {
    smg: ["qwen_xml", "qwen_coder"],
    vllm: ["qwen3_coder", "qwen3_xml", "mimo"],
    sglang: ["qwen3_coder", "mimo"],
  },
  markers: [open, close, "<function=", "</function>", "<parameter=", "</parameter>"],
  discard,
  rules: {
    smg: { stringWhitespace: "trim" },
    vllm: { stringWhitespace: "trim" },
    sglang: { htmlUnescape: true },
  },
  read: readFunctionTags({
    open,
    close,
    discard,
    strictOuter: ["smg"],
    dropBroken: ["vllm"],
    space: "newline",
    jsonBody: true,
  }),
  render: renderFunctionTags(open, close),
};
