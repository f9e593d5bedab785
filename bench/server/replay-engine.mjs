// An engine that costs next to nothing: it repeats recorded tokens to every stream, step by step, as a batching engine
// does. A step is a turn of the event loop; how many tokens it gives each stream, and in how many deltas, is the mode.

/** @typedef {{ tokens: number, perDelta: number }} Mode */

/** What a step gives each stream. */
export const modes = {
  "token by token": { tokens: 1, perDelta: 1 },
  "4 tokens a step": { tokens: 4, perDelta: 1 },
  "4 tokens a delta": { tokens: 4, perDelta: 4 },
};

/** All streams wait here for the next step, as they would for a batch. */
let waiting = [];

export function nextStep() {
  return new Promise((resolve) => {
    if (waiting.length === 0) {
      setImmediate(() => {
        const ready = waiting;
        waiting = [];
        for (const go of ready) go();
      });
    }
    waiting.push(resolve);
  });
}

export class ReplayEngine {
  id = "replay";
  mode = modes["token by token"];
  /** At this token streams stop until they are aborted. */
  idleFrom = Number.POSITIVE_INFINITY;
  /** When streams were aborted, in milliseconds since 1970; undefined while nobody wants to know. */
  aborts;
  /** When each request reached the engine, in milliseconds since 1970. */
  calls = [];
  #recording;

  constructor(recording) {
    this.#recording = recording;
  }

  info = async () => ({
    engine: "replay",
    model: "replay",
    servedNames: ["replay"],
    maxContext: 10_000_000,
    eosTokenIds: [200_002],
    capabilities: {
      input: "tokens",
      output: "tokens",
      streaming: true,
      cancel: "signal",
      logprobs: { maxTop: 0, prompt: false },
      constraints: [],
      logitsAccess: false,
      seed: true,
      n: false,
      logitBias: true,
      stopTokenIds: true,
      stopStrings: false,
      embeddings: false,
      prefixCache: false,
      kvEvents: false,
    },
  });
  health = async () => ({ ok: true });
  close = async () => {};

  generate(request, signal) {
    this.calls.push(performance.timeOrigin + performance.now());
    if (this.aborts) {
      const note = () => this.aborts.push(performance.timeOrigin + performance.now());
      signal.addEventListener("abort", note, { once: true });
    }
    return new Replay(this.#recording, request.sampling.maxTokens, this.mode, this.idleFrom, signal);
  }
}

const event = (value) => ({ done: false, value });
const over = { done: true, value: undefined };

/** The events of one stream. Not a generator: that would cost most of a microsecond per event. */
class Replay {
  #recording;
  #limit;
  #mode;
  #idleFrom;
  #signal;
  /** The next token; below 0 before the start, beyond the limit at the end. */
  #at = -1;

  constructor(recording, maxTokens, mode, idleFrom, signal) {
    this.#recording = recording;
    this.#limit = Math.min(recording.length, maxTokens);
    this.#mode = mode;
    this.#idleFrom = idleFrom;
    this.#signal = signal;
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  next() {
    const at = this.#at;
    const isStep = at >= 0 && at < this.#limit && at % this.#mode.tokens === 0;
    if (this.#idleFrom <= at && at < this.#limit) return this.#aborted();
    return isStep ? nextStep().then(this.#event) : Promise.resolve(this.#event());
  }

  return() {
    this.#at = Number.POSITIVE_INFINITY;
    return Promise.resolve(over);
  }

  #event = () => {
    const at = this.#at;
    const limit = this.#limit;
    if (at > limit || this.#signal.aborted) return over;
    if (at < 0) {
      this.#at = 0;
      return event({ type: "start" });
    }
    if (at === limit) {
      this.#at = Number.POSITIVE_INFINITY;
      return event({ type: "finish", index: 0, reason: limit < this.#recording.length ? "length" : "stop" });
    }
    this.#at = Math.min(at + this.#mode.perDelta, limit);
    return event({ type: "delta", index: 0, tokenIds: this.#recording.slice(at, this.#at) });
  };

  #aborted() {
    return new Promise((resolve) => {
      this.#signal.addEventListener("abort", () => resolve(over), { once: true });
    });
  }
}
