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
    return this.#replay(request.sampling.maxTokens, signal);
  }

  /** Lets go of the request, as an engine does that has sent it on or read the prompt. */
  async *#replay(maxTokens, signal) {
    yield { type: "start" };
    const { tokens, perDelta } = this.mode;
    const limit = Math.min(this.#recording.length, maxTokens);
    for (let at = 0; at < limit; at += perDelta) {
      if (at % tokens === 0) await nextStep();
      if (at >= this.idleFrom) {
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      }
      if (signal.aborted) return;
      yield { type: "delta", index: 0, tokenIds: this.#recording.slice(at, Math.min(at + perDelta, limit)) };
    }
    yield { type: "finish", index: 0, reason: limit < this.#recording.length ? "length" : "stop" };
  }
}
