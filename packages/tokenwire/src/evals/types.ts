// What an eval is: a list of prompts and a way to grade each answer. The names in the results are those of the
// published gpt-oss evals, so that files can be compared.

export interface EvalMessage {
  readonly role: "system" | "developer" | "user" | "assistant";
  readonly content: string;
}

/** Tokens that a sample cost, as far as the server said. */
export interface SampleUsage {
  readonly inputTokens?: number;
  readonly cachedTokens?: number;
  readonly outputTokens?: number;
  readonly reasoningTokens?: number;
  /** Tokens of tool results. */
  readonly toolTokens?: number;
}

/** How often tools were called. */
export interface ToolUse {
  readonly calls: number;
  /** Calls that came back with a failure. */
  readonly failures: number;
}

export interface SampledAnswer {
  readonly text: string;
  readonly usage: SampleUsage;
  readonly retries: number;
  /** Tools that ran on the way to the answer; absent when none were offered. */
  readonly tools?: ToolUse;
  /** The server refused the prompt; the answer counts as wrong. */
  readonly badRequest?: boolean;
}

/** Asks a model. Throws when it finally cannot. */
export type Sampler = (messages: readonly EvalMessage[], signal?: AbortSignal) => Promise<SampledAnswer>;

export interface Grade {
  /** Usually 0 to 1; null when the example cannot be scored. */
  readonly score: number | null;
  readonly metrics: Readonly<Record<string, number>>;
  readonly correctAnswer?: string;
  readonly extractedAnswer?: string | null;
  /** Text about how the grade came about; shown, never interpreted. */
  readonly explanation?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** One prompt to sample: an example in one of its repeats. */
export interface EvalItem {
  readonly exampleId: string;
  readonly repeat: number;
  readonly messages: readonly EvalMessage[];
  grade(answer: SampledAnswer, signal?: AbortSignal): Promise<Grade>;
}

/** A file that an eval reads. Nothing is shipped: it comes from the published address or from disk. */
export interface DatasetSource {
  readonly url: string;
  /** Hex SHA-256 to insist on. */
  readonly sha256?: string;
}

export interface EvalPlan {
  readonly items: readonly EvalItem[];
  /** Rows that cannot be used, with the reason. */
  readonly unusable: readonly string[];
}

export interface PlanOptions {
  /** How many examples to take; default all. */
  readonly examples?: number;
  readonly repeats?: number;
  /** Seed of Python's generator. Default 0, as published. */
  readonly seed?: number;
  /** A small sample to see whether everything works: those examples that the published eval takes for it. */
  readonly debug?: boolean;
  /** Grades rubric items; only HealthBench needs it. */
  readonly grader?: Sampler;
}

export interface EvalDefinition {
  readonly name: string;
  readonly description: string;
  readonly sources: readonly DatasetSource[];
  readonly defaultRepeats: number;
  readonly needsGrader?: boolean;
  /** Reads the texts of `sources`, in order, and lists what to sample. */
  plan(texts: readonly string[], options: PlanOptions): EvalPlan;
  /** How sample scores become the result. Default: means. */
  readonly aggregate?: "mean" | "clipped-mean";
}

/** A finished sample, as it stands in `samples.jsonl`. */
export interface SampleRecord {
  readonly item: number;
  readonly exampleId: string;
  readonly repeat: number;
  readonly messages: readonly EvalMessage[];
  readonly answer: string;
  readonly score: number | null;
  readonly metrics: Readonly<Record<string, number>>;
  readonly correctAnswer?: string;
  readonly extractedAnswer?: string | null;
  readonly explanation?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly usage: SampleUsage;
  readonly tools?: ToolUse;
  readonly retries: number;
  readonly milliseconds: number;
  /** Why there is no answer; the sample is repeated when the run is resumed. */
  readonly error?: string;
}

export interface EvalResult {
  readonly score: number | null;
  readonly metrics: Readonly<Record<string, number>>;
}
