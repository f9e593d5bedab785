// One run: an eval with a model and an effort, its files, and what is printed of it.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type {
  EvalDefinition,
  EvalRun,
  OutputFormat,
  RunEvalOptions,
  Sampler,
  TokenPrices,
} from "../../evals/index.ts";
import { UsageError } from "../output.ts";
import type { Interrupts } from "./interrupts.ts";
import type { SamplerFlags, Samplers } from "./open-samplers.ts";
import { printComparison, printRun } from "./print-run.ts";
import { createProgress } from "./progress.ts";

export interface EvalFlags extends SamplerFlags {
  readonly eval?: readonly string[];
  readonly model?: readonly string[];
  readonly reasoningEffort?: readonly string[];
  readonly seed: number;
  readonly examples?: number;
  readonly repeats?: number;
  readonly debug?: boolean;
  readonly data?: readonly string[];
  readonly sha256?: readonly string[];
  readonly download?: boolean;
  readonly out: string;
  readonly resume?: boolean;
  readonly format?: readonly string[];
  readonly referenceFiles?: boolean;
  readonly graderBaseUrl: string;
  readonly graderModel: string;
  readonly graderKeyEnv: string;
  readonly graderConcurrency: number;
  readonly priceInput?: number;
  readonly priceOutput?: number;
  readonly check?: boolean;
  readonly compare?: readonly string[];
  readonly json?: boolean;
}

/** Examples of a trial run; HealthBench takes more. */
const debugExamples = (name: string): number => (name.startsWith("healthbench") ? 10 : 5);

export interface RunParts {
  readonly definition: EvalDefinition;
  readonly model: string;
  readonly effort: string | undefined;
  readonly flags: EvalFlags;
  readonly samplers: Samplers;
  readonly interrupts: Interrupts;
}

/** Names the run and its folder. */
function stemOf({ definition, model, effort, flags }: RunParts): string {
  const asked = effort === undefined ? model : `${model}-${effort}`;
  const suffix = flags.debug ? "_DEBUG" : "";
  return `${definition.name}_${asked}_temp${flags.temperature}${suffix}`.replaceAll("/", "__");
}

/** What is sampled, as far as the flags say; the eval decides the rest. */
function planOptions(name: string, flags: EvalFlags): Partial<RunEvalOptions> {
  const examples = flags.examples ?? (flags.debug ? debugExamples(name) : undefined);
  const repeats = flags.repeats ?? (flags.debug ? 1 : undefined);
  return {
    seed: flags.seed,
    ...(examples !== undefined && { examples }),
    ...(repeats !== undefined && { repeats }),
    ...(flags.debug && { debug: true }),
    ...(flags.data && { files: flags.data }),
    ...(flags.sha256 && { sha256: flags.sha256 }),
    ...(flags.download && { download: true }),
  };
}

export async function runOne(parts: RunParts): Promise<object> {
  const { definition, model, effort, flags, samplers, interrupts } = parts;
  const { runEval } = await import("../../evals/index.ts");
  const stem = stemOf(parts);
  const out = join(flags.out, stem);
  const progress = createProgress(stem);
  const prices = pricesOf(flags);
  const run = await runEval({
    ...planOptions(definition.name, flags),
    eval: definition,
    sampler: await samplers.create(model, effort),
    out,
    configuration: {
      model,
      effort,
      sampler: flags.engine === undefined ? flags.sampler : "engine",
      tools: flags.tools,
      temperature: flags.temperature,
      topP: flags.topP,
      maxTokens: flags.maxTokens,
    },
    concurrency: flags.concurrency,
    stop: interrupts.stop,
    signal: interrupts.signal,
    onProgress: progress.update,
    resume: flags.resume === true,
    ...(prices && { prices }),
    ...(definition.needsGrader && { grader: await createGrader(flags) }),
  });
  progress.end();
  if (run.unusable.length > 0) process.exitCode = 2;
  if (run.summary.errors > 0) process.exitCode = 1;
  return report(run, parts, stem, out);
}

/** Writes the files of a run and says how it went. */
async function report(run: EvalRun, parts: RunParts, stem: string, out: string): Promise<object> {
  const { definition, model, effort = "", flags } = parts;
  const { checkScore, writeOutputs } = await import("../../evals/index.ts");
  const wanted = [...(flags.format ?? ["html", "json"]), ...(flags.referenceFiles ? ["reference"] : [])];
  const files = await writeOutputs(run, { out, stem, formats: wanted as OutputFormat[] });
  const { result, summary, unusable } = run;
  const { score, standardError } = summary;
  const checks =
    flags.check && score !== null
      ? checkScore({ model, eval: definition.name, effort }, score, standardError ?? 0)
      : [];
  if (!flags.json) printRun(stem, run, files, checks);
  const comparison = flags.compare && (await compare([...flags.compare, out], flags));
  return { run: stem, ...result, summary, unusable, checks, files, ...(comparison && { comparison }) };
}

function pricesOf({ priceInput, priceOutput }: EvalFlags): TokenPrices | undefined {
  if (priceInput === undefined && priceOutput === undefined) return undefined;
  return { input: priceInput ?? 0, output: priceOutput ?? 0 };
}

/** Writes the page that compares the runs, beside them, and returns the differences. */
export async function compare(folders: readonly string[], flags: EvalFlags): Promise<object> {
  const { compareRuns, comparisonReport, readRun } = await import("../../evals/index.ts");
  const runs = await Promise.all(folders.map(readRun));
  const differences = compareRuns(runs);
  const file = join(flags.out, "comparison.html");
  await mkdir(flags.out, { recursive: true });
  await writeFile(file, comparisonReport(runs));
  if (!flags.json) printComparison(runs[0]!.name, differences, file);
  return { first: runs[0]!.name, differences, file };
}

async function createGrader(flags: EvalFlags): Promise<Sampler> {
  const { createChatCompletionsSampler, limitConcurrency } = await import("../../evals/index.ts");
  const apiKey = process.env[flags.graderKeyEnv];
  if (!apiKey) throw new UsageError(`The grader needs a key in the variable ${flags.graderKeyEnv}.`);
  const grader = createChatCompletionsSampler({
    baseUrl: flags.graderBaseUrl,
    apiKey,
    model: flags.graderModel,
    temperature: 0.5,
    maxTokens: 2048,
    retries: flags.retries,
    systemMessage: { role: "system", content: "You are a helpful assistant." },
  });
  return limitConcurrency(grader, flags.graderConcurrency);
}
