// llama.cpp's HTTP server, `POST /completion` with a token prompt. It knows no stop IDs (they are watched here), and it
// swallows IDs that are in the middle of a character: a gap in its own count shows that, and the text's bytes tell which.

import { tokenEngine } from "../capabilities.ts";
import type { TokenBytesSource } from "../embedded/index.ts";
import {
  type Engine,
  EngineError,
  type GenerateRequest,
  type TokenId,
  type TokenLogprob,
} from "../engine.ts";
import type { AnswerReader, Dialect, Piece, ReaderContext } from "./dialect.ts";
import { grammarText } from "./grammars.ts";
import { asIds, asList, asNumber, asObject, asString, type Json } from "./json-view.ts";
import { describeFromModels } from "./model-list.ts";
import type { RemoteEngineOptions } from "./options.ts";
import { PartialTokens } from "./partial-tokens.ts";
import { createRemoteEngine } from "./remote-engine.ts";
import { promptIds } from "./sampling-fields.ts";

const generatePath = "/completion";

const capabilities = {
  ...tokenEngine,
  constraints: ["json_object", "json_schema", "regex", "grammar", "choice"],
} as const;

/** An engine over llama-server. */
export function createLlamaServerEngine(options: RemoteEngineOptions): Engine {
  return createRemoteEngine(dialect, options);
}

