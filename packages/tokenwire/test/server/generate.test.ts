// Several choices of one request end together, and what is told of them is told once.

import { afterEach, describe, expect, it } from "vitest";
import type { GenerateEvent } from "../../src/engines/index.ts";
import { ApiError, PlainOutputParser } from "../../src/protocol/index.ts";
import { RequestCancellation } from "../../src/server/cancellation.ts";
import { type GenerationOptions, generateChoices } from "../../src/server/generate.ts";
import { harmony, TestEngine } from "./support.ts";

/** The first call does what a test says; the others give a token and wait to be aborted. */
class FirstFails extends TestEngine {
  readonly #first: (signal: AbortSignal) => AsyncGenerator<GenerateEvent>;

  constructor(first: (signal: AbortSignal) => AsyncGenerator<GenerateEvent>) {
    super({ emit: () => "" });
    this.#first = first;
  }

  override generate(...[request, signal]: Parameters<TestEngine["generate"]>): AsyncGenerator<GenerateEvent> {
    this.requests.push(request);
    this.signals.push(signal);
    return this.requests.length === 1 ? this.#first(signal!) : patient(signal!);
  }
}

async function* patient(signal: AbortSignal): AsyncGenerator<GenerateEvent> {
  yield { type: "start" };
  yield { type: "delta", index: 0, tokenIds: [13] };
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}

const told: string[] = [];
afterEach(() => {
  told.length = 0;
});

function generation(engine: TestEngine, signal: RequestCancellation): GenerationOptions {
  const plan = {
    prompt: { tokenIds: new Uint32Array([13]) },
    sampling: { maxTokens: 10 },
    stop: { tokenIds: [], strings: [] },
  };
  return {
    id: "x",
    model: {
      id: "m",
      engine,
      info: { capabilities: { input: "tokens" } },
      profile: { tokenizer: harmony, format: { kind: "plain" } },
    },
    plans: [plan, plan, plan],
    createParser: () => new PlainOutputParser(harmony, true),
    output: {
      tokenizer: harmony,
      stop: [],
      includeStop: false,
      logprobs: false,
      toolChoice: { mode: "none" },
      parallelToolCalls: true,
      hiddenStopIds: new Set(),
      requestedStopIds: [],
    },
    signal,
    timeouts: { queue: 0, firstToken: 0, betweenTokens: 0, total: 0, upload: 0, stalledReader: 0 },
    usage: { promptTokens: 1, completionTokens: 0, cachedTokens: 0, reasoningTokens: 0 },
    observer: {
      firstToken: () => undefined,
      finished: () => undefined,
      repaired: () => undefined,
      tokens: () => told.push("tokens"),
      aborted: (cause: string) => told.push(cause),
    },
  } as unknown as GenerationOptions;
}

describe("the choices of a request", () => {
  it("end together when the client leaves", async () => {
    const engine = new FirstFails(patient);
    const cancellation = new RequestCancellation();
    let pushed = 0;
    const done = generateChoices(generation(engine, cancellation), {
      push: () => {
        if (++pushed === 3) cancellation.abort(new ApiError(499, "gone"));
      },
    });
    await expect(done).rejects.toThrow("gone");
    expect(told).toEqual(["tokens", "client"]);
    expect(engine.signals.map((signal) => signal?.aborted)).toEqual([true, true, true]);
  });

  it("end with the first that fails, late or at once", async () => {
    async function* failing(): AsyncGenerator<GenerateEvent> {
      yield { type: "start" };
      throw new Error("engine");
    }
    const atOnce = (): AsyncGenerator<GenerateEvent> => {
      throw new Error("engine");
    };
    for (const first of [failing, atOnce]) {
      const engine = new FirstFails(first);
      const options = generation(engine, new RequestCancellation());
      await expect(generateChoices(options, { push: () => undefined })).rejects.toThrow("engine");
      expect(told.splice(0)).toEqual(["tokens", "engine"]);
      expect(engine.signals.every((signal, i) => i === 0 || signal?.aborted)).toBe(true);
    }
  });

  it("are not begun when nobody waits for them", async () => {
    const engine = new FirstFails(patient);
    const cancellation = new RequestCancellation();
    cancellation.abort(new ApiError(499, "gone"));
    const done = generateChoices(generation(engine, cancellation), { push: () => undefined });
    await expect(done).rejects.toThrow("gone");
    expect(engine.requests).toEqual([]);
    expect(told).toEqual(["tokens", "client"]);
  });
});
