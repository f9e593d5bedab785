export { createAutoEngine } from "./auto.ts";
export { detectEngine, type RemoteKind } from "./detect.ts";
export { createLlamaServerEngine } from "./llama-server.ts";
export type { RemoteEngineOptions, RemoteTimeouts } from "./options.ts";
export { createSglangEngine } from "./sglang.ts";
export { createOllamaEngine, createOpenAiEngine } from "./text-engines.ts";
export { createTgiEngine } from "./tgi.ts";
export { createVllmEngine } from "./vllm.ts";
export { createVllmCompletionsEngine } from "./vllm-completions.ts";
