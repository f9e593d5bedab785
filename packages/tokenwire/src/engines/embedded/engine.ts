// The embedded engine: a small llama-architecture model run in this process, in Node or a browser, with real logits.

import { sampledEngine } from "../capabilities.ts";
import {
  type Capabilities,
  type Engine,
  EngineError,
  type EngineInfo,
  type EngineLoad,
  type GenerateEvent,
  type GenerateRequest,
  type TokenId,
  type Usage,
} from "../engine.ts";
import { Admission } from "./admission.ts";
import { checkRequest, maxTopLogprobs } from "./check-request.ts";
import type { ConstraintCompiler } from "./constraint.ts";
import type { KeyValueCache } from "./key-value-cache.ts";
import { createMatrixBackend, maximumVectors } from "./matrix.ts";
import { type LlamaModel, loadLlamaModel } from "./model.ts";
import { Pacer } from "./pacer.ts";
import { PrefixCache } from "./prefix-cache.ts";
import { Runner } from "./runner.ts";
import { Sequence } from "./sequence.ts";
import { createTokenTable, type PromptRows, type TokenBytesSource, type TokenTable } from "./token-table.ts";

export interface EmbeddedEngineOptions {
  /** The bytes of a GGUF file of architecture llama (F32, F16 or Q8_0). */
  readonly model: Uint8Array;
  /** Spells prompt tokens that the model's small table lacks: the tokenizer of the caller's encoding. */
  readonly tokenizer?: TokenBytesSource;
  /** Default: `embedded`. */
  readonly id?: string;
  /** Requests generated at the same time. Default: 16. */
  readonly maxConcurrent?: number;
  /** Requests that may wait; the next is refused as `overloaded`. Default: 512. */
  readonly queueLimit?: number;
  /**
   * Finished sequences kept for prompts that begin alike, together no longer than eight full contexts. Default: 64;
   * 0 turns the prefix cache off.
   */
  readonly cachedSequences?: number;
  /** Enables constrained generation. */
  readonly constraints?: ConstraintCompiler;
  /** "plain" forces TypeScript loops where WebAssembly SIMD would be used. */
  readonly backend?: "simd" | "plain";
}

/**
 * An engine over the given model.
 *
 * @throws INVALID_GGUF when the file cannot be run.
 * @example
 * const engine = createEmbeddedEngine({ model: bytes, tokenizer: getEncoding("o200k_harmony") });
 * for await (const event of engine.generate({ requestId: "1", prompt: { tokenIds }, sampling: { maxTokens: 50 } })) …
 */
export function createEmbeddedEngine(options: EmbeddedEngineOptions): EmbeddedEngine {
  return new EmbeddedEngine(options);
}

export class EmbeddedEngine implements Engine {
  readonly id: string;
  readonly #name: string;
  readonly #runner: Runner;
  readonly #table: TokenTable;
  readonly #eos: readonly TokenId[];
  readonly #temperature: number | undefined;
  readonly #constraints: ConstraintCompiler | undefined;
  readonly #admission: Admission;
  readonly #prefixes: PrefixCache;
  readonly #pacer = new Pacer();
  #closed = false;

  constructor(options: EmbeddedEngineOptions) {
    const model = loadLlamaModel(options.model);
    this.id = options.id ?? "embedded";
    this.#name = model.name;
    this.#runner = new Runner(model, createMatrixBackend(options.backend));
    this.#table = createTokenTable(model.metadata, model.shape.vocabulary, options.tokenizer);
    this.#eos = endTokens(model);
    this.#temperature = defaultTemperature(model);
    this.#constraints = options.constraints;
    this.#admission = new Admission(options.maxConcurrent ?? 16, options.queueLimit ?? 512);
    this.#prefixes = new PrefixCache(options.cachedSequences ?? 64, 8 * model.shape.context);
  }

