// Seed-OSS: the body of Qwen3-Coder inside `<seed:tool_call>`.

import type { ToolFormat } from "../format.ts";
import { readFunctionTags, renderFunctionTags } from "../function-tags.ts";

const open = "<seed:tool_call>";
const close = "</seed:tool_call>";
const discard = ["<seed:eos>"];

export const seedOss: ToolFormat = {
  name: "seed_oss",
  aliases: { vllm: ["seed_oss"] },
  markers: [open, close, "<function=", "</function>", "<parameter=", "</parameter>"],
  discard,
  rules: { vllm: { textTrim: true } },
  read: readFunctionTags({ open, close, discard, cutHeader: true, space: "newline" }),
  render: renderFunctionTags(open, close),
};
