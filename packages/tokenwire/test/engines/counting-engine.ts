// The engine of docs/2-guides/write-an-engine.md.

import { type Engine, EngineError } from "../../src/engines/index.ts";

export function createCountingEngine(): Engine {
  return {
    id: "counting",
    info: async () => ({
      engine: "counting",
      model: "counting",
      servedNames: ["counting"],
      maxContext: 4096,
      vocabSize: 1000,
      eosTokenIds: [999],
      capabilities: {
        input: "tokens",
        output: "tokens",
        streaming: true,
        cancel: "signal",
        logprobs: { maxTop: 0, prompt: false },
        constraints: [],
        logitsAccess: false,
        seed: false,
        n: false,
        logitBias: false,
        stopTokenIds: true,
        stopStrings: false,
        embeddings: false,
        prefixCache: false,
        kvEvents: false,
      },
    }),
    health: async () => ({ ok: true }),
    async *generate({ prompt, sampling, stop }, signal) {
      if (!("tokenIds" in prompt)) throw new EngineError("unsupported", "Counting needs token ids.");
      const { tokenIds } = prompt;
      if (tokenIds.length > 4096) throw new EngineError("context_length", "The prompt is too long.");
      if (tokenIds.some((id) => id >= 1000)) throw new EngineError("invalid_request", "No such token.");
      const stops = new Set([...(sampling.ignoreEos ? [] : [999]), ...(stop?.tokenIds ?? [])]);
      const usage = { promptTokens: tokenIds.length, completionTokens: 0 };
      yield { type: "start", promptTokens: tokenIds.length };
      for (let id = tokenIds.at(-1)! + 1; ; id = (id + 1) % 1000) {
        if (signal?.aborted) return yield { type: "finish", index: 0, reason: "abort", usage };
        usage.completionTokens++;
        yield { type: "delta", index: 0, tokenIds: [id] };
        if (stops.has(id)) return yield { type: "finish", index: 0, reason: "stop", matched: id, usage };
        if (usage.completionTokens >= sampling.maxTokens) {
          return yield { type: "finish", index: 0, reason: "length", usage };
        }
      }
    },
    close: async () => {},
  };
}
