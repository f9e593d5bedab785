export { type Clock, realClock, VirtualClock } from "./clock.ts";
export {
  createScriptedEngine,
  type ScriptedCall,
  ScriptedEngine,
  type ScriptedEngineOptions,
  type ScriptedSettings,
} from "./engine.ts";
export { type FailureType, failureTypes } from "./faults.ts";
export type { Latency } from "./latency.ts";
export type { Script, ScriptMatch, ScriptStep, TokensStep } from "./script.ts";
