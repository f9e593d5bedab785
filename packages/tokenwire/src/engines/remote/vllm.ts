// vLLM by whichever of its endpoints is there: the one that deals in token IDs has to be switched on by
// `--enable-scale-out`; completions take and give IDs too, but cost the server the text of each token.

import { type Engine, EngineError } from "../engine.ts";
import type { RemoteEngineOptions } from "./options.ts";
import { createVllmCompletionsEngine } from "./vllm-completions.ts";
import { createVllmTokensEngine } from "./vllm-tokens.ts";

/** An engine over vLLM: its token endpoint, or its completions where that is switched off. */
export function createVllmEngine(options: RemoteEngineOptions): Engine {
  const tokens = createVllmTokensEngine(options);
  const completions = createVllmCompletionsEngine(options);
  let chosen = tokens;
  return {
    id: tokens.id,
    info: (signal) => tokens.info(signal),
    health: (signal) => tokens.health(signal),
    ...(tokens.load && { load: tokens.load }),
    async *generate(request, signal) {
      try {
        yield* chosen.generate(request, signal);
      } catch (error) {
        if (chosen === completions || !isSwitchedOff(error)) throw error;
        // Nothing has been yielded: an engine raises only before its start.
        chosen = completions;
        yield* chosen.generate(request, signal);
      }
    },
    close: async () => {
      await Promise.all([tokens.close(), completions.close()]);
    },
  };
}

/** Not there in older versions, refused in newer ones. A model that is not there is told by the other endpoint too. */
function isSwitchedOff(error: unknown): boolean {
  return error instanceof EngineError && [403, 404, 405].includes(error.status ?? 0);
}
