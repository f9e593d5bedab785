// LongCat: hermes with tags of its own, and a variant that writes arguments as key and value tags.

import type { ToolFormat } from "../format.ts";
import { readJsonBlocks } from "../json-blocks.ts";
import { keyValueBody } from "../key-value.ts";
import { jsonCallText } from "../render.ts";

const open = ["<longcat_tool_call>"];
const close = ["</longcat_tool_call>"];
const discard = ["</longcat_s>"];

const xmlBody = keyValueBody({
  keyOpen: ["<longcat_arg_key>"],
  keyClose: ["</longcat_arg_key>"],
  valueOpen: ["<longcat_arg_value>"],
  valueClose: ["</longcat_arg_value>"],
  close,
});

export const longcat: ToolFormat = {
  name: "longcat",
  aliases: { vllm: ["longcat"], sglang: ["longcat", "longcat_xml"] },
  markers: [...open, ...close],
  discard,
  rules: { vllm: { wholeTextOnAnyInvalid: true, requireArguments: true } },
  read: readJsonBlocks({ open, close, discard, other: xmlBody }),
  render: (calls) =>
    calls.map((call) => `<longcat_tool_call>${jsonCallText(call)}</longcat_tool_call>`).join("\n"),
};
