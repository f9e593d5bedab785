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
  Sampling,
  TokenId,
  TokenLogprob,
  Usage,
} from "./engine.ts";
export { EngineError } from "./engine.ts";
