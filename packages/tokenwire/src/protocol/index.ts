export type {
  EngineFinishReason,
  GenerationPlan,
  OutputConstraint,
  SampledLogprob,
  SamplingParameters,
} from "./generation.ts";
export type { ChatFormat, HarmonyFormat, ModelProfile, PlainFormat, TemplateFormat } from "./profile.ts";