  async info(): Promise<EngineInfo> {
    return {
      engine: "tokenwire-embedded",
      model: this.#name,
      servedNames: [this.#name],
      maxContext: this.#runner.shape.context,
      vocabSize: this.#table.vocabSize,
      eosTokenIds: this.#eos,
      ...(this.#temperature !== undefined && { defaultSampling: { temperature: this.#temperature } }),
      capabilities: this.#capabilities(),
    };
  }

  #capabilities(): Capabilities {
    return {
      ...sampledEngine,
      logprobs: { maxTop: maxTopLogprobs, prompt: false },
      constraints: this.#constraints?.kinds ?? [],
      embeddings: true,
    };
  }

  async health(): Promise<{ ok: boolean; detail?: string }> {
    return this.#closed ? { ok: false, detail: "The engine is closed." } : { ok: true };
  }

  async load(): Promise<EngineLoad> {
    return { running: this.#admission.running, waiting: this.#admission.waiting };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#prefixes.clear();
  }

  async *generate(request: GenerateRequest, signal?: AbortSignal): AsyncGenerator<GenerateEvent, void> {
    const prompt = this.#check(request);
    const { n = 1 } = request;
    if (!(await this.#admission.enter(signal))) {
      yield { type: "start", promptTokens: promptLength(request) };
      for (let index = 0; index < n; index++) yield { type: "finish", index, reason: "abort" };
      return;
    }
    const kept: Sequence[] = [];
    try {
      yield* this.#run(request, prompt, kept, signal);
    } finally {
      for (const { rows, cache } of kept) this.#prefixes.put(rows, request.cacheSalt, cache);
      this.#admission.release();
    }
  }

  /** All sequences of a request, one step each in turn. */
  async *#run(
    request: GenerateRequest,
    prompt: PromptRows,
    kept: Sequence[],
    signal: AbortSignal | undefined,
  ): AsyncGenerator<GenerateEvent, void> {
    const promptTokens = promptLength(request);
    const { n = 1, sampling } = request;
    const stops = new Set([...(sampling.ignoreEos ? [] : this.#eos), ...(request.stop?.tokenIds ?? [])]);
    const cached = this.#prefixes.take(prompt.rows, request.cacheSalt);
    const cachedTokens = cached === undefined ? 0 : prompt.idsWithin(cached.length);
    const cache = cached ?? this.#runner.createCache();
    const logits = new Float32Array(this.#runner.shape.vocabulary);
    const prefilled = await this.#prefill(prompt.rows, cache, logits, signal);
    const matchers = await Promise.all(
      Array.from(
        { length: n },
        () => request.constraint && this.#constraints?.compile(request.constraint, stops),
      ),
    );
    try {
      yield { type: "start", promptTokens, cachedTokens };
      const seed = sampling.seed ?? Math.floor(Math.random() * 2 ** 32);
      const sequences = Array.from({ length: n }, (_, index) => {
        const matcher = matchers[index];
        return new Sequence(
          this.#runner,
          this.#table,
          prompt.rows,
          index === 0 ? cache : cache.fork(cache.length),
          logits,
          { request, seed: seed + index, stops, ...(matcher && { matcher }) },
        );
      });
      if (prefilled) kept.push(...sequences);
      const usage = (sequence: Sequence): Usage => ({
        promptTokens,
        completionTokens: sequence.generated,
        cachedTokens,
      });
      yield* this.#decode(sequences, usage, signal);
    } finally {
      for (const matcher of matchers) matcher?.dispose?.();
    }
  }

  /** Steps all sequences in turn until each has finished. */
  async *#decode(
    sequences: readonly Sequence[],
    usage: (sequence: Sequence) => Usage,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<GenerateEvent, void> {
    const open = new Map(sequences.entries());
    while (open.size > 0) {
      for (const [index, sequence] of open) {
        await this.#pacer.step();
        if (signal?.aborted || this.#closed) {
          open.delete(index);
          yield { type: "finish", index, reason: "abort", usage: usage(sequence) };
          continue;
        }
        await sequence.prepare();
        const { id, logprob, finish } = sequence.step();
        if (id !== undefined) {
          yield { type: "delta", index, tokenIds: [id], ...(logprob && { logprobs: [logprob] }) };
        }
        if (finish !== undefined) {
          open.delete(index);
          yield { type: "finish", index, ...finish, usage: usage(sequence) };
        }
      }
    }
  }

  /** Evaluates the rows that the cache lacks. False when the signal fired before the end. */
  async #prefill(
    rows: readonly number[],
    cache: KeyValueCache,
    logits: Float32Array,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    while (cache.length < rows.length) {
      await this.#pacer.step();
      if (signal?.aborted || this.#closed) return false;
      const block = rows.slice(cache.length, cache.length + maximumVectors);
      const last = cache.length + block.length === rows.length;
      this.#runner.evaluate(block, cache, last ? logits : undefined);
    }
    return true;
  }

  /** The prompt's rows, or an `EngineError` for what this engine cannot do. */
  #check(request: GenerateRequest): PromptRows {
    if (this.#closed) throw new EngineError("unavailable", "The engine is closed.");
    return this.#toRows(checkRequest(request, this.#constraints?.kinds ?? []));
  }

  #toRows(ids: Uint32Array): PromptRows {
    if (ids.length === 0)
      throw new EngineError("invalid_request", "The prompt is empty: give at least one token.");
    const prompt = this.#table.toRows(ids);
    const { context } = this.#runner.shape;
    if (prompt.rows.length >= context) {
      const spelled =
        prompt.rows.length === ids.length ? "" : ` (${prompt.rows.length} as this model spells them)`;
      throw new EngineError(
        "context_length",
        `The prompt has ${ids.length} tokens${spelled}; the model's context is ${context} with the answer.`,
        { status: 400 },
      );
    }
    return prompt;
  }

  /** Mean of the final hidden states, of length 1. Toy quality: for trying the machinery only. */
  async embed(
    request: { requestId: string; inputs: readonly Uint32Array[] },
    signal?: AbortSignal,
  ): Promise<{ vectors: Float32Array[]; usage: Usage }> {
    const prompts = request.inputs.map((ids) => this.#toRows(ids));
    if (!(await this.#admission.enter(signal))) throw aborted();
    try {
      const vectors: Float32Array[] = [];
      for (const { rows } of prompts) vectors.push(await this.#embedOne(rows, signal));
      const promptTokens = request.inputs.reduce((sum, ids) => sum + ids.length, 0);
      return { vectors, usage: { promptTokens, completionTokens: 0 } };
    } finally {
      this.#admission.release();
    }
  }

  async #embedOne(rows: readonly number[], signal: AbortSignal | undefined): Promise<Float32Array> {
    const cache = this.#runner.createCache();
    const sum = new Float64Array(this.#runner.shape.width);
    while (cache.length < rows.length) {
      await this.#pacer.step();
      if (signal?.aborted) throw aborted();
      const block = rows.slice(cache.length, cache.length + maximumVectors);
      this.#runner.evaluate(block, cache);
      this.#runner.addHiddenStates(block.length, sum);
    }
    const norm = Math.hypot(...sum) || 1;
    return Float32Array.from(sum, (value) => value / norm);
  }
}

function aborted(): EngineError {
  return new EngineError("unavailable", "The request was aborted before it began.");
}

function promptLength(request: GenerateRequest): number {
  return "tokenIds" in request.prompt ? request.prompt.tokenIds.length : 0;
}

/** Ids that end generation, as the file names them. */
function endTokens(model: LlamaModel): TokenId[] {
  const own = model.metadata.get("tokenwire.eos_ids");
  if (Array.isArray(own)) return own.filter((id) => typeof id === "number");
  const id = model.metadata.get("tokenizer.ggml.eos_token_id");
  return typeof id === "number" ? [id] : [];
}

/** The temperature that the model's maker recommends. */
function defaultTemperature(model: LlamaModel): number | undefined {
  const value = model.metadata.get("general.sampling.temp");
  return typeof value === "number" && value >= 0 ? Math.round(value * 1000) / 1000 : undefined;
}
