// Conversations made shorter, and gone on with.

import OpenAI from "openai";
import { afterEach, describe, expect, it } from "vitest";
import { createMemoryStore } from "../../src/store/index.ts";
import { answerText, harmony, type Running, start } from "./support.ts";

const opened: Running[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ server }) => server.close()));
});

const summary = "Oslo is rainy, 12 degrees.";
const turns = [answerText("It rains in Oslo."), answerText(summary), answerText("Take an umbrella.")];

async function open(options: Parameters<typeof start>[1] = {}) {
  const running = await start({ emit: (_, call) => turns[call % turns.length]! }, options);
  opened.push(running);
  const client = new OpenAI({ baseURL: `${running.url}/v1`, apiKey: "x", maxRetries: 0 });
  const prompt = (call: number): string =>
    harmony.decode((running.engine.requests[call]!.prompt as { tokenIds: Uint32Array }).tokenIds);
  return { running, client, prompt };
}

const model = "test-model";

describe("compaction", () => {
  it("keeps what users said, seals the rest, and is taken as input", async () => {
    const { client, prompt } = await open();
    const first = await client.responses.create({ model, input: "Weather in Oslo?" });
    const compacted = await client.responses.compact({
      model,
      previous_response_id: first.id,
      input: "Thanks.",
      instructions: "Be brief.",
    });
    expect(compacted).toMatchObject({
      id: expect.stringMatching(/^resp_/),
      object: "response.compaction",
      created_at: expect.any(Number),
      usage: { input_tokens: expect.any(Number), output_tokens: expect.any(Number) },
    });
    const parts = [{ type: "input_text", text: "Weather in Oslo?" }];
    expect(compacted.output).toMatchObject([
      { type: "message", role: "user", content: parts },
      { type: "message", role: "user", content: [{ type: "input_text", text: "Thanks." }] },
      { type: "compaction", id: expect.stringMatching(/^cmp_/), encrypted_content: expect.any(String) },
    ]);
    expect(JSON.stringify(compacted)).not.toContain("12 degrees");
    // What was summarized is the whole conversation, with the instructions.
    for (const text of ["Weather in Oslo?", "It rains in Oslo.", "Thanks.", "Be brief.", "Summarize"]) {
      expect(prompt(1)).toContain(text);
    }
    const next = await client.responses.create({
      model,
      input: [...(compacted.output as OpenAI.Responses.ResponseInput), { role: "user", content: "And now?" }],
    });
    expect(next.output_text).toBe("Take an umbrella.");
    expect(prompt(2)).toContain(summary);
    expect(prompt(2)).not.toContain("It rains in Oslo.");
    // As part of a stored response it goes on through previous_response_id.
    await client.responses.create({ model, previous_response_id: next.id, input: "More?" });
    expect(prompt(3)).toContain(summary);
  });

  it("survives a restart with the store", async () => {
    const store = createMemoryStore();
    const before = await open({ store });
    const { output } = await before.client.responses.compact({ model, input: "Hello" });
    const after = await open({ store });
    const input = [
      ...(output as OpenAI.Responses.ResponseInput),
      { role: "user" as const, content: "Go on" },
    ];
    await after.client.responses.create({ model, input });
    expect(after.prompt(0)).toContain("It rains in Oslo.");
  });

  it("refuses what it did not seal, and what has no model or input", async () => {
    const { client, running } = await open();
    const forged = { type: "compaction" as const, encrypted_content: "abc" };
    await expect(client.responses.create({ model, input: [forged] })).rejects.toMatchObject({
      status: 400,
      code: "invalid_encrypted_content",
      param: "input[0].encrypted_content",
    });
    const refused = async (body: object): Promise<[number, unknown]> => {
      const response = await fetch(`${running.url}/v1/responses/compact`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      const { error } = (await response.json()) as { error: { param: unknown } };
      return [response.status, error.param];
    };
    expect(await refused({ input: "x" })).toEqual([400, "model"]);
    expect(await refused({ model })).toEqual([400, "input"]);
    expect(await refused({ model: "nope", input: "x" })).toEqual([404, "model"]);
    expect(await refused({ model, previous_response_id: "resp_x" })).toEqual([400, "previous_response_id"]);
  });

  it("takes sealed reasoning for no summary", async () => {
    const running = await start({
      emit: () => `<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant${answerText("x")}`,
    });
    opened.push(running);
    const client = new OpenAI({ baseURL: `${running.url}/v1`, apiKey: "x", maxRetries: 0 });
    const { output } = await client.responses.create({
      model,
      input: "x",
      include: ["reasoning.encrypted_content"],
    });
    const sealed = (output[0] as OpenAI.Responses.ResponseReasoningItem).encrypted_content!;
    const stolen = { type: "compaction" as const, encrypted_content: sealed };
    await expect(client.responses.create({ model, input: [stolen] })).rejects.toMatchObject({
      code: "invalid_encrypted_content",
    });
  });
});
