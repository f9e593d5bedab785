// Two engines as one: prompts with the same beginning go to the same engine, whose cache then knows it.

import assert from "node:assert/strict";
import { getEncoding } from "@tokenwire/encodings";
import { createBalancedEngine, createEngine } from "tokenwire";

const encoding = getEncoding("o200k_harmony");
const engines = [1, 2].map(() => createEngine({ kind: "embedded", tokenizer: encoding }));
const balanced = createBalancedEngine({ engines, affinityTokens: 16 });
try {
  for (let turn = 0; turn < 3; turn += 1) {
    const text = `A story about a fox and a river and a small boat and the sea. ${"It went on. ".repeat(turn)}`;
    const request = {
      requestId: `r${turn}`,
      prompt: { tokenIds: encoding.encode(text) },
      sampling: { maxTokens: 4, temperature: 0 },
    };
    for await (const event of balanced.generate(request))
      if (event.type === "finish") console.log(turn, event.usage);
  }
  const { cachedTokens, promptTokens } = balanced.statistics();
  console.log(`${cachedTokens} of ${promptTokens} prompt tokens were cached`);
  assert.ok(cachedTokens > 0);
} finally {
  await balanced.close();
}
