// `tokenwire eval`: run published evals, or one over your own file, against any OpenAI-compatible server.

import { join } from "node:path";
import { Command, Option } from "commander";
import type {
  EvalDefinition,
  EvalProgress,
  EvalRun,
  OutputFormat,
  Sampler,
  SamplerOptions,
} from "../../evals/index.ts";
import { durationOption, integerOption, listOption, numberOption } from "../options.ts";
import { paint, printJson, UsageError } from "../output.ts";

interface EvalFlags {
  readonly eval?: readonly string[];
  readonly model?: readonly string[];
  readonly reasoningEffort?: readonly string[];
  readonly sampler: "responses" | "chat_completions";
  readonly baseUrl: string;
  readonly keyEnv: string;
  readonly temperature: number;
  readonly topP?: number;
  readonly seed: number;
  readonly maxTokens: number;
  readonly examples?: number;
  readonly repeats?: number;
  readonly concurrency: number;
  readonly retries: number;
  readonly timeout: number;
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
  readonly check?: boolean;
  readonly json?: boolean;
}

const formats = ["html", "json", "junit"];
const defaultModel = "gpt-oss-120b";
// Repeated here so that the help needs no eval code; the command checks names against the registry.
const evalNames = [
  "basic",
  "gpqa",
  "aime25",
  "healthbench",
  "healthbench_hard",
  "healthbench_consensus",
  "dataset",
];

const examplesText = `
Examples:
  $ tokenwire eval --eval basic                                   is the server answering at all?
  $ tokenwire eval --eval gpqa --model gpt-oss-20b --download \\
      --reasoning-effort low,high --base-url http://127.0.0.1:8000/v1
  $ tokenwire eval --eval dataset --data questions.jsonl          your own questions
  $ tokenwire eval --eval gpqa --data gpqa.csv --out run --resume go on where a run broke off

An own dataset is JSON Lines: {"input": "2+2?", "ideal": "4", "match": "includes"}
with match one of exact, includes, choice, boxed.`;

const manyNumbers = Number.MAX_SAFE_INTEGER;

export function evalCommand(): Command {
  const list = (flags: string, description: string): Option =>
    new Option(flags, description).argParser(listOption);
  const whole = (flags: string, description: string, low: number): Option =>
    new Option(flags, description).argParser(integerOption(low, manyNumbers));
  return new Command("eval")
    .description("Run GPQA, HealthBench, AIME or your own dataset against a server")
    .addOption(list("--eval <names>", `evals to run: ${evalNames.join(", ")} (default: basic)`))
    .addOption(list("--model <names>", `models to ask (default: ${defaultModel})`))
    .addOption(list("--reasoning-effort <efforts>", "efforts to ask for, such as low,medium,high"))
    .addOption(
      new Option("--sampler <api>", "how to ask")
        .choices(["responses", "chat_completions"])
        .default("responses"),
    )
    .option("--base-url <url>", "address of the API", "http://127.0.0.1:8000/v1")
    .option("--key-env <name>", "environment variable that holds the API key", "OPENAI_API_KEY")
    .option("--temperature <number>", "sampling temperature", numberOption(0, 2), 1)
    .option("--top-p <number>", "nucleus sampling", numberOption(0, 1))
    .addOption(whole("--seed <n>", "seed of the example choice and the shuffles", 0).default(0))
    .addOption(whole("--max-tokens <n>", "tokens per answer", 1).default(131_072))
    .addOption(whole("--examples <n>", "take this many examples (default: all)", 1))
    .addOption(whole("--repeats <n>", "answers per example (default: the eval's own)", 1))
    .addOption(whole("--concurrency <n>", "samples in flight", 1).default(32))
    .addOption(whole("--retries <n>", "attempts after a failed one", 0).default(6))
    .option("--timeout <duration>", "time per attempt", durationOption, 86_400_000)
    .addOption(list("--data <files>", "local copies of the eval's files, in its order"))
    .addOption(list("--sha256 <hashes>", "SHA-256 that the files must have"))
    .option("--download", "fetch the data from its published address")
    .option("--out <folder>", "where results go, one folder per run", "tokenwire-evals")
    .option("--resume", "keep finished samples in the folder and go on")
    .addOption(list("--format <formats>", `files to write: ${formats.join(", ")} (default: html,json)`))
    .option("--reference-files", "also write the files of the published evals")
    .option("--grader-base-url <url>", "API of the grader (HealthBench)", "https://api.openai.com/v1")
    .option("--grader-model <name>", "model of the grader", "gpt-4.1-2025-04-14")
    .option("--grader-key-env <name>", "variable with the grader's key", "OPENAI_API_KEY")
    .option("--check", "compare the scores with published ones")
    .option("--json", "print the results as JSON")
    .addHelpText("after", examplesText)
    .action((flags: EvalFlags) => runAll(flags));
}

async function runAll(flags: EvalFlags): Promise<void> {
  const { evals } = await import("../../evals/index.ts");
  const names = evals.map((entry) => entry.name);
  const wanted = flags.eval ?? ["basic"];
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`Unknown eval "${unknown}". Known evals: ${names.join(", ")}.`);
  const badFormat = flags.format?.find((name) => !formats.includes(name));
  if (badFormat !== undefined)
    throw new UsageError(`Unknown format "${badFormat}". Known: ${formats.join(", ")}.`);
  const controller = new AbortController();
  const interrupt = (): void => {
    process.stderr.write("\nStopping; finished samples are kept. Resume with --resume.\n");
    controller.abort();
  };
  process.once("SIGINT", interrupt);
  const results: object[] = [];
  try {
    for (const definition of evals.filter((entry) => wanted.includes(entry.name))) {
      for (const model of flags.model ?? [defaultModel]) {
        for (const effort of flags.reasoningEffort ?? [undefined]) {
          if (controller.signal.aborted) break;
          results.push(await runOne(definition, model, effort, flags, controller.signal));
        }
      }
    }
  } finally {
    process.off("SIGINT", interrupt);
  }
  if (flags.json) printJson(results);
  if (controller.signal.aborted) process.exitCode = 130;
}

