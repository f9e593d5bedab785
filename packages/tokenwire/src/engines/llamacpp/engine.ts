// llama.cpp in this process, through the optional package node-llama-cpp: any GGUF model it can load, token ids in and out.

import { availableParallelism } from "node:os";
import { basename } from "node:path";
import { sampledEngine } from "../capabilities.ts";
import { Admission } from "../embedded/admission.ts";
import { checkRequest, maxTopLogprobs } from "../embedded/check-request.ts";
import type { ConstraintCompiler } from "../embedded/index.ts";
import {
  type Capabilities,
  type Engine,
  EngineError,
  type EngineInfo,
  type EngineLoad,
  type GenerateEvent,
  type GenerateRequest,
  type TokenId,
} from "../engine.ts";
import { createXgrammarCompiler } from "../grammar/index.ts";
import { type Binding, loadBinding } from "./binding.ts";
import { Choice } from "./choice.ts";
import { type ModelFacts, readFacts } from "./metadata.ts";
import { reusePrefix, SequencePool, type Slot } from "./sequence-pool.ts";

export interface LlamaCppOptions {
  /** GGUF file. */
  readonly path: string;
  /** Default: `node-llama-cpp`. */
  readonly id?: string;
  /** Context of one request in tokens. Default: what the model was trained on, or as much as memory allows. */
  readonly maxContext?: number;
  /** Requests generated at the same time, each with a context of its own. Default: 4. */
  readonly maxConcurrent?: number;
  /** Requests that may wait; the next is refused as `overloaded`. Default: 512. */
  readonly queueLimit?: number;
  /** Default: one less than the machine has; more than are idle makes llama.cpp slower by orders of magnitude. */
  readonly threads?: number;
  /** False keeps to the processor. Default: a graphics card where there is one. */
  readonly gpu?: boolean;
  /** Keeps keys and values in full precision and leaves flash attention out, to compare log-probabilities. */
  readonly precise?: boolean;
  /** A `node_modules` folder with node-llama-cpp, when it is not installed beside this package. */
  readonly modules?: string;
}

/** Prompt tokens evaluated between two looks at the signal. */
const prefillBlock = 256;

interface Loaded {
  readonly llama: Binding;
  readonly facts: ModelFacts;
  readonly context: number;
  readonly pool: SequencePool;
  readonly constraints: ConstraintCompiler | undefined;
}

/** A request on its way. */
interface Run {
  readonly loaded: Loaded;
  readonly request: GenerateRequest;
  readonly prompt: readonly TokenId[];
  readonly slot: Slot;
  readonly stops: ReadonlySet<TokenId>;
  readonly signal: AbortSignal | undefined;
  readonly cachedTokens: number;
}

/**
 * An engine over a GGUF file. The file is loaded on the first call.
 *
 * @example
 * const engine = createLlamaCppEngine({ path: "gpt-oss-20b.gguf" });
 * await engine.info(); // loads; EngineError "unsupported" when node-llama-cpp is not installed
 */
export function createLlamaCppEngine(options: LlamaCppOptions): LlamaCppEngine {
  return new LlamaCppEngine(options);
}

export class LlamaCppEngine implements Engine {
  readonly id: string;
  readonly #options: LlamaCppOptions;
  readonly #admission: Admission;
  #loaded: Promise<Loaded> | undefined;
  #closed = false;

  constructor(options: LlamaCppOptions) {
    this.id = options.id ?? "node-llama-cpp";
    this.#options = options;
    this.#admission = new Admission(options.maxConcurrent ?? 4, options.queueLimit ?? 512);
  }

