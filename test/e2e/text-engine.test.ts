// An upstream that speaks only text: the prompt is rendered here, sent as text, and the answer parsed here.

import { afterEach, describe, expect, it } from "vitest";
import {
  createEngine,
  createHarmonyProfile,
  type Server,
  serve,
} from "../../packages/tokenwire/src/index.ts";
import { type Fake, startFake } from "../../packages/tokenwire/test/engines/remote/fakes.ts";

describe("a text-only upstream", () => {
  let fake: Fake;
  let server: Server;
  afterEach(async () => {
    await server.close();
    await fake.close();
  });

  it.each(["openai", "ollama"] as const)("%s answers a chat with reasoning", async (kind) => {
    const pieces = [
      "<|channel|>analysis<|mess",
      "age|>Hmm<|end|><|start|>assistant<|channel|>final<|message|>Hé",
      "llo",
    ];
    fake = await startFake(kind, { script: { ids: [], pieces } });
    const engine = createEngine({ kind, url: fake.url });
    server = await serve(engine, {
      port: 0,
      profile: createHarmonyProfile({ id: "m", contextLength: 4096 }),
    });
    const response = await fetch(`${server.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "m", messages: [{ role: "user", content: "Say <|call|> hello" }] }),
    });
    const { choices } = (await response.json()) as {
      choices: { message: { content: string; reasoning: string } }[];
    };
    expect(choices[0]?.message).toMatchObject({ content: "Héllo", reasoning: "Hmm" });
    expect(String(fake.requests.at(-1)?.["prompt"])).toContain("<|start|>user<|message|>Say ");
  });
});
