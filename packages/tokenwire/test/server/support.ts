// A server over an engine that says what a test wants it to say, and remembers what it was asked.

import { setTimeout as delay } from "node:timers/promises";
import { getEncoding } from "@tokenwire/encodings";
import type { Engine, EngineInfo, GenerateEvent, GenerateRequest } from "../../src/engines/index.ts";
import { createHarmonyProfile } from "../../src/profiles/index.ts";
import { createServer, type Server, type ServerOptions } from "../../src/server/index.ts";
import "./socket-watch.ts";

export const harmony = getEncoding("o200k_harmony");

/** Added to the seeds of random tests, so that a long run can be made of several short ones. */
export const series: number = Number(process.env["TOKENWIRE_FUZZ_SERIES"] ?? 0) * 1_000;

/** The ids of harmony text, markers included. */
export function ids(text: string): number[] {
  return [...harmony.encode(text, { allowedSpecial: "all" })];
}

export const answerText = (text: string): string => `<|channel|>final<|message|>${text}<|return|>`;

export interface TestEngineOptions {
  /** What to emit for a request, as harmony text or as ids. */
  readonly emit: (request: GenerateRequest, call: number) => string | readonly number[];
  readonly chunk?: number;
  readonly delayMs?: number;
  /** Repeats the token before the last forever, whatever `maxTokens` says. */
  readonly endless?: boolean;
  /** Fails: before the start, or after so many tokens. */
  readonly fail?: { readonly after: number; readonly error: Error } | { readonly before: Error };
  readonly info?: Partial<EngineInfo>;
}

export class TestEngine implements Engine {
  readonly id = "test";
  readonly requests: GenerateRequest[] = [];
  readonly signals: (AbortSignal | undefined)[] = [];
  /** Tokens handed out over all requests. */
  emitted = 0;
  /** Generators that have begun and not ended. */
  live = 0;
  healthy = true;
  readonly #options: TestEngineOptions;

  constructor(options: TestEngineOptions) {
    this.#options = options;
  }

  async info(): Promise<EngineInfo> {
    return {
      engine: "test",
      model: "test-model",
      servedNames: ["test-model"],
      maxContext: 4_096,
      vocabSize: harmony.vocabSize,
      eosTokenIds: [200_002],
      capabilities: {
        input: "tokens",
        output: "tokens",
        streaming: true,
        cancel: "signal",
        logprobs: { maxTop: 20, prompt: true },
        constraints: ["json_schema"],
        logitsAccess: false,
        seed: true,
        n: false,
        logitBias: true,
        stopTokenIds: true,
        stopStrings: false,
        embeddings: false,
        prefixCache: false,
        kvEvents: false,
      },
      ...this.#options.info,
    };
  }

  async health(): Promise<{ ok: boolean }> {
    return { ok: this.healthy };
  }

  async close(): Promise<void> {}

  async *generate(request: GenerateRequest, signal?: AbortSignal): AsyncGenerator<GenerateEvent> {
    const { emit, chunk = 1, delayMs, endless = false, fail } = this.#options;
    const call = this.requests.length;
    this.requests.push(request);
    this.signals.push(signal);
    if (fail && "before" in fail) throw fail.before;
    const said = emit(request, call);
    const tokens = typeof said === "string" ? ids(said) : said;
    this.live++;
    try {
      yield { type: "start", ...promptLogprobs(request) };
      let given = 0;
      const limit = endless ? Number.POSITIVE_INFINITY : Math.min(tokens.length, request.sampling.maxTokens);
      while (given < limit) {
        if (delayMs !== undefined) await delay(delayMs, undefined, { signal }).catch(() => undefined);
        if (signal?.aborted) {
          yield { type: "finish", index: 0, reason: "abort" };
          return;
        }
        const part = endless
          ? [tokens[Math.min(given, tokens.length - 2)]!]
          : tokens.slice(given, Math.min(given + chunk, limit));
        given += part.length;
        this.emitted += part.length;
        yield {
          type: "delta",
          index: 0,
          tokenIds: part,
          ...(request.logprobs && {
            logprobs: part.map((id) => ({ id, logprob: -0.5, top: [{ id, logprob: -0.5 }] })),
          }),
        };
        if (fail && "after" in fail && given >= fail.after) throw fail.error;
        const stop = part.find((id) => request.stop?.tokenIds?.includes(id));
        if (stop !== undefined) {
          yield { type: "finish", index: 0, reason: "stop", matched: stop };
          return;
        }
      }
      yield { type: "finish", index: 0, reason: given < tokens.length ? "length" : "stop" };
    } finally {
      this.live--;
    }
  }
}

/** Log-probabilities of the prompt's own tokens, when the request asks for them. */
function promptLogprobs({ prompt, logprobs }: GenerateRequest): {
  promptLogprobs?: ({ id: number; logprob: number } | null)[];
} {
  if (logprobs?.prompt !== true || !("tokenIds" in prompt)) return {};
  return {
    promptLogprobs: [...prompt.tokenIds].map((id, index) => (index === 0 ? null : { id, logprob: -1 })),
  };
}

export interface Running {
  readonly server: Server;
  readonly engine: TestEngine;
  readonly url: string;
}

/** Starts a server with a harmony model over a test engine; `close` is the caller's. */
export async function start(
  engine: TestEngineOptions | TestEngine,
  options: Partial<ServerOptions> = {},
): Promise<Running> {
  const used = engine instanceof TestEngine ? engine : new TestEngine(engine);
  const profile = createHarmonyProfile({ id: "test-model", contextLength: 4_096 });
  const server = await createServer({ port: 0, models: [{ engine: used, profile }], ...options });
  return { server, engine: used, url: await server.listen() };
}

/** Waits until `condition` holds; fails after a generous while. */
export async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1_000; tries++) {
    if (condition()) return;
    await delay(5);
  }
  throw new Error("the condition never came true");
}