  async info(): Promise<EngineInfo> {
    const { facts, context, constraints } = await this.#open();
    const name = facts.name ?? basename(this.#options.path, ".gguf");
    return {
      engine: "node-llama-cpp",
      model: name,
      servedNames: [name],
      maxContext: context,
      vocabSize: facts.tokens.length,
      eosTokenIds: facts.eosTokenIds,
      ...(facts.bosTokenId !== undefined && { bosTokenId: facts.bosTokenId }),
      ...(facts.temperature !== undefined && { defaultSampling: { temperature: facts.temperature } }),
      capabilities: capabilitiesWith(constraints),
    };
  }

  async health(): Promise<{ ok: boolean; detail?: string }> {
    if (this.#closed) return { ok: false, detail: "The engine is closed." };
    try {
      await this.#open();
      return { ok: true };
    } catch (error) {
      return { ok: false, detail: (error as Error).message };
    }
  }

  async load(): Promise<EngineLoad> {
    return { running: this.#admission.running, waiting: this.#admission.waiting };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const loaded = await this.#loaded?.catch(() => undefined);
    await loaded?.llama.dispose();
  }

  async *generate(request: GenerateRequest, signal?: AbortSignal): AsyncGenerator<GenerateEvent, void> {
    const loaded = await this.#open();
    const prompt = checkPrompt(request, loaded);
    if (!(await this.#admission.enter(signal))) {
      yield { type: "start", promptTokens: prompt.length };
      for (let index = 0; index < (request.n ?? 1); index++) {
        yield { type: "finish", index, reason: "abort" };
      }
      return;
    }
    const slot = loaded.pool.take(prompt, request.cacheSalt);
    try {
      const cachedTokens = await reusePrefix(slot, prompt, request.cacheSalt);
      const stops = new Set([
        ...(request.sampling.ignoreEos ? [] : loaded.facts.eosTokenIds),
        ...(request.stop?.tokenIds ?? []),
      ]);
      yield* this.#answer({ loaded, request, prompt, slot, stops, signal, cachedTokens });
    } finally {
      loaded.pool.release(slot);
      this.#admission.release();
    }
  }

  /** All choices of a request, one after the other: each begins with the state that the prompt left behind. */
  async *#answer(run: Run): AsyncGenerator<GenerateEvent, void> {
    const { request, prompt, cachedTokens, loaded, slot, stops } = run;
    const { n = 1, sampling } = request;
    const matchers = await Promise.all(
      Array.from(
        { length: n },
        () => request.constraint && loaded.constraints?.compile(request.constraint, stops),
      ),
    );
    try {
      await this.#prefill(run).catch((cause: unknown) => {
        throw toEngineError(cause);
      });
      yield { type: "start", promptTokens: prompt.length, cachedTokens };
      const seed = sampling.seed ?? Math.floor(Math.random() * 2 ** 32);
      for (const [index, matcher] of matchers.entries()) {
        const choice = new Choice(slot.sequence, {
          request,
          prompt,
          vocabulary: loaded.facts.tokens.length,
          seed: seed + index,
          stops,
          ...(matcher && { matcher }),
        });
        yield* this.#decode(run, choice, index);
      }
    } finally {
      for (const matcher of matchers) matcher?.dispose?.();
    }
  }

  async *#decode(run: Run, choice: Choice, index: number): AsyncGenerator<GenerateEvent, void> {
    const { request, prompt, slot, stops, loaded, cachedTokens } = run;
    const usage = () => ({
      promptTokens: prompt.length,
      completionTokens: choice.generated,
      cachedTokens,
    });
    const limit = Math.min(request.sampling.maxTokens, loaded.context - prompt.length);
    let last = prompt.at(-1) as TokenId;
    try {
      if (index > 0) await reusePrefix(slot, prompt, request.cacheSalt);
      while (!this.#stopped(run)) {
        const { id, logprob } = await choice.step(last);
        yield { type: "delta", index, tokenIds: [id], ...(logprob && { logprobs: [logprob] }) };
        last = id;
        if (stops.has(id)) {
          yield { type: "finish", index, reason: "stop", matched: id, usage: usage() };
          return;
        }
        if (choice.generated >= limit) {
          yield { type: "finish", index, reason: "length", usage: usage() };
          return;
        }
      }
      yield { type: "finish", index, reason: "abort", usage: usage() };
    } catch (cause) {
      if (this.#closed) yield { type: "finish", index, reason: "abort", usage: usage() };
      else yield { type: "finish", index, reason: "error", error: toEngineError(cause), usage: usage() };
    }
  }

  /** Evaluates the prompt but its last token. */
  async #prefill(run: Run): Promise<void> {
    const { slot, prompt } = run;
    for (let at = run.cachedTokens; at < prompt.length - 1 && !this.#stopped(run); at += prefillBlock) {
      const end = Math.min(at + prefillBlock, prompt.length - 1);
      await slot.sequence.evaluateWithoutGeneratingNewTokens(prompt.slice(at, end));
    }
  }

