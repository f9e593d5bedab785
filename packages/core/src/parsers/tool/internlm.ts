// InternLM and Intern-S1: one JSON call between `<|action_start|><|plugin|>` and `<|action_end|>`.

import type { ToolFormat } from "../format.ts";
import { readJsonBlocks } from "../json-blocks.ts";
import { jsonCallText } from "../render.ts";

const open = ["<|action_start|><|plugin|>", "<|action_start|> <|plugin|>"];
const close = ["<|action_end|>"];
const discard = ["<|im_end|>"];

export const internlm: ToolFormat = {
  name: "internlm",
  aliases: { vllm: ["internlm"], sglang: ["interns1"] },
  markers: ["<|action_start|>", "<|plugin|>", ...close],
  discard,
  read: readJsonBlocks({ open, close, discard }),
  render: (calls) =>
    calls
      .map((call) => `<|action_start|><|plugin|>${jsonCallText(call, "name", "parameters")}<|action_end|>`)
      .join("\n"),
};
