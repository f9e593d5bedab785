// IBM Granite 20B function calling: `<function_call>` before each JSON object, no closing marker.

import type { ToolFormat } from "../format.ts";
import { readJsonBlocks } from "../json-blocks.ts";
import { strictKeys } from "../json-call.ts";
import { jsonCallText } from "../render.ts";

const open = ["<function_call>"];
const discard = ["<|endoftext|>"];

export const granite20b: ToolFormat = {
  name: "granite-20b-fc",
  aliases: { vllm: ["granite-20b-fc"] },
  markers: open,
  discard,
  rules: { vllm: { wholeTextOnAnyInvalid: true } },
  read: readJsonBlocks({ open, close: [], keys: strictKeys, discard }),
  render: (calls) => calls.map((call) => `<function_call> ${jsonCallText(call)}`).join("\n"),
};
