// Stop strings in a stream of IDs. IDs wait while the text they end in could be the beginning of a stop string; on a hit
// those before it go out, and the one it begins inside of, because a token cannot be cut.

import type { StreamDecoder, Tokenizer } from "@tokenwire/core/tokenizer";
import type { SampledLogprob } from "../generation.ts";
import { StopMatcher } from "../stop-matcher.ts";

/** IDs with what the engine said about them. */
export interface ScoredIds {
  readonly ids: number[];
  readonly logprobs: SampledLogprob[];
}

interface HeldId {
  readonly id: number;
  readonly logprob: SampledLogprob | undefined;
  /** Offsets in the text of the choice. */
  readonly start: number;
  readonly end: number;
}

export class StopHold {
  readonly #stops: readonly string[];
  readonly #include: boolean;
  readonly #decoder: StreamDecoder;
  #matcher: StopMatcher;
  #held: HeldId[] = [];
  #decoded = 0;
  /** Text up to here can no longer be part of a stop string. */
  #released = 0;
  #hit = false;

  constructor(tokenizer: Tokenizer, stops: readonly string[], include: boolean) {
    this.#stops = stops;
    this.#include = include;
    this.#decoder = tokenizer.createDecoder({ skipSpecialTokens: true });
    this.#matcher = new StopMatcher(stops, include);
  }

  /** The IDs that may be sent now. */
  push(ids: readonly number[], logprobs: readonly SampledLogprob[] = []): ScoredIds {
    if (this.#stops.length === 0) return { ids: [...ids], logprobs: [...logprobs] };
    // The stop string was in text that the choice does not stop at, such as reasoning: it goes on.
    if (this.#hit && ids.length > 0) this.#restart();
    for (const [index, id] of ids.entries()) {
      const text = this.#decoder.push([id]);
      const start = this.#decoded;
      this.#decoded += text.length;
      this.#held.push({ id, logprob: logprobs[index], start, end: this.#decoded });
      const match = this.#matcher.push(text);
      this.#released += match.text.length;
      if (match.stop === undefined) continue;
      this.#hit = true;
      // What the engine sent behind the stop string is not part of the answer.
      break;
    }
    return this.#take(
      (held) =>
        held.end <= this.#released && !(this.#hit && held.start === held.end && held.start >= this.#released),
    );
  }

  /** The rest. `stopped`: a stop string ended the choice, so what lies behind its beginning is dropped. */
  end(stopped: boolean): ScoredIds {
    const cut = stopped && this.#hit;
    const rest = this.#take((held) => !cut || held.start < this.#released);
    this.#held = [];
    return rest;
  }

  #restart(): void {
    this.#hit = false;
    this.#matcher = new StopMatcher(this.#stops, this.#include);
    this.#released = this.#decoded;
  }

  #take(isReady: (held: HeldId) => boolean): ScoredIds {
    let count = 0;
    while (count < this.#held.length && isReady(this.#held[count]!)) count++;
    const ready = this.#held.splice(0, count);
    return {
      ids: ready.map(({ id }) => id),
      logprobs: ready.flatMap(({ logprob }) => (logprob === undefined ? [] : [logprob])),
    };
  }
}
