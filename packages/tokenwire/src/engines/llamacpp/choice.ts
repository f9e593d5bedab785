// One answer of llama.cpp: raw logits come out of each step, and the sampling is ours, so that log-probabilities, seeds,
// biases and constraints mean the same as on the embedded engine.

import { deadEnd, type TokenMatcher } from "../embedded/constraint.ts";
import { largest, logSoftmax, Sampler } from "../embedded/sampler.ts";
import { EngineError, type GenerateRequest, type TokenId, type TokenLogprob } from "../engine.ts";
import type { BindingSequence } from "./binding.ts";

export interface ChoiceOptions {
  readonly request: GenerateRequest;
  readonly prompt: readonly TokenId[];
  readonly vocabulary: number;
  readonly seed: number;
  readonly stops: ReadonlySet<TokenId>;
  readonly matcher?: TokenMatcher;
}

export interface Step {
  readonly id: TokenId;
  readonly logprob?: TokenLogprob;
}

export class Choice {
  readonly #sequence: BindingSequence;
  readonly #options: ChoiceOptions;
  readonly #sampler: Sampler;
  readonly #logits: Float32Array;
  /** Nothing but the most probable token is wanted: llama.cpp can pick it, and the logits stay where they are. */
  readonly #bare: boolean;
  generated = 0;

  constructor(sequence: BindingSequence, options: ChoiceOptions) {
    const { request, prompt, vocabulary, stops, seed } = options;
    const { sampling } = request;
    this.#sequence = sequence;
    this.#options = options;
    this.#logits = new Float32Array(vocabulary);
    this.#bare = isBare(request);
    const bias = [...(sampling.logitBias ?? [])].filter(([id]) => id < vocabulary);
    this.#sampler = new Sampler(
      sampling,
      {
        bias: new Map(bias),
        ...(sampling.allowedTokenIds && { allowed: new Set(sampling.allowedTokenIds) }),
        stops: [...stops].filter((id) => id < vocabulary),
      },
      prompt,
      vocabulary,
      seed,
    );
  }

  /** Evaluates the last token and picks the next. */
  async step(last: TokenId): Promise<Step> {
    const { matcher, request } = this.#options;
    if (this.#bare) {
      const token = await this.#pickGreedy(last);
      this.generated++;
      return { id: token };
    }
    await this.#evaluate(last);
    await matcher?.prepare?.();
    const id = this.#sampler.sample(this.#logits, matcher && ((row) => matcher.allows(row)));
    if (id === undefined) throw deadEnd(matcher);
    matcher?.accept(id);
    this.generated++;
    return { id, ...(request.logprobs && { logprob: this.#describe(id, request.logprobs.top) }) };
  }

  async #pickGreedy(last: TokenId): Promise<TokenId> {
    const generateNext = { token: true, options: { temperature: 0 } } as const;
    const output = await this.#sequence.controlledEvaluate([[last, { generateNext }]]);
    const token = output[0]?.next.token;
    if (typeof token === "number") return token;
    throw new EngineError("internal", "llama.cpp gave no token.");
  }

  async #evaluate(last: TokenId): Promise<void> {
    const output = await this.#sequence.controlledEvaluate([[last, { generateNext: { logits: true } }]]);
    const logits = output[0]?.next.logits;
    if (logits === undefined) throw new EngineError("internal", "llama.cpp gave no logits.");
    this.#logits.fill(Number.NEGATIVE_INFINITY);
    for (const [id, logit] of logits) this.#logits[id] = logit;
  }

  #describe(id: TokenId, top: number): TokenLogprob {
    const values = new Float64Array(this.#logits.length);
    logSoftmax(this.#logits, values);
    const entry = (index: number) => ({ id: index, logprob: Math.min(0, values[index] as number) });
    return { ...entry(id), ...(top > 0 && { top: largest(values, top).map(entry) }) };
  }
}

function isBare({ sampling, constraint, logprobs }: GenerateRequest): boolean {
  return (
    sampling.temperature === 0 &&
    constraint === undefined &&
    logprobs === undefined &&
    !sampling.minTokens &&
    !sampling.logitBias?.size &&
    sampling.allowedTokenIds === undefined &&
    !sampling.frequencyPenalty &&
    !sampling.presencePenalty &&
    (sampling.repetitionPenalty ?? 1) === 1
  );
}
