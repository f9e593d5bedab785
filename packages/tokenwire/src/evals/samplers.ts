// Asking a model through an OpenAI-compatible server: the Responses API or chat completions.

import { TokenwireError } from "@tokenwire/core";
import type { EvalMessage, SampledAnswer, Sampler, SampleUsage, ToolUse } from "./types.ts";

export interface SamplerOptions {
  /** Such as `http://localhost:8000/v1`. */
  readonly baseUrl: string;
  readonly apiKey?: string;
  readonly model: string;
  readonly reasoningEffort?: string;
  readonly temperature?: number;
  readonly topP?: number;
  readonly seed?: number;
  readonly maxTokens?: number;
  /** Put in front of every prompt. */
  readonly systemMessage?: EvalMessage;
  /** Milliseconds per attempt. Default 24 hours: reasoning models think long. */
  readonly timeout?: number;
  /** Attempts after the first. Default 6. */
  readonly retries?: number;
  /** First pause between attempts in milliseconds; doubles, with full jitter. Default 1000. */
  readonly retryBase?: number;
  /** Tools that the server runs itself, as the API names them. */
  readonly serverTools?: readonly object[];
}

/** The server refused for a reason that no repetition mends: a wrong key, an unknown model. Ends the run. */
export class SamplerRefused extends TokenwireError {
  readonly status: number;
  constructor(status: number, message: string) {
    super("API_ERROR", message);
    this.name = "SamplerRefused";
    this.status = status;
  }
}

type Json = Readonly<Record<string, unknown>>;

type Answer = Pick<SampledAnswer, "text" | "usage" | "tools">;

interface Dialect {
  readonly path: string;
  request(options: SamplerOptions, messages: readonly EvalMessage[]): Json;
  /** Undefined: no answer in it, ask again. */
  answer(body: Json, options: SamplerOptions): Answer | undefined;
  readonly badRequestText: string;
}

const maxPause = 60_000;

const responses: Dialect = {
  path: "/responses",
  badRequestText: "",
  request: (options, messages) => ({
    model: options.model,
    input: messages,
    temperature: options.temperature,
    top_p: options.topP,
    max_output_tokens: options.maxTokens,
    reasoning: options.reasoningEffort === undefined ? undefined : { effort: options.reasoningEffort },
    tools: options.serverTools,
  }),
  answer: (body, { serverTools }) => ({
    text: outputText(body),
    usage: usageOf(body["usage"]),
    ...(serverTools && { tools: toolUse(body) }),
  }),
};

const chatCompletions: Dialect = {
  path: "/chat/completions",
  badRequestText: "No response (bad request).",
  request: (options, messages) => ({
    model: options.model,
    messages,
    temperature: options.temperature,
    top_p: options.topP,
    seed: options.seed,
    max_tokens: options.maxTokens,
    reasoning_effort: options.reasoningEffort,
  }),
  answer: (body) => {
    const [choice] = rows(body["choices"]);
    const message = (choice?.["message"] ?? {}) as Json;
    const text = message["content"];
    return typeof text === "string" && text !== "" ? { text, usage: usageOf(body["usage"]) } : undefined;
  },
};

/** Asks through `POST /responses`. */
export function createResponsesSampler(options: SamplerOptions): Sampler {
  return createSampler(responses, options);
}

/** Asks through `POST /chat/completions`. */
export function createChatCompletionsSampler(options: SamplerOptions): Sampler {
  return createSampler(chatCompletions, options);
}

