// Step 3.5: the surface of Qwen3-Coder; all text outside of calls is kept.

import type { ToolFormat } from "../format.ts";
import { readFunctionTags, renderFunctionTags } from "../function-tags.ts";

const open = "<tool_call>";
const close = "</tool_call>";
const discard = ["<|im_end|>"];

export const step3p5: ToolFormat = {
  name: "step3p5",
  aliases: { vllm: ["step3p5"], sglang: ["step3p5"] },
  markers: [open, close, "<function=", "</function>", "<parameter=", "</parameter>"],
  discard,
  rules: { vllm: { afterText: "keep", coercion: "default", untyped: "infer" } },
  read: readFunctionTags({ open, close, discard, space: "newline" }),
  render: renderFunctionTags(open, close),
};
