// Reads reasoning and tool calls from a model's raw text while it streams.

import assert from "node:assert/strict";
import { createOutputParser, parseToolCalls } from "@tokenwire/core/parsers";

const output =
  '<think>The user wants weather.</think>Let me look.\n<tool_call>\n{"name": "get_weather", "arguments": {"city": "Oslo"}}\n</tool_call>';
const parser = createOutputParser({ tool: "hermes", reasoning: "qwen3" });
const events = [];
for (const character of output) events.push(...parser.push(character));
events.push(...parser.end());

const join = (type) =>
  events
    .filter((event) => event.type === type)
    .map((event) => event.text)
    .join("");
console.log({ reasoning: join("reasoning"), text: join("text"), arguments: join("tool-arguments") });
assert.equal(join("reasoning").trim(), "The user wants weather.");
assert.equal(join("text").trim(), "Let me look.");
assert.deepEqual(JSON.parse(join("tool-arguments")), { city: "Oslo" });
assert.equal(parseToolCalls(output, "hermes").calls[0].name, "get_weather");
