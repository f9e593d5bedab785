// An engine that is found out about when it is first needed.

import {
  type Engine,
  EngineError,
  type EngineInfo,
  type GenerateEvent,
  type GenerateRequest,
} from "../engine.ts";

/**
 * @param open finds the engine; asked again after a failure, for the server may come up later.
 */
export function createLazyEngine(id: string, open: (signal?: AbortSignal) => Promise<Engine>): Engine {
  let found: Promise<Engine> | undefined;
  const engine = (signal?: AbortSignal): Promise<Engine> => {
    found ??= open(signal).catch((error: unknown) => {
      found = undefined;
      throw error;
    });
    return found;
  };
  return {
    id,
    info: async (signal): Promise<EngineInfo> => (await engine(signal)).info(signal),
    health: async (signal) => {
      try {
        return await (await engine(signal)).health(signal);
      } catch (error) {
        signal?.throwIfAborted();
        return { ok: false, detail: (error as Error).message };
      }
    },
    async *generate(request: GenerateRequest, signal?: AbortSignal): AsyncGenerator<GenerateEvent, void> {
      yield* (await engine(signal)).generate(request, signal);
    },
    load: async (signal) => {
      const { load, id: name } = await engine(signal);
      if (load === undefined) throw new EngineError("unsupported", `${name} does not tell its load.`);
      return load(signal);
    },
    embed: async (request, signal) => {
      const { embed, id: name } = await engine(signal);
      if (embed === undefined) throw new EngineError("unsupported", `${name} gives no embeddings.`);
      return embed(request, signal);
    },
    close: async () => {
      await (await found?.catch(() => undefined))?.close();
    },
  };
}
