export type { RunSummary, TokenPrices } from "./aggregate.ts";
export { aggregateClipped, aggregateMeans, passAtK, summarize } from "./aggregate.ts";
export { extractBoxed, normalizeNumber, parsePythonInteger } from "./boxed-answer.ts";
export { extractChoice, extractChoiceStrictly } from "./choice-answer.ts";
export type { PairedDifference } from "./comparison.ts";
export { compareRuns, comparisonReport } from "./comparison.ts";
export type { DatasetOptions } from "./dataset.ts";
export type { GradedItem, RubricItem } from "./healthbench.ts";
export { parseVerdict, rubricScore, toGrade } from "./healthbench.ts";
export type { OutputFormat } from "./outputs.ts";
export { writeOutputs } from "./outputs.ts";
export type { PublishedScore, ScoreCheck } from "./published-scores.ts";
export { checkScore, publishedScores } from "./published-scores.ts";
export { PythonRandom } from "./python-random.ts";
export { metricsJson, referenceReport, sampleHtml } from "./reference-report.ts";
export { evals, getEval } from "./registry.ts";
export type { EvalProgress, EvalRun, RunEvalOptions } from "./run.ts";
export { runEval } from "./run.ts";
export type { SamplerOptions } from "./samplers.ts";
export {
  createChatCompletionsSampler,
  createResponsesSampler,
  limitConcurrency,
  SamplerRefused,
} from "./samplers.ts";
export type { SavedRun } from "./saved-run.ts";
export { readRun } from "./saved-run.ts";
export type {
  DatasetSource,
  EvalDefinition,
  EvalItem,
  EvalMessage,
  EvalPlan,
  EvalResult,
  Grade,
  PlanOptions,
  SampledAnswer,
  SampleRecord,
  Sampler,
  SampleUsage,
  ToolUse,
} from "./types.ts";
