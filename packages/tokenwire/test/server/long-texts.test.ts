// Prompts that are encoded while other requests go on.

import { compileTemplate } from "@tokenwire/core/template";
import { Encoding } from "@tokenwire/core/tokenizer";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createHarmonyProfile } from "../../src/profiles/index.ts";
import { type Conversation, type ModelProfile, type Prompt, renderPrompt } from "../../src/protocol/index.ts";
import { withLongTexts } from "../../src/server/long-texts.ts";
import { answerText, harmony, ids, type Running, start } from "./support.ts";

const never = new AbortController().signal;
const words = "The quick brown fox, 42 <|end|> naïve 日本語\n";

const conversation = (texts: readonly string[]): Conversation => ({
  messages: [
    { role: "system", content: `Be brief. ${words.repeat(3)}` },
    ...texts.map((content, i) => ({ role: i % 2 ? ("assistant" as const) : ("user" as const), content })),
  ],
  tools: [{ name: "f", description: words.repeat(500) }],
  toolChoice: { mode: "auto" },
  parallelToolCalls: true,
  responseFormat: { type: "text" },
  field: "messages",
});

const templated: ModelProfile = {
  id: "templated",
  tokenizer: harmony,
  format: {
    kind: "template",
    template: compileTemplate(
      "{% for message in messages %}<|start|>{{ message.role }}<|message|>{{ message.content }}<|end|>{% endfor %}",
    ),
    specialTokens: {},
    contentFormat: "string",
  },
  stopTokenIds: [],
  contextLength: 10_000_000,
};
const profiles: ModelProfile[] = [
  createHarmonyProfile({ id: "harmony", contextLength: 10_000_000 }),
  templated,
];

const running: Running[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(running.splice(0).map(({ server }) => server.close()));
});

function expectSame(
  { tokenIds, renderMs: _, ...prompt }: Prompt,
  { tokenIds: wanted, renderMs: __, ...expected }: Prompt,
): void {
  expect(prompt).toEqual(expected);
  // Comparing typed arrays item by item takes seconds.
  expect(Buffer.from(tokenIds.buffer).equals(Buffer.from(wanted.buffer))).toBe(true);
}

/** Code units encoded in each turn of the event loop while a promise is pending. */
async function unitsPerTurn(work: () => Promise<unknown>): Promise<number[]> {
  const units = [0];
  const note = (text: string): void => {
    units[units.length - 1]! += text.length;
  };
  const { encode, encodeOrdinary } = Encoding.prototype;
  vi.spyOn(Encoding.prototype, "encode").mockImplementation(function (this: Encoding, ...given) {
    note(given[0]);
    return encode.apply(this, given);
  });
  vi.spyOn(Encoding.prototype, "encodeOrdinary").mockImplementation(function (this: Encoding, text) {
    note(text);
    return encodeOrdinary.call(this, text);
  });
  let pending = true;
  const turn = (): void => {
    units.push(0);
    if (pending) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  pending = false;
  vi.restoreAllMocks();
  return units;
}

describe.each(profiles)("prompts of $id models", (profile) => {
  it.each([
    ["short", ["Hello", "Hi", "How are you?"]],
    ["one long text", [words.repeat(6_000)]],
    ["the same long text twice", [words.repeat(3_000), "and", words.repeat(3_000)]],
    ["many texts", Array.from({ length: 300 }, (_, i) => words.repeat(1 + (i % 20)))],
  ])("are the same as at once: %s", async (_, texts) => {
    const expected = renderPrompt(profile, conversation(texts));
    const prompt = await withLongTexts(profile, never, (given) => renderPrompt(given, conversation(texts)));
    expectSame(prompt, expected);
    // What was noted for one request is not found by the next.
    expectSame(
      await withLongTexts(profile, never, (given) => renderPrompt(given, conversation(texts))),
      expected,
    );
  });

  it.each([
    ["one text", [words.repeat(24_000)]],
    ["many texts", Array.from({ length: 2_000 }, (_, i) => `${i} ${words.repeat(12)}`)],
  ])("are encoded a little per turn: %s", async (_, texts) => {
    const units = await unitsPerTurn(() =>
      withLongTexts(profile, never, (given) => renderPrompt(given, conversation(texts))),
    );
    const total = texts.reduce((sum, text) => sum + text.length, 0);
    expect(units.reduce((sum, each) => sum + each, 0)).toBeGreaterThanOrEqual(total);
    expect(Math.max(...units)).toBeLessThan(200_000);
    expect(units.filter((each) => each > 0).length).toBeGreaterThan(total / 100_000);
  });
});

describe("a task", () => {
  const [profile] = profiles as [ModelProfile];

  it("may raise, once all texts are known", async () => {
    const text = words.repeat(6_000);
    const length = harmony.encodeOrdinary(text).length;
    const task = withLongTexts(profile, never, ({ tokenizer }) => {
      const size = tokenizer.encodeOrdinary(text).length;
      throw new Error(size === 0 ? "no tokens" : `${size} tokens`);
    });
    await expect(task).rejects.toThrow(`${length} tokens`);
  });

  it("ends when its signal aborts", async () => {
    const abort = new AbortController();
    const task = withLongTexts(profile, abort.signal, ({ tokenizer }) =>
      tokenizer.encodeOrdinary(words.repeat(20_000)),
    );
    setImmediate(() => abort.abort(new Error("left")));
    await expect(task).rejects.toThrow("left");
  });
});

describe("a server that is given a long prompt", () => {
  it("goes on with other streams meanwhile", async () => {
    const started = await start({ emit: () => ids(answerText("on and")), endless: true });
    running.push(started);
    const { url, engine } = started;
    const post = (messages: object[], stream: boolean): Promise<Response> =>
      fetch(`${url}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ model: "test-model", stream, messages }),
      });
    const stream = await post([{ role: "user", content: "Go on." }], true);
    const reader = stream.body!.getReader();
    const reading = (async () => {
      while (!(await reader.read()).done);
    })();
    const before = engine.emitted;
    const units = await unitsPerTurn(async () => {
      const refused = await post([{ role: "user", content: words.repeat(24_000) }], false);
      expect(refused.status).toBe(400);
      expect(await refused.text()).toContain("context_length_exceeded");
    });
    expect(Math.max(...units)).toBeLessThan(200_000);
    // Four per turn; encoded in one go, the prompt would leave it hardly any.
    const busy = units.filter((each) => each > 0).length;
    expect(busy).toBeGreaterThan(10);
    expect(engine.emitted - before).toBeGreaterThan(busy);
    await reader.cancel();
    await reading;
  });
});

describe("a server that is given a long request beside the tokens of its answer", () => {
  it("encodes it a little per turn", async () => {
    const started = await start({ emit: () => answerText("x") });
    running.push(started);
    const units = await unitsPerTurn(async () => {
      const answer = await fetch(`${started.url}/v1/chat/completions/derender`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          model: "test-model",
          chat_request: { messages: [{ role: "user", content: words.repeat(24_000) }] },
          generate_response: {
            choices: [{ index: 0, finish_reason: "stop", token_ids: ids(answerText("Yes.")) }],
          },
        }),
      });
      expect(await answer.json()).toMatchObject({ choices: [{ message: { content: "Yes." } }] });
    });
    expect(Math.max(...units)).toBeLessThan(200_000);
    expect(units.filter((each) => each > 0).length).toBeGreaterThan(10);
  });
});
