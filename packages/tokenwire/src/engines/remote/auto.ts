// An engine at an address of which only the address is known: the server is asked on first use.

import type { Engine } from "../engine.ts";
import { detectEngine, type RemoteKind } from "./detect.ts";
import { createLazyEngine } from "./lazy-engine.ts";
import { createLlamaServerEngine } from "./llama-server.ts";
import type { RemoteEngineOptions } from "./options.ts";
import { createSglangEngine } from "./sglang.ts";
import { createOllamaEngine, createOpenAiEngine } from "./text-engines.ts";
import { createTgiEngine } from "./tgi.ts";
import { createVllmEngine } from "./vllm.ts";

const factories: Readonly<Record<RemoteKind, (options: RemoteEngineOptions) => Engine>> = {
  "llama-server": createLlamaServerEngine,
  sglang: createSglangEngine,
  vllm: createVllmEngine,
  ollama: createOllamaEngine,
  tgi: createTgiEngine,
  openai: createOpenAiEngine,
};

/** An engine whose kind is found out when it is first needed. */
export function createAutoEngine(options: RemoteEngineOptions): Engine {
  return createLazyEngine(options.id ?? options.url, async (signal) =>
    factories[await detectEngine(options, signal)](options),
  );
}
