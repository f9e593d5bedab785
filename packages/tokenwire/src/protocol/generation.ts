// What a protocol asks of an engine, and what it reads from one. The shapes are those of the engine contract
// (`engines/engine.ts`), narrowed to what the protocols use, so that this layer needs no engine to be tested.

/** Sampling parameters; absent means the model's default, then the neutral value. */
export interface SamplingParameters {
  /** Generated tokens at most, the stop token included; always explicit. */
  maxTokens: number;
  minTokens?: number;
  temperature?: number;
  topP?: number;
  topK?: number;
  minP?: number;
  frequencyPenalty?: number;
  presencePenalty?: number;
  repetitionPenalty?: number;
  seed?: number;
  ignoreEos?: boolean;
  logitBias?: ReadonlyMap<number, number>;
}

/** A limit on what may be generated. */
export type OutputConstraint =
  | { kind: "json_object" }
  | { kind: "json_schema"; schema: unknown; strict?: boolean }
  | { kind: "regex"; pattern: string }
  | { kind: "grammar"; syntax: "ebnf" | "gbnf" | "lark"; source: string }
  | { kind: "choice"; choices: readonly string[] }
  | { kind: "structural_tag"; tag: unknown };

/** One engine call, less its request id. Assignable to the engine contract's `GenerateRequest`. */
export interface GenerationPlan {
  prompt: { tokenIds: Uint32Array };
  sampling: SamplingParameters;
  stop: { tokenIds: readonly number[]; strings: readonly string[] };
  constraint?: OutputConstraint;
  logprobs?: { top: number; prompt?: boolean };
  priority?: number;
  cacheSalt?: string;
  lora?: string;
  routing?: { userId?: string };
}

/** Log-probability (natural log) of a sampled token and of its likeliest alternatives. */
export interface SampledLogprob {
  readonly id: number;
  readonly logprob: number;
  readonly top?: readonly { readonly id: number; readonly logprob: number }[];
}

/** Why an engine ended a choice. */
export type EngineFinishReason = "stop" | "length" | "abort" | "error" | "repetition";
