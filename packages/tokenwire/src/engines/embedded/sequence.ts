// One answer being generated: evaluate the last row, sample the next, decide whether that was the end.

import type { EngineError, FinishReason, GenerateRequest, TokenId, TokenLogprob } from "../engine.ts";
import { deadEnd, type TokenMatcher } from "./constraint.ts";
import type { KeyValueCache } from "./key-value-cache.ts";
import type { Runner } from "./runner.ts";
import { largest, logSoftmax, Sampler } from "./sampler.ts";
import type { TokenTable } from "./token-table.ts";

/** What a step produced. */
export interface SequenceStep {
  readonly id?: TokenId;
  readonly logprob?: TokenLogprob;
  readonly finish?: {
    readonly reason: FinishReason;
    readonly matched?: TokenId;
    readonly error?: EngineError;
  };
}

export interface SequenceOptions {
  readonly request: GenerateRequest;
  readonly seed: number;
  /** Ids that end generation. */
  readonly stops: ReadonlySet<TokenId>;
  readonly matcher?: TokenMatcher;
}

export class Sequence {
  readonly #runner: Runner;
  readonly #table: TokenTable;
  readonly #options: SequenceOptions;
  readonly #sampler: Sampler;
  readonly #logits: Float32Array;
  readonly #probabilities: Float64Array;
  readonly cache: KeyValueCache;
  /** Rows of prompt and output. */
  readonly rows: number[];
  /** Ids generated so far. */
  generated = 0;

  /**
   * @param cache state after all prompt rows.
   * @param logits logits after the last prompt row; copied.
   */
  constructor(
    runner: Runner,
    table: TokenTable,
    prompt: readonly number[],
    cache: KeyValueCache,
    logits: Float32Array,
    options: SequenceOptions,
  ) {
    this.#runner = runner;
    this.#table = table;
    this.#options = options;
    this.cache = cache;
    this.rows = [...prompt];
    this.#logits = logits.slice();
    this.#probabilities = new Float64Array(logits.length);
    const { sampling } = options.request;
    this.#sampler = new Sampler(
      sampling,
      {
        bias: rowBias(table, sampling.logitBias),
        ...(sampling.allowedTokenIds && { allowed: new Set(rowsOf(table, sampling.allowedTokenIds)) }),
        stops: rowsOf(table, options.stops),
      },
      prompt,
      logits.length,
      options.seed,
    );
  }

  /** What a step needs and only a promise gives. */
  async prepare(): Promise<void> {
    await this.#options.matcher?.prepare?.();
  }

  /** Generates one token. Not to be called again after a step with `finish`. */
  step(): SequenceStep {
    if (this.generated > 0) this.#runner.evaluate(this.rows.slice(-1), this.cache, this.#logits);
    const { matcher, request, stops } = this.#options;
    const permitted = matcher && ((row: number) => matcher.allows(this.#table.idOf(row)));
    const row = this.#sampler.sample(this.#logits, permitted);
    if (row === undefined) return { finish: { reason: "error", error: deadEnd(matcher) } };
    const id = this.#table.idOf(row);
    matcher?.accept(id);
    const logprob = request.logprobs === undefined ? undefined : this.#describe(row, request.logprobs.top);
    this.rows.push(row);
    this.generated++;
    return { id, ...(logprob && { logprob }), ...this.#end(id, stops, request.sampling.maxTokens) };
  }

  #end(id: TokenId, stops: ReadonlySet<TokenId>, maxTokens: number): Pick<SequenceStep, "finish"> {
    if (stops.has(id)) return { finish: { reason: "stop", matched: id } };
    const full = this.rows.length >= this.#runner.shape.context;
    return this.generated >= maxTokens || full ? { finish: { reason: "length" } } : {};
  }

  #describe(row: number, top: number): TokenLogprob {
    const probabilities = this.#probabilities;
    logSoftmax(this.#logits, probabilities);
    const entry = (index: number) => ({
      id: this.#table.idOf(index),
      logprob: Math.min(0, probabilities[index] as number),
    });
    return { ...entry(row), ...(top > 0 && { top: largest(probabilities, top).map(entry) }) };
  }
}

function rowsOf(table: TokenTable, ids: Iterable<TokenId>): number[] {
  return [...ids].flatMap((id) => table.rowOf(id) ?? []);
}

function rowBias(table: TokenTable, bias: ReadonlyMap<TokenId, number> | undefined): Map<number, number> {
  const rows = new Map<number, number>();
  for (const [id, value] of bias ?? []) {
    const row = table.rowOf(id);
    if (row !== undefined) rows.set(row, value);
  }
  return rows;
}
