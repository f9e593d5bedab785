// From logits to a token, in a fixed order so that results can be reproduced: bias, penalties, masks, temperature, top-k,
// top-p, min-p, one draw. Log-probabilities are taken before all of that.

import type { Sampling } from "../engine.ts";

/** A seeded stream of numbers in [0, 1): mulberry32. */
export function createGenerator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Natural-log probabilities of raw logits, in double precision. */
export function logSoftmax(logits: Float32Array, out: Float64Array): void {
  let top = Number.NEGATIVE_INFINITY;
  for (const logit of logits) if (logit > top) top = logit;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - top);
  const shift = top + Math.log(sum);
  for (let i = 0; i < logits.length; i++) out[i] = (logits[i] as number) - shift;
}

/** The indices of the `count` largest values, largest first; the lower index first among equals. */
export function largest(values: ArrayLike<number>, count: number): number[] {
  const best: number[] = [];
  for (let i = 0; i < values.length && count > 0; i++) {
    const value = values[i] as number;
    if (best.length === count && value <= (values[best[count - 1] as number] as number)) continue;
    let at = best.length === count ? count - 1 : best.length;
    while (at > 0 && (values[best[at - 1] as number] as number) < value) {
      best[at] = best[at - 1] as number;
      at--;
    }
    best[at] = i;
  }
  return best;
}

/** Which rows a request forbids or favours, translated from token ids to rows once. */
export interface RowRules {
  /** Added to logits. */
  readonly bias: ReadonlyMap<number, number>;
  /** Only these rows, when given. */
  readonly allowed?: ReadonlySet<number>;
  /** Rows forbidden while fewer than `minTokens` are generated. */
  readonly stops: readonly number[];
}

/** Samples the rows of one sequence. */
export class Sampler {
  readonly #sampling: Sampling;
  readonly #rules: RowRules;
  readonly #next: () => number;
  readonly #work: Float64Array;
  /** How often each row occurs in the output. */
  readonly #output = new Map<number, number>();
  /** Rows of prompt and output, for the repetition penalty. */
  readonly #seen: Set<number>;
  #generated = 0;

  constructor(
    sampling: Sampling,
    rules: RowRules,
    prompt: ArrayLike<number>,
    vocabulary: number,
    seed: number,
  ) {
    this.#sampling = sampling;
    this.#rules = rules;
    this.#next = createGenerator(seed);
    this.#work = new Float64Array(vocabulary);
    const penalised = (sampling.repetitionPenalty ?? 1) !== 1;
    this.#seen = new Set(penalised ? Array.from(prompt) : []);
  }

  /**
   * The next row, or undefined when every row is forbidden.
   *
   * @param permitted further restriction of this step, from a grammar.
   */
  sample(logits: Float32Array, permitted?: (row: number) => boolean): number | undefined {
    const work = this.#work;
    work.set(logits);
    for (const [row, bias] of this.#rules.bias) work[row] = (work[row] as number) + bias;
    this.#penalise(work);
    this.#mask(work, permitted);
    const temperature = this.#sampling.temperature ?? 1;
    const row = temperature === 0 ? greedy(work) : this.#draw(work, temperature);
    if (row === undefined) return undefined;
    this.#generated++;
    this.#output.set(row, (this.#output.get(row) ?? 0) + 1);
    if ((this.#sampling.repetitionPenalty ?? 1) !== 1) this.#seen.add(row);
    return row;
  }

  #penalise(work: Float64Array): void {
    const { repetitionPenalty = 1, frequencyPenalty = 0, presencePenalty = 0 } = this.#sampling;
    for (const row of this.#seen) {
      const logit = work[row] as number;
      work[row] = logit > 0 ? logit / repetitionPenalty : logit * repetitionPenalty;
    }
    if (frequencyPenalty === 0 && presencePenalty === 0) return;
    for (const [row, count] of this.#output) {
      work[row] = (work[row] as number) - frequencyPenalty * count - presencePenalty;
    }
  }

  #mask(work: Float64Array, permitted: ((row: number) => boolean) | undefined): void {
    const { allowed, stops } = this.#rules;
    if (allowed !== undefined || permitted !== undefined) {
      for (let row = 0; row < work.length; row++) {
        if (allowed?.has(row) === false || permitted?.(row) === false) work[row] = Number.NEGATIVE_INFINITY;
      }
    }
    if (this.#generated < (this.#sampling.minTokens ?? 0)) {
      for (const row of stops) work[row] = Number.NEGATIVE_INFINITY;
    }
  }

  #draw(work: Float64Array, temperature: number): number | undefined {
    const first = greedy(work);
    if (first === undefined) return undefined;
    const top = work[first] as number;
    const { topK = 0, topP = 1, minP = 0 } = this.#sampling;
    let total = 0;
    for (let row = 0; row < work.length; row++) {
      const p = Math.exp(((work[row] as number) - top) / temperature);
      work[row] = p;
      total += p;
    }
    for (let row = 0; row < work.length; row++) work[row] = (work[row] as number) / total;
    if (topK > 0 || topP < 1 || minP > 0) truncate(work, topK, topP, minP);
    return walk(work, this.#next());
  }
}

/** The largest finite value's index; the lowest wins ties. */
function greedy(work: Float64Array): number | undefined {
  let best: number | undefined;
  let top = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < work.length; row++) {
    if ((work[row] as number) > top) {
      top = work[row] as number;
      best = row;
    }
  }
  return best;
}

/** Sets the probabilities that top-k, top-p and min-p cut off to zero. The most probable one always stays. */
function truncate(p: Float64Array, topK: number, topP: number, minP: number): void {
  const order = largest(p, topK > 0 ? Math.min(topK, p.length) : p.length);
  const kept = order.reduce((sum, row) => sum + (p[row] as number), 0);
  const floor = minP * ((p[order[0] as number] as number) / kept);
  const chosen = new Map<number, number>();
  let mass = 0;
  for (const row of order) {
    const share = (p[row] as number) / kept;
    if (chosen.size > 0 && (mass >= topP || share < floor)) break;
    mass += share;
    chosen.set(row, share);
  }
  p.fill(0);
  for (const [row, share] of chosen) p[row] = share;
}

/** Draws in ascending order of rows; what rounding leaves over goes to the last possible one. */
function walk(p: Float64Array, random: number): number | undefined {
  let rest = random * p.reduce((sum, value) => sum + value, 0);
  let last: number | undefined;
  for (let row = 0; row < p.length; row++) {
    const value = p[row] as number;
    if (!(value > 0)) continue;
    last = row;
    rest -= value;
    if (rest < 0) return row;
  }
  return last;
}
