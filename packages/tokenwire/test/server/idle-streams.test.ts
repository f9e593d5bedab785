// What an open stream holds on to. It may be silent for minutes, and there may be thousands.

import { setImmediate as turn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, it } from "vitest";
import type { GenerateEvent, GenerateRequest } from "../../src/engines/index.ts";
import type { Server } from "../../src/server/index.ts";
import { ids, start, TestEngine } from "./support.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Says one word, lets go of its request as one does that has read the prompt, and falls silent. */
class SilentEngine extends TestEngine {
  readonly prompts: WeakRef<Uint32Array>[] = [];

  constructor() {
    super({ emit: () => "" });
  }

  override generate({ prompt }: GenerateRequest, signal: AbortSignal): AsyncGenerator<GenerateEvent> {
    this.prompts.push(new WeakRef((prompt as { tokenIds: Uint32Array }).tokenIds));
    return oneWord(signal);
  }
}

async function* oneWord(signal: AbortSignal): AsyncGenerator<GenerateEvent> {
  yield { type: "start" };
  yield { type: "delta", index: 0, tokenIds: ids("<|channel|>final<|message|>word") };
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

describe("a silent stream", () => {
  it.each(["chat/completions", "messages"])("of %s lets go of its prompt", async (path) => {
    const engine = new SilentEngine();
    const { server, url } = await start(engine);
    servers.push(server);
    const leave = new AbortController();
    const response = await fetch(`${url}/v1/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        model: "test-model",
        stream: true,
        max_tokens: 100,
        messages: [{ role: "user", content: "Say something." }],
      }),
      signal: leave.signal,
    });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    for (let said = ""; !said.includes("word"); ) said += (await reader.read()).value ?? "";
    for (let turns = 0; turns < 3; turns++) await turn();
    collectGarbage();
    expect(engine.prompts.map((prompt) => prompt.deref())).toEqual([undefined]);
    leave.abort();
  });
});
