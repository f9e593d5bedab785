// Renders a conversation for gpt-oss and reads a model's output as it streams, whatever the cuts.

import assert from "node:assert/strict";
import { loadHarmonyEncoding, Message, StreamableParser } from "@tokenwire/core/harmony";
import { getEncoding } from "@tokenwire/encodings";

const harmony = loadHarmonyEncoding(getEncoding("o200k_harmony"));
const prompt = harmony.renderConversationForCompletion(
  [Message.fromRoleAndContent("user", "What is 2 + 2?")],
  "assistant",
);
assert.equal(harmony.decode(prompt), "<|start|>user<|message|>What is 2 + 2?<|end|><|start|>assistant");

const output = harmony.encode(
  "<|channel|>analysis<|message|>Easy.<|end|><|start|>assistant<|channel|>final<|message|>4<|return|>",
  {
    allowedSpecial: "all",
  },
);
const parser = new StreamableParser(harmony, { role: "assistant", mode: "recover" });
for (const id of output) {
  for (const event of parser.push([id]))
    console.log(event.type, JSON.stringify(event.text ?? event.channel ?? ""));
}
parser.end();
assert.deepEqual(
  parser.messages.map((message) => [message.channel, message.text]),
  [
    ["analysis", "Easy."],
    ["final", "4"],
  ],
);