const dialect: Dialect = {
  kind: "llama-server",
  capabilities,
  ignoresStopIds: true,
  generatePath,
  health: { path: "/health", timeout: 5_000 },
  toBody,
  createReader: (request, context) => new LlamaReader(request, context),
  load: async (http, signal) => {
    const slots = await http.json("/slots", { signal, timeout: 5_000 });
    const running = asList(slots).filter((slot) => asObject(slot)["is_processing"] === true).length;
    return { running, waiting: 0 };
  },
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

function toBody(request: GenerateRequest): Record<string, unknown> {
  const { sampling, logprobs } = request;
  const prompt = promptIds(request);
  if (sampling.minTokens) throw new EngineError("unsupported", "llama-server has no minimum of tokens.");
  if (sampling.allowedTokenIds)
    throw new EngineError("unsupported", "llama-server has no list of allowed tokens.");
  return {
    prompt,
    n_predict: sampling.maxTokens,
    temperature: sampling.temperature ?? 1,
    top_k: sampling.topK ?? 0,
    top_p: sampling.topP ?? 1,
    min_p: sampling.minP ?? 0,
    repeat_penalty: sampling.repetitionPenalty ?? 1,
    // Everything: prompt and answer. (There is no value that means that; −1 is refused.)
    repeat_last_n: prompt.length + sampling.maxTokens,
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
}

function constraintField({ constraint }: GenerateRequest): Json {
  if (constraint === undefined) return {};
  if (constraint.kind === "json_object") return { json_schema: { type: "object" } };
  if (constraint.kind === "json_schema") return { json_schema: constraint.schema };
  if (constraint.kind !== "structural_tag") return { grammar: grammarText("llama-server", constraint) };
  throw new EngineError("unsupported", "llama-server has no structural tags.");
}

class LlamaReader implements AnswerReader {
  readonly #request: GenerateRequest;
  readonly #context: ReaderContext;
  readonly #ids: TokenId[] = [];

  constructor(request: GenerateRequest, context: ReaderContext) {
    this.#request = request;
    this.#context = context;
  }

  push(event: unknown): Piece[] | Promise<Piece[]> {
    const body = asObject(event);
    const ids = asIds(body["tokens"]);
    const received = this.#ids.length;
    const predicted = asNumber(body["tokens_predicted"]) ?? received + ids.length;
    const gap = predicted - received - ids.length;
    this.#ids.push(...ids);
    if (body["stop"] === true) {
      const usage = llamaUsage(body);
      return gap > 0 ? this.#endInside(body, gap, usage) : [...usage, llamaFinish(body)];
    }
    const logprobs = this.#request.logprobs && llamaLogprobs(body["completion_probabilities"], ids);
    const own: Piece[] = ids.length === 0 ? [] : [{ type: "ids", ids, ...(logprobs && { logprobs }) }];
    return gap > 0 ? this.#fill(asString(body["content"]) ?? "", ids, gap, own) : own;
  }

  end(): Piece[] {
    return [];
  }

  /** The ids inside a character, from the bytes of its text; then what came. */
  #fill(text: string, ids: readonly TokenId[], gap: number, own: Piece[]): Piece[] | Promise<Piece[]> {
    const { tokenizer } = this.#context.options;
    const { vocabSize } = this.#context.info ?? {};
    const [last] = ids;
    const missing =
      tokenizer && vocabSize && last !== undefined && ids.length === 1
        ? partialTokens(tokenizer, vocabSize).before(text, last, gap)
        : undefined;
    return missing === undefined ? this.#fillAgain(text, ids, gap, own) : this.#insert(missing, ids, own);
  }

  #insert(missing: readonly TokenId[], ids: readonly TokenId[], own: Piece[]): Piece[] {
    this.#ids.splice(this.#ids.length - ids.length, 0, ...missing);
    return [{ type: "ids", ids: missing, fidelity: "repaired" }, ...own];
  }

  /** Asks once more, without a stream, where the same answer can be relied on. */
  async #fillAgain(text: string, ids: readonly TokenId[], gap: number, own: Piece[]): Promise<Piece[]> {
    const before = this.#ids.slice(0, this.#ids.length - ids.length);
    const again = await this.#repeat(before, gap + ids.length);
    const agrees = again?.text === text && ids.every((id, at) => again.ids[gap + at] === id);
    if (agrees) return this.#insert(again.ids.slice(0, gap), ids, own);
    return [{ type: "finish", reason: "error", error: swallowed(gap) }];
  }

  /** An answer that ended inside a character: the ids of that part are never sent. */
  async #endInside(body: Json, gap: number, usage: Piece[]): Promise<Piece[]> {
    const finish = llamaFinish(body);
    const again = await this.#repeat(this.#ids, gap);
    if (again !== undefined) return [{ type: "ids", ids: again.ids, fidelity: "repaired" }, ...usage, finish];
    // The id that ended the answer is among them: a call could not be told from an answer.
    if (finish.reason !== "length") return [{ type: "finish", reason: "error", error: swallowed(gap) }];
    return [...usage, { ...finish, lost: gap, opaque: { lost_tokens: gap } }];
  }

  /** The next `count` tokens after `ids`, as far as they are bound to be the same: greedy, and nothing that remembers. */
  async #repeat(
    ids: readonly TokenId[],
    count: number,
  ): Promise<{ text: string; ids: TokenId[] } | undefined> {
    const { sampling, constraint } = this.#request;
    if (sampling.temperature !== 0 || constraint !== undefined) return undefined;
    const { http, signal } = this.#context;
    const body = {
      ...toBody(this.#request),
      prompt: [...promptIds(this.#request), ...ids],
      n_predict: count,
      stream: false,
    };
    const answer = asObject(await http.json(generatePath, { method: "POST", body, signal, timeout: 60_000 }));
    const found = asIds(answer["tokens"]);
    return found.length === count ? { text: asString(answer["content"]) ?? "", ids: found } : undefined;
  }
}

const knownTokens = new WeakMap<TokenBytesSource, PartialTokens>();

/** Made once per tokenizer: the whole vocabulary is looked through. */
function partialTokens(source: TokenBytesSource, vocabSize: number): PartialTokens {
  let found = knownTokens.get(source);
  if (found === undefined) {
    found = new PartialTokens(source, vocabSize);
    knownTokens.set(source, found);
  }
  return found;
}

function llamaUsage(body: Json): Piece[] {
  const cached = asNumber(asObject(body["timings"])["cache_n"]);
  const prompt = asNumber(body["tokens_evaluated"]);
  const usage = {
    ...(prompt !== undefined && { promptTokens: prompt }),
    ...(cached !== undefined && { cachedTokens: cached }),
  };
  return [{ type: "usage", usage }];
}

function llamaFinish(body: Json): Extract<Piece, { type: "finish" }> {
  const type = asString(body["stop_type"]);
  if (type === "limit") return { type: "finish", reason: "length" };
  const word = asString(body["stopping_word"]);
  return { type: "finish", reason: "stop", ...(type === "word" && word && { matched: word }) };
}

function swallowed(gap: number): EngineError {
  return new EngineError(
    "internal",
    `llama-server: ${gap} token IDs inside a character were not sent, and cannot be told from the text.`,
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