/** At most `limit` calls of a sampler at once; more wait. */
export function limitConcurrency(sampler: Sampler, limit: number): Sampler {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (messages, signal) => {
    while (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    running += 1;
    try {
      signal?.throwIfAborted();
      return await sampler(messages, signal);
    } finally {
      running -= 1;
      waiting.shift()?.();
    }
  };
}

const rows = (value: unknown): Json[] => (Array.isArray(value) ? (value as Json[]) : []);

/** Items of tools that the server ran. */
const toolItems = new Set(["code_interpreter_call", "web_search_call", "file_search_call", "mcp_call"]);

function toolUse(body: Json): ToolUse {
  const items = rows(body["output"]).filter(({ type }) => toolItems.has(String(type)));
  const failed = items.filter((item) => item["status"] === "failed" || (item["error"] ?? null) !== null);
  return { calls: items.length, failures: failed.length };
}

function outputText(body: Json): string {
  return rows(body["output"])
    .filter((item) => item["type"] === "message")
    .flatMap((item) => rows(item["content"]))
    .filter((part) => part["type"] === "output_text")
    .map((part) => String(part["text"]))
    .join("");
}

/** Both shapes of usage: Responses' and chat completions'. */
function usageOf(value: unknown): SampleUsage {
  const usage = (value ?? {}) as Json;
  const number = (...candidates: unknown[]): number | undefined =>
    candidates.find((candidate): candidate is number => typeof candidate === "number");
  const details = (name: string, key: string): unknown => (usage[name] as Json | undefined)?.[key];
  const entries = Object.entries({
    inputTokens: number(usage["input_tokens"], usage["prompt_tokens"]),
    cachedTokens: number(
      details("input_tokens_details", "cached_tokens"),
      details("prompt_tokens_details", "cached_tokens"),
    ),
    outputTokens: number(usage["output_tokens"], usage["completion_tokens"]),
    reasoningTokens: number(
      details("output_tokens_details", "reasoning_tokens"),
      details("completion_tokens_details", "reasoning_tokens"),
    ),
  });
  return Object.fromEntries(entries.filter(([, count]) => count !== undefined));
}

function createSampler(dialect: Dialect, options: SamplerOptions): Sampler {
  const { retries = 6, retryBase = 1000 } = options;
  return async (messages, signal): Promise<SampledAnswer> => {
    const prompt = options.systemMessage === undefined ? messages : [options.systemMessage, ...messages];
    for (let attempt = 0; ; attempt += 1) {
      const outcome = await attemptOnce(dialect, options, prompt, signal);
      if ("text" in outcome) return { ...outcome, retries: attempt };
      if (attempt === retries) throw new Error(`${outcome.problem} (after ${attempt + 1} attempts)`);
      const backoff = Math.random() * Math.min(maxPause, retryBase * 2 ** attempt);
      await pause(outcome.retryAfter ?? backoff, signal);
    }
  };
}

type Outcome =
  | (Answer & { readonly badRequest?: boolean })
  | { readonly problem: string; readonly retryAfter?: number };

async function attemptOnce(
  dialect: Dialect,
  options: SamplerOptions,
  messages: readonly EvalMessage[],
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  const timer = AbortSignal.timeout(options.timeout ?? 86_400_000);
  try {
    const response = await fetch(options.baseUrl.replace(/\/$/, "") + dialect.path, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(options.apiKey === undefined ? {} : { authorization: `Bearer ${options.apiKey}` }),
      },
      body: JSON.stringify(dialect.request(options, messages)),
      signal: signal === undefined ? timer : AbortSignal.any([signal, timer]),
    });
    const text = await response.text();
    if (response.ok)
      return dialect.answer(JSON.parse(text) as Json, options) ?? { problem: "The answer was empty" };
    return refusal(dialect, response, text);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof SamplerRefused) throw error;
    return { problem: timer.aborted ? "No answer in time" : describe(error) };
  }
}

function refusal(dialect: Dialect, response: Response, body: string): Outcome {
  const { status } = response;
  const problem = `HTTP status ${status}: ${body.slice(0, 500)}`;
  if (status === 400 || status === 422) return { text: dialect.badRequestText, usage: {}, badRequest: true };
  if (status === 401 || status === 403 || status === 404) throw new SamplerRefused(status, problem);
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) ? { problem, retryAfter: Math.min(maxPause, seconds * 1000) } : { problem };
}

/** `fetch failed` alone says nothing; its cause does. */
function describe(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      signal?.removeEventListener("abort", stop);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    signal?.addEventListener("abort", stop, { once: true });
  });
}
