// Serves the embedded toy model in this process and talks to it with the official client: an answer, and a function call.

import assert from "node:assert/strict";
import { getEncoding } from "@tokenwire/encodings";
import OpenAI from "openai";
import { createEngine, serve } from "tokenwire";

const engine = createEngine({ kind: "embedded", tokenizer: getEncoding("o200k_harmony") });
const server = await serve(engine, { port: 0 });
const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "none" });
try {
  const stream = await client.chat.completions.create({
    model: "tokenwire-toy",
    messages: [{ role: "user", content: "What is the capital of Japan?" }],
    temperature: 0,
    stream: true,
  });
  let answer = "";
  for await (const chunk of stream) answer += chunk.choices[0]?.delta.content ?? "";
  console.log(answer);
  assert.match(answer, /Tokyo/);

  const weather = {
    type: "function",
    function: {
      name: "get_weather",
      description: "Gets the weather",
      parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    },
  };
  const call = await client.chat.completions.create({
    model: "tokenwire-toy",
    messages: [{ role: "user", content: "What is the weather in Oslo?" }],
    tools: [weather],
    temperature: 0,
  });
  const [made] = call.choices[0].message.tool_calls ?? [];
  console.log(made?.function);
  assert.deepEqual(JSON.parse(made.function.arguments), { city: "Oslo" });
} finally {
  await server.close();
}
