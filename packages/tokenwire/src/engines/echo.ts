// The echo engine: gives back the user's last message, or the prompt, as fast as it can or at a set rate. For load tests
// and benchmarks of everything around an engine.

import { plainEngine } from "./capabilities.ts";
import {
  type Engine,
  EngineError,
  type EngineInfo,
  type FinishReason,
  type GenerateEvent,
  type GenerateRequest,
  type TokenId,
} from "./engine.ts";
import { type Clock, realClock } from "./scripted/clock.ts";

export interface EchoEngineOptions {
  readonly id?: string;
  /** Tokens per second and request. Default: as fast as they are pulled. */
  readonly tokensPerSecond?: number;
  /** Ids per delta. Default: 1. */
  readonly chunk?: number;
  readonly clock?: Clock;
}

/** Harmony's ids for the frame of the answer. */
const harmony = {
  return: 200002,
  channel: 200005,
  end: 200007,
  message: 200008,
  final: 17196,
  user: 1428,
} as const;
const start = 200006;
const maxContext = 1_048_576;
const vocabSize = 201_088;

/** An engine that answers with the prompt's last user message (harmony) or, failing that, the whole prompt. */
export function createEchoEngine(options: EchoEngineOptions = {}): Engine {
  const clock = options.clock ?? realClock;
  const chunk = Math.max(1, options.chunk ?? 1);
  const pause = options.tokensPerSecond === undefined ? 0 : (1000 * chunk) / options.tokensPerSecond;
  let closed = false;
  let running = 0;

  async function* generate(
    request: GenerateRequest,
    signal?: AbortSignal,
  ): AsyncGenerator<GenerateEvent, void> {
    if (closed) throw new EngineError("unavailable", "The engine is closed.");
    const prompt = promptOf(request);
    check(prompt);
    running++;
    try {
      const ids = answerTo(prompt);
      yield { type: "start", promptTokens: prompt.length };
      for (let index = 0; index < (request.n ?? 1); index++) yield* echo(request, ids, index, signal);
    } finally {
      running--;
    }
  }

  async function* echo(
    request: GenerateRequest,
    ids: readonly TokenId[],
    index: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<GenerateEvent, void> {
    const end = endOf(request, ids);
    let sent = 0;
    while (sent < end.length) {
      if (pause > 0) await clock.wait(pause, signal);
      if (signal?.aborted) break;
      const tokenIds = ids.slice(sent, Math.min(sent + chunk, end.length));
      sent += tokenIds.length;
      yield { type: "delta", index, tokenIds };
    }
    const usage = { promptTokens: promptOf(request).length, completionTokens: sent };
    const finish = sent < end.length ? ({ reason: "abort" } as const) : end.finish;
    yield { type: "finish", index, ...finish, usage };
  }

  return {
    id: options.id ?? "echo",
    info: async (): Promise<EngineInfo> => ({
      engine: "tokenwire-echo",
      model: "echo",
      servedNames: ["echo"],
      maxContext,
      vocabSize,
      eosTokenIds: [harmony.return],
      capabilities: plainEngine,
    }),
    health: async () => (closed ? { ok: false, detail: "The engine is closed." } : { ok: true }),
    load: async () => ({ running, waiting: 0 }),
    generate,
    close: async () => {
      closed = true;
    },
  };
}

function promptOf({ prompt }: GenerateRequest): Uint32Array {
  if ("tokenIds" in prompt) return prompt.tokenIds;
  throw new EngineError("unsupported", "The echo engine takes token ids.");
}

/** The limits that every engine has. */
function check(prompt: Uint32Array): void {
  if (prompt.length >= maxContext) {
    throw new EngineError(
      "context_length",
      `The prompt has ${prompt.length} tokens; the context is ${maxContext}.`,
    );
  }
  const unknown = prompt.find((id) => id >= vocabSize);
  if (unknown !== undefined) {
    throw new EngineError(
      "invalid_request",
      `Token ${unknown} does not exist; ids up to ${vocabSize - 1} do.`,
    );
  }
}

/** How many ids are echoed and why no more. */
function endOf(
  { sampling, stop }: GenerateRequest,
  ids: readonly TokenId[],
): { length: number; finish: { reason: FinishReason; matched?: TokenId } } {
  const stops = new Set([...(sampling.ignoreEos ? [] : [harmony.return]), ...(stop?.tokenIds ?? [])]);
  const at = ids.findIndex((id) => stops.has(id));
  if (at !== -1 && at < sampling.maxTokens) {
    return { length: at + 1, finish: { reason: "stop", matched: ids[at] as TokenId } };
  }
  const length = Math.min(ids.length, sampling.maxTokens);
  return { length, finish: { reason: length < ids.length ? "length" : "stop" } };
}

/** The last user message on harmony's final channel, or the prompt itself. */
function answerTo(prompt: Uint32Array): TokenId[] {
  for (let at = prompt.length - 3; at >= 0; at--) {
    if (prompt[at] !== start || prompt[at + 1] !== harmony.user || prompt[at + 2] !== harmony.message)
      continue;
    const end = prompt.indexOf(harmony.end, at);
    const text = prompt.subarray(at + 3, end === -1 ? undefined : end);
    return [harmony.channel, harmony.final, harmony.message, ...text, harmony.return];
  }
  return [...prompt];
}
