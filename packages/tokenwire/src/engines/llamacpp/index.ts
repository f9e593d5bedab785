export { createLlamaCppEngine, LlamaCppEngine, type LlamaCppOptions } from "./engine.ts";
