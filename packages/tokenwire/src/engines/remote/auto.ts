// An engine at an address of which only the address is known: the server is asked on first use.

import type { Engine, EngineInfo, GenerateEvent, GenerateRequest } from "../engine.ts";
import { detectEngine, type RemoteKind } from "./detect.ts";
import { createLlamaServerEngine } from "./llama-server.ts";
import type { RemoteEngineOptions } from "./options.ts";
import { createSglangEngine } from "./sglang.ts";
import { createOllamaEngine, createOpenAiEngine } from "./text-engines.ts";
import { createVllmEngine } from "./vllm.ts";
import { createVllmCompletionsEngine } from "./vllm-completions.ts";

const factories: Readonly<Record<RemoteKind, (options: RemoteEngineOptions) => Engine>> = {
  "llama-server": createLlamaServerEngine,
  sglang: createSglangEngine,
  vllm: createVllmEngine,
  "vllm-completions": createVllmCompletionsEngine,
  ollama: createOllamaEngine,
  openai: createOpenAiEngine,
};

/** An engine whose kind is found out when it is first needed. */
export function createAutoEngine(options: RemoteEngineOptions): Engine {
  let found: Promise<Engine> | undefined;
  const engine = (signal?: AbortSignal): Promise<Engine> => {
    found ??= detectEngine(options, signal)
      .then((kind) => factories[kind](options))
      .catch((error: unknown) => {
        // The server may come up later.
        found = undefined;
        throw error;
      });
    return found;
  };
  return {
    id: options.id ?? options.url,
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
    close: async () => {
      await (await found?.catch(() => undefined))?.close();
    },
  };
}
