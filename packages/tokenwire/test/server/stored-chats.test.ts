// Chat completions that are kept: through the official client, whole and streamed.

import OpenAI from "openai";
import { afterEach, describe, expect, it } from "vitest";
import { createMemoryStore } from "../../src/store/index.ts";
import { answerText, type Running, start } from "./support.ts";

const opened: Running[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ server }) => server.close()));
});

async function open(...options: Parameters<typeof start>) {
  const running = await start(...options);
  opened.push(running);
  const clientFor = (apiKey: string): OpenAI =>
    new OpenAI({ baseURL: `${running.url}/v1`, apiKey, maxRetries: 0 });
  return { running, client: clientFor("x"), clientFor };
}

const model = "test-model";
const user = (content: string) => ({ role: "user" as const, content });

describe("stored chat completions", () => {
  it.each([false, true])("are what was answered, stream: %s", async (stream) => {
    const { client } = await open({ emit: () => answerText("Hello!") });
    const body = {
      model,
      store: true,
      temperature: 0.5,
      metadata: { topic: "greeting" },
      messages: [user("hi"), { role: "user" as const, content: [{ type: "text" as const, text: "again" }] }],
    };
    let id: string;
    if (stream) {
      const completion = await client.chat.completions.stream(body).finalChatCompletion();
      id = completion.id;
    } else id = (await client.chat.completions.create(body)).id;
    const stored = await client.chat.completions.retrieve(id);
    expect(stored).toMatchObject({
      id,
      object: "chat.completion",
      model,
      metadata: { topic: "greeting" },
      temperature: 0.5,
      top_p: null,
      choices: [{ index: 0, message: { role: "assistant", content: "Hello!" }, finish_reason: "stop" }],
      usage: { completion_tokens: expect.any(Number) },
    });
    const messages = [];
    for await (const message of client.chat.completions.messages.list(id, { limit: 1 }))
      messages.push(message);
    expect(messages).toEqual([
      { id: `${id}-0`, role: "user", content: "hi", content_parts: null },
      { id: `${id}-1`, role: "user", content: null, content_parts: [{ type: "text", text: "again" }] },
    ]);
  });

  it("are listed by model and metadata, changed and deleted", async () => {
    const { client, running } = await open({ emit: () => answerText("x") });
    const ids: string[] = [];
    for (const n of ["1", "2", "3"]) {
      const { id } = await client.chat.completions.create({
        model,
        store: true,
        metadata: { n },
        messages: [user("x")],
      });
      ids.push(id);
    }
    await client.chat.completions.create({ model, messages: [user("not kept")] });
    const listed = [];
    for await (const { id } of client.chat.completions.list({ limit: 2 })) listed.push(id);
    expect(listed).toEqual(ids);
    const page = await client.chat.completions.list({ metadata: { n: "2" }, model });
    expect(page.data.map(({ id }) => id)).toEqual([ids[1]]);
    expect((await client.chat.completions.list({ model: "other" })).data).toEqual([]);
    const updated = await client.chat.completions.update(ids[0]!, { metadata: { n: "one" } });
    expect(updated).toMatchObject({ id: ids[0], metadata: { n: "one" } });
    expect(await client.chat.completions.delete(ids[0]!)).toEqual({
      object: "chat.completion.deleted",
      id: ids[0],
      deleted: true,
    });
    await expect(client.chat.completions.delete(ids[0]!)).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    await expect(client.chat.completions.retrieve(ids[0]!)).rejects.toMatchObject({
      status: 404,
      code: "not_found",
    });
    const wrong = await fetch(`${running.url}/v1/chat/completions?limit=0`);
    expect(wrong.status).toBe(400);
    const tooMuch = { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, "v"])) };
    await expect(client.chat.completions.update(ids[1]!, tooMuch)).rejects.toMatchObject({ status: 400 });
  });

  it("belong to the key that made them", async () => {
    const { clientFor } = await open({ emit: () => answerText("x") }, { apiKeys: ["a", "b"] });
    const { id } = await clientFor("a").chat.completions.create({
      model,
      store: true,
      messages: [user("x")],
    });
    await expect(clientFor("b").chat.completions.retrieve(id)).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    expect((await clientFor("b").chat.completions.list()).data).toEqual([]);
    expect((await clientFor("a").chat.completions.list()).data).toHaveLength(1);
  });

  it.each([false, true])("are failures where they cannot be kept, stream: %s", async (stream) => {
    const store = createMemoryStore();
    store.chats.put = () => Promise.reject(new Error("disk full"));
    const { client } = await open({ emit: () => answerText("x") }, { store });
    const body = { model, store: true, messages: [user("x")] };
    const request = stream
      ? client.chat.completions.stream(body).finalChatCompletion()
      : client.chat.completions.create(body);
    const error = await request.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OpenAI.APIError);
    expect(String(error)).not.toContain("disk full");
  });
});