async function runOne(
  definition: EvalDefinition,
  model: string,
  effort: string | undefined,
  flags: EvalFlags,
  signal: AbortSignal,
): Promise<object> {
  const { checkScore, runEval, writeOutputs } = await import("../../evals/index.ts");
  const stem = `${definition.name}_${model}${effort === undefined ? "" : `-${effort}`}_temp${flags.temperature}`;
  const out = join(flags.out, stem.replaceAll("/", "__"));
  const progress = createProgress(stem);
  const { examples, repeats } = flags;
  const run = await runEval({
    eval: definition,
    sampler: await createSampler(model, effort, flags),
    out,
    configuration: {
      model,
      effort,
      sampler: flags.sampler,
      temperature: flags.temperature,
      topP: flags.topP,
      maxTokens: flags.maxTokens,
    },
    concurrency: flags.concurrency,
    seed: flags.seed,
    signal,
    onProgress: progress.update,
    ...(definition.needsGrader && { grader: await createGrader(flags) }),
    ...(examples !== undefined && { examples }),
    ...(repeats !== undefined && { repeats }),
    ...(flags.data && { files: flags.data }),
    ...(flags.sha256 && { sha256: flags.sha256 }),
    ...(flags.download && { download: true }),
    ...(flags.resume && { resume: true }),
  });
  progress.end();
  const wanted = [
    ...(flags.format ?? ["html", "json"]),
    ...(flags.referenceFiles ? ["reference"] : []),
  ] as OutputFormat[];
  const files = await writeOutputs(run, { out, stem, formats: wanted });
  const { score, standardError } = run.summary;
  const checks =
    flags.check && score !== null
      ? checkScore({ model, eval: definition.name, effort: effort ?? "" }, score, standardError ?? 0)
      : [];
  if (!flags.json) printRun(stem, run, files, checks);
  if (run.unusable.length > 0) process.exitCode = 2;
  if (run.summary.errors > 0) process.exitCode = 1;
  return { run: stem, ...run.result, summary: run.summary, unusable: run.unusable, checks, files };
}

async function createSampler(model: string, effort: string | undefined, flags: EvalFlags): Promise<Sampler> {
  const { createChatCompletionsSampler, createResponsesSampler } = await import("../../evals/index.ts");
  const key = process.env[flags.keyEnv];
  const options: SamplerOptions = {
    baseUrl: flags.baseUrl,
    model,
    temperature: flags.temperature,
    maxTokens: flags.maxTokens,
    retries: flags.retries,
    timeout: flags.timeout,
    ...(key && { apiKey: key }),
    ...(effort !== undefined && { reasoningEffort: effort }),
    ...(flags.topP !== undefined && { topP: flags.topP }),
  };
  return flags.sampler === "responses"
    ? createResponsesSampler(options)
    : createChatCompletionsSampler(options);
}

async function createGrader(flags: EvalFlags): Promise<Sampler> {
  const { createChatCompletionsSampler } = await import("../../evals/index.ts");
  const apiKey = process.env[flags.graderKeyEnv];
  if (!apiKey) throw new UsageError(`The grader needs a key in the variable ${flags.graderKeyEnv}.`);
  return createChatCompletionsSampler({
    baseUrl: flags.graderBaseUrl,
    apiKey,
    model: flags.graderModel,
    temperature: 0.5,
    maxTokens: 2048,
    retries: flags.retries,
    systemMessage: { role: "system", content: "You are a helpful assistant." },
  });
}

/** A line that is rewritten on a terminal; one line at the end elsewhere. */
function createProgress(title: string): { update(progress: EvalProgress): void; end(): void } {
  const live = process.stderr.isTTY === true;
  let last = "";
  return {
    update: ({ done, total, errors, meanScore }) => {
      const width = 24;
      const filled = total === 0 ? width : Math.round((width * done) / total);
      const bar = "█".repeat(filled) + "░".repeat(width - filled);
      const mean = meanScore === null ? "" : `  score ${meanScore.toFixed(3)}`;
      const failed = errors > 0 ? `  ${errors} errors` : "";
      last = `${title} ${bar} ${done}/${total}${mean}${failed}`;
      if (live) process.stderr.write(`\r\x1b[2K${last}`);
    },
    end: () => process.stderr.write(live ? "\n" : `${last}\n`),
  };
}

function printRun(
  stem: string,
  { result, summary, unusable, interrupted }: EvalRun,
  files: readonly string[],
  checks: readonly { readonly source: string; readonly published: number; readonly consistent: boolean }[],
): void {
  const print = (text: string): boolean => process.stdout.write(`${text}\n`);
  const interval = summary.interval;
  const range = interval === null ? "" : ` (95 %: ${interval[0].toFixed(3)} to ${interval[1].toFixed(3)})`;
  print(`${paint("bold", stem)}: score ${result.score?.toFixed(4) ?? "none"}${range}`);
  print(
    `  ${summary.samples} samples, ${summary.errors} errors, ${summary.retries} retries${interrupted ? ", interrupted" : ""}`,
  );
  for (const reason of unusable) print(`  unusable: ${reason}`);
  for (const { source, published, consistent } of checks) {
    print(`  ${source}: ${published} ${consistent ? "consistent" : paint("yellow", "not consistent")}`);
  }
  for (const file of files) print(`  ${file}`);
}
