export {
  type BalancedEngine,
  type BalancedEngineOptions,
  type BalancePolicy,
  type BalanceStatistics,
  type ChoiceReason,
  createBalancedEngine,
  isBalancedEngine,
  type PolicyName,
  type PrefixBlockOptions,
  policyNames,
  prefixBlocks,
  type WorkerStatistics,
} from "./balanced/index.ts";
export {
  type CumulativeEngine,
  type CumulativeOutput,
  type CumulativeRequest,
  type CumulativeTextOptions,
  fromCumulativeText,
} from "./cumulative-text.ts";
export { createEchoEngine, type EchoEngineOptions } from "./echo.ts";
export {
  type ConstraintCompiler,
  createEmbeddedEngine,
  EmbeddedEngine,
  type EmbeddedEngineOptions,
  type TokenBytesSource,
  type TokenMatcher,
} from "./embedded/index.ts";
export { type EmbeddedFileOptions, openEmbeddedEngine, packagedModel } from "./embedded-file.ts";
export type {
  Capabilities,
  Constraint,
  Engine,
  EngineErrorCode,
  EngineInfo,
  EngineLoad,
  FinishReason,
  GenerateEvent,
  GenerateRequest,
  Routing,
  Sampling,
  TokenId,
  TokenLogprob,
  Usage,
} from "./engine.ts";
export { EngineError } from "./engine.ts";
export { createLlamaCppEngine, LlamaCppEngine, type LlamaCppOptions } from "./llamacpp/index.ts";
export { createEngine, type EngineOptions, listEngineKinds } from "./registry.ts";
export {
  detectEngine,
  type RemoteEngineOptions,
  type RemoteKind,
  type RemoteTimeouts,
} from "./remote/index.ts";
export { createRenderOnlyEngine, type RenderOnlyOptions } from "./render-only.ts";
export {
  type Clock,
  createScriptedEngine,
  type FailureType,
  failureTypes,
  type Latency,
  realClock,
  type Script,
  type ScriptedCall,
  ScriptedEngine,
  type ScriptedEngineOptions,
  type ScriptedSettings,
  type ScriptMatch,
  type ScriptStep,
  type TokensStep,
  VirtualClock,
} from "./scripted/index.ts";
