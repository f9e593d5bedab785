// llama.cpp's HTTP server, `POST /completion` with a token prompt. It knows no stop IDs (they are watched here), and it
// swallows IDs that are in the middle of a character: a gap in its own count shows that.

import { tokenEngine } from "../capabilities.ts";
import { type Engine, EngineError, type GenerateRequest, type TokenLogprob } from "../engine.ts";
import type { AnswerReader, Dialect, Piece } from "./dialect.ts";
import { asIds, asList, asNumber, asObject, asString, type Json } from "./json-view.ts";
import { describeFromModels } from "./model-list.ts";
import type { RemoteEngineOptions } from "./options.ts";
import { createRemoteEngine } from "./remote-engine.ts";
import { promptIds } from "./sampling-fields.ts";

const capabilities = {
  ...tokenEngine,
  stopTokenIds: false,
  n: false,
  constraints: ["json_object", "json_schema", "grammar"],
} as const;

/** An engine over llama-server. */
export function createLlamaServerEngine(options: RemoteEngineOptions): Engine {
  return createRemoteEngine(dialect, options);
}

const dialect: Dialect = {
  kind: "llama-server",
  capabilities,
  generatePath: "/completion",
  health: { path: "/health", timeout: 5_000 },
  toBody: (request) => {
    const { sampling, logprobs } = request;
    if (sampling.minTokens) throw new EngineError("unsupported", "llama-server has no minimum of tokens.");
    if (sampling.allowedTokenIds)
      throw new EngineError("unsupported", "llama-server has no list of allowed tokens.");
    return {
      prompt: promptIds(request),
      n_predict: sampling.maxTokens,
      temperature: sampling.temperature ?? 1,
      top_k: sampling.topK ?? 0,
      top_p: sampling.topP ?? 1,
      min_p: sampling.minP ?? 0,
      repeat_penalty: sampling.repetitionPenalty ?? 1,
      repeat_last_n: -1,
      presence_penalty: sampling.presencePenalty ?? 0,
      frequency_penalty: sampling.frequencyPenalty ?? 0,
      seed: sampling.seed === undefined ? -1 : sampling.seed >>> 0,
      ...(sampling.ignoreEos && { ignore_eos: true }),
      ...(sampling.logitBias && { logit_bias: [...sampling.logitBias].map(([id, bias]) => [id, bias]) }),
      stream: true,
      return_tokens: true,
      cache_prompt: request.cacheSalt === undefined,
      ...(logprobs && { n_probs: Math.max(1, logprobs.top) }),
      ...constraintField(request),
    };
  },
  createReader: (request) => new LlamaReader(request),
  describe: async (http, options, signal) => {
    const info = await describeFromModels("llama-server", capabilities, http, options, signal);
    const properties = asObject(
      await http.json("/props", { signal, timeout: 10_000 }).catch(() => undefined),
    );
    const slot = asNumber(asObject(properties["default_generation_settings"])["n_ctx"]);
    const version = asString(properties["build_info"]);
    return {
      ...info,
      maxContext: options.maxContext ?? slot ?? info.maxContext,
      ...(version !== undefined && { version }),
    };
  },
};

function constraintField({ constraint }: GenerateRequest): Json {
  if (constraint === undefined) return {};
  if (constraint.kind === "json_object") return { json_schema: { type: "object" } };
  if (constraint.kind === "json_schema") return { json_schema: constraint.schema };
  if (constraint.kind === "grammar" && constraint.syntax === "gbnf") return { grammar: constraint.source };
  throw new EngineError("unsupported", "llama-server takes grammars as GBNF only.");
}

class LlamaReader implements AnswerReader {
  readonly #request: GenerateRequest;
  #received = 0;

  constructor(request: GenerateRequest) {
    this.#request = request;
  }

  push(event: unknown): Piece[] {
    const body = asObject(event);
    const ids = asIds(body["tokens"]);
    const predicted = asNumber(body["tokens_predicted"]) ?? this.#received + ids.length;
    const gap = predicted - this.#received - ids.length;
    this.#received += ids.length;
    if (body["stop"] === true) return [...this.#usage(body, predicted), ...llamaFinish(body, gap)];
    if (gap > 0) return [{ type: "finish", reason: "error", error: swallowed(gap) }];
    if (ids.length === 0) return [];
    const logprobs = this.#request.logprobs && llamaLogprobs(body["completion_probabilities"], ids);
    return [{ type: "ids", ids, ...(logprobs && { logprobs }) }];
  }

  end(): Piece[] {
    return [];
  }

  #usage(body: Json, predicted: number): Piece[] {
    const cached = asNumber(asObject(body["timings"])["cache_n"]);
    const prompt = asNumber(body["tokens_evaluated"]);
    return [
      {
        type: "usage",
        usage: {
          completionTokens: predicted,
          ...(prompt !== undefined && { promptTokens: prompt }),
          ...(cached !== undefined && { cachedTokens: cached }),
        },
      },
    ];
  }
}

function llamaFinish(body: Json, gap: number): Piece[] {
  const type = asString(body["stop_type"]);
  if (type === "limit") return [{ type: "finish", reason: "length" }];
  // A count that ends inside a character leaves IDs that are never sent; with any other ending that is a fault.
  if (gap > 1) return [{ type: "finish", reason: "error", error: swallowed(gap) }];
  const word = asString(body["stopping_word"]);
  return [{ type: "finish", reason: "stop", ...(type === "word" && word && { matched: word }) }];
}

function swallowed(gap: number): EngineError {
  return new EngineError(
    "internal",
    `llama-server: ${gap} token IDs inside a character were not sent, so the output cannot be continued exactly.`,
  );
}

function llamaLogprobs(value: unknown, ids: readonly number[]): TokenLogprob[] | undefined {
  const entries = asList(value).map(asObject);
  if (entries.length !== ids.length) return undefined;
  return ids.map((id, index) => {
    const entry = entries[index]!;
    const top = asList(entry["top_logprobs"])
      .map(asObject)
      .flatMap((other) => {
        const otherId = asNumber(other["id"]);
        return otherId === undefined
          ? []
          : [{ id: otherId, logprob: asNumber(other["logprob"]) ?? Number.NEGATIVE_INFINITY }];
      });
    return {
      id,
      logprob: asNumber(entry["logprob"]) ?? Number.NEGATIVE_INFINITY,
      ...(top.length > 0 && { top }),
    };
  });
}
