// No engine at all: a server over it turns conversations into token ids and ids back into answers, for engines that run
// elsewhere. Every request to generate is refused.

import { tokenEngine } from "./capabilities.ts";
import { type Engine, EngineError, type EngineInfo } from "./engine.ts";

export interface RenderOnlyOptions {
  readonly id?: string;
  /** Prompt and answer together, in tokens, where the model's profile allows more. Default: 131,072. */
  readonly maxContext?: number;
}

const name = "render-only";

/** An engine that is well, allows whatever some engine can do, and generates nothing. */
export function createRenderOnlyEngine(options: RenderOnlyOptions = {}): Engine {
  return {
    id: options.id ?? name,
    info: async (): Promise<EngineInfo> => ({
      engine: name,
      model: name,
      servedNames: [name],
      maxContext: options.maxContext ?? 131_072,
      eosTokenIds: [],
      capabilities: {
        ...tokenEngine,
        // What a request asks for is decided by the engine that will be given it.
        constraints: ["json_object", "json_schema", "regex", "grammar", "choice", "structural_tag"],
      },
    }),
    health: async () => ({ ok: true }),
    generate: () => {
      throw new EngineError(
        "unsupported",
        "This server renders and derenders only; it has no engine. Send what it rendered to a server that has one.",
        { status: 501 },
      );
    },
    close: async () => undefined,
  };
}
