// One choice of a scripted answer: turns steps into events and keeps the contract's rules about its end.

import {
  EngineError,
  type FinishReason,
  type GenerateEvent,
  type GenerateRequest,
  type TokenId,
  type TokenLogprob,
  type Usage,
} from "../engine.ts";
import type { Script, ScriptStep, TokensStep } from "./script.ts";

/** Ids of the prompt; none for a text. */
export function promptIds(request: GenerateRequest): Uint32Array {
  return "tokenIds" in request.prompt ? request.prompt.tokenIds : new Uint32Array(0);
}

type Emission = { ids: readonly TokenId[]; logprobs?: readonly TokenLogprob[] } | { text: string };

export class Answer {
  readonly steps: readonly ScriptStep[];
  deltas = 0;
  finish:
    | { reason: FinishReason; matched?: TokenId | string; usage?: Usage; error?: EngineError }
    | undefined;
  readonly #request: GenerateRequest;
  readonly #index: number;
  readonly #stops: ReadonlySet<TokenId>;
  readonly #failure: { after: number; error: EngineError } | undefined;
  #count = 0;

  constructor(request: GenerateRequest, script: Script, index: number, eos: readonly TokenId[]) {
    this.steps = script.steps;
    this.#request = request;
    this.#index = index;
    this.#stops = new Set([...(request.sampling.ignoreEos ? [] : eos), ...(request.stop?.tokenIds ?? [])]);
    for (const step of script.steps) {
      if ("failAfter" in step) {
        const error =
          step.error ?? new EngineError("internal", "The engine failed in mid-stream (scripted).");
        this.#failure = { after: step.failAfter, error };
      }
    }
    this.#checkFailure();
  }

  #checkFailure(): void {
    if (this.#failure !== undefined && this.deltas >= this.#failure.after) {
      this.finish ??= { reason: "error", error: this.#failure.error };
    }
  }

  /** What a step emits. */
  take(step: ScriptStep): Emission[] {
    if (this.finish !== undefined) return [];
    if ("text" in step) return [{ text: step.text }];
    if ("finish" in step) this.finish = step.finish;
    return "tokens" in step ? cut(step) : [];
  }

  /** The event of an emission, cut short where a stop id or the token limit ends the answer. */
  send(emission: Emission): GenerateEvent {
    this.deltas++;
    if ("text" in emission) {
      this.#checkFailure();
      return { type: "text", index: this.#index, text: emission.text };
    }
    const room = this.#request.sampling.maxTokens - this.#count;
    let ids = emission.ids.slice(0, room);
    const stop = ids.findIndex((id) => this.#stops.has(id));
    if (stop !== -1) {
      ids = ids.slice(0, stop + 1);
      this.finish = { reason: "stop", matched: ids[stop] as TokenId };
    } else if (ids.length === room) this.finish = { reason: "length" };
    this.#count += ids.length;
    this.#checkFailure();
    const logprobs = this.#request.logprobs && emission.logprobs?.slice(0, ids.length);
    return { type: "delta", index: this.#index, tokenIds: ids, ...(logprobs && { logprobs }) };
  }

  end(aborted: boolean): GenerateEvent {
    const usage = { promptTokens: promptIds(this.#request).length, completionTokens: this.#count };
    const forced = this.#request.opaque?.["x-finish-reason"];
    const finish = this.finish ?? { reason: aborted ? "abort" : "stop" };
    const reason = forced === undefined || aborted ? finish.reason : (String(forced) as FinishReason);
    return { type: "finish", index: this.#index, usage, ...finish, reason };
  }
}

/** A tokens step as deltas. */
function cut(step: TokensStep): Emission[] {
  const parts: Emission[] = [];
  let at = 0;
  for (let part = 0; at < step.tokens.length; part++) {
    const size = Math.max(1, step.chunk?.[part] ?? step.chunk?.at(-1) ?? 1);
    const logprobs = step.logprobs?.slice(at, at + size);
    parts.push({ ids: step.tokens.slice(at, at + size), ...(logprobs && { logprobs }) });
    at += size;
  }
  return parts;
}
