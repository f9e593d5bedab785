export type { ConstraintCompiler, TokenMatcher } from "./constraint.ts";
export { createEmbeddedEngine, EmbeddedEngine, type EmbeddedEngineOptions } from "./engine.ts";
export type { TokenBytesSource } from "./token-table.ts";