  #stopped({ signal }: Run): boolean {
    return this.#closed || signal?.aborted === true;
  }

  #open(): Promise<Loaded> {
    if (this.#closed) throw new EngineError("unavailable", "The engine is closed.");
    this.#loaded ??= openModelFile(this.#options).catch((error: unknown) => {
      this.#loaded = undefined;
      throw error;
    });
    return this.#loaded;
  }
}

function capabilitiesWith(constraints: ConstraintCompiler | undefined): Capabilities {
  return {
    ...sampledEngine,
    logprobs: { maxTop: maxTopLogprobs, prompt: false },
    constraints: constraints?.kinds ?? [],
  };
}

async function openModelFile(options: LlamaCppOptions): Promise<Loaded> {
  const threads = options.threads ?? Math.max(1, availableParallelism() - 1);
  const { getLlama } = await loadBinding(options.modules);
  let llama: Binding | undefined;
  try {
    llama = await getLlama({
      gpu: options.gpu === false ? false : "auto",
      build: "never",
      progressLogs: false,
      logLevel: "error",
      maxThreads: threads,
    });
    const model = await llama.loadModel({ modelPath: options.path });
    const facts = readFacts(model.fileInfo.metadata);
    const count = options.maxConcurrent ?? 4;
    const context = await model.createContext({
      contextSize: options.maxContext ?? "auto",
      sequences: count,
      threads,
      ...(options.precise && {
        flashAttention: false,
        experimentalKvCacheKeyType: "F32",
        experimentalKvCacheValueType: "F32",
      }),
    });
    const sequences = Array.from({ length: count }, () => context.getSequence());
    const { vocabulary } = facts;
    return {
      llama,
      facts,
      context: Math.min(...sequences.map(({ contextSize }) => contextSize)),
      pool: new SequencePool(sequences),
      constraints: vocabulary && createXgrammarCompiler(() => vocabulary),
    };
  } catch (cause) {
    await llama?.dispose();
    throw new EngineError(
      "unavailable",
      `llama.cpp cannot load ${options.path}: ${(cause as Error).message}`,
      { cause },
    );
  }
}

/** The prompt's ids; an id that the model lacks would end the process. */
function checkPrompt(request: GenerateRequest, { facts, context, constraints }: Loaded): TokenId[] {
  const prompt = [...checkRequest(request, constraints?.kinds ?? [], "llama.cpp in process")];
  if (prompt.length === 0) {
    throw new EngineError("invalid_request", "The prompt is empty: give at least one token.");
  }
  const foreign = prompt.find((id) => id >= facts.tokens.length);
  if (foreign !== undefined) {
    throw new EngineError(
      "invalid_request",
      `The prompt has token ${foreign}; the model's vocabulary ends at ${facts.tokens.length - 1}.`,
      { status: 400 },
    );
  }
  if (prompt.length >= context) {
    throw new EngineError(
      "context_length",
      `The prompt has ${prompt.length} tokens; the model's context is ${context} with the answer.`,
      { status: 400 },
    );
  }
  return prompt;
}

function toEngineError(cause: unknown): EngineError {
  if (cause instanceof EngineError) return cause;
  return new EngineError("internal", `llama.cpp failed: ${(cause as Error).message}`, { cause });
}
