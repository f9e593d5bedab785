// `tokenwire eval`: run published evals, or one over your own file, against a server or an engine, and compare runs.

import { Command, Option } from "commander";
import type { EvalDefinition } from "../../evals/index.ts";
import type { EvalFlags } from "../eval/run-one.ts";
import { durationOption, integerOption, listOption, numberOption } from "../options.ts";
import { printJson, UsageError } from "../output.ts";
import { browserBackendNames, pythonBackendNames } from "../tool-backends.ts";

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
  $ tokenwire eval --eval basic --engine embedded                 the same without a server
  $ tokenwire eval --eval gpqa --model gpt-oss-20b --download \\
      --reasoning-effort low,high --base-url http://127.0.0.1:8000/v1
  $ tokenwire eval --eval aime25 --download --tools python        with Python, run by the server
  $ tokenwire eval --eval dataset --data questions.jsonl          your own questions
  $ tokenwire eval --eval gpqa --data gpqa.csv --out run --resume go on where a run broke off
  $ tokenwire eval --compare before/gpqa_m_temp1 after/gpqa_m_temp1

An own dataset is JSON Lines: {"input": "2+2?", "ideal": "4", "match": "includes"}
with match one of exact, includes, choice, boxed.

Ctrl-C starts no more samples and waits 10 seconds for those in flight; what is done is kept.
Exit codes: 0 ok, 1 samples failed, 2 usage or unusable rows, 130 interrupted.`;

const manyNumbers = Number.MAX_SAFE_INTEGER;
export function evalCommand(): Command {
  const list = (flags: string, description: string): Option =>
    new Option(flags, description).argParser(listOption);
  const whole = (flags: string, description: string, low: number): Option =>
    new Option(flags, description).argParser(integerOption(low, manyNumbers));
  const command = new Command("eval").description(
    "Run GPQA, HealthBench, AIME or your own dataset, and compare runs",
  );
  command.optionsGroup("What is asked:");
  command
    .addOption(list("--eval <names>", `evals to run: ${evalNames.join(", ")} (default: basic)`))
    .addOption(list("--data <files>", "local copies of the eval's files, or addresses, in its order"))
    .addOption(list("--sha256 <hashes>", "SHA-256 that the files must have"))
    .option("--download", "fetch the data from its published address")
    .addOption(whole("--examples <n>", "take this many examples (default: all)", 1))
    .addOption(whole("--repeats <n>", "answers per example (default: the eval's own)", 1))
    .option("--debug", "a trial run: 5 examples (HealthBench: 10), once each")
    .addOption(whole("--seed <n>", "seed of the example choice and the shuffles", 0).default(0));
  command.optionsGroup("Who is asked:");
  command
    .addOption(list("--model <names>", `models to ask (default: ${defaultModel}, or the engine's)`))
    .addOption(list("--reasoning-effort <efforts>", "efforts to ask for, such as low,medium,high"))
    .option("--base-url <url>", "address of the API", "http://127.0.0.1:8000/v1")
    .addOption(
      new Option("--sampler <api>", "how to ask a server")
        .choices(["responses", "chat_completions"])
        .default("responses"),
    )
    .option("--key-env <name>", "environment variable that holds the API key", "OPENAI_API_KEY")
    .option("--engine <spec>", "ask an engine in this process instead: embedded, or another that serve takes")
    .option("--profile <folder>", "with --engine: folder or GGUF file with tokenizer and chat template")
    .option("--start-date <date>", "with --engine: date that the model is told, YYYY-MM-DD")
    .option("--temperature <number>", "sampling temperature", numberOption(0, 2), 1)
    .option("--top-p <number>", "nucleus sampling", numberOption(0, 1))
    .addOption(whole("--max-tokens <n>", "tokens per answer (default: 131072, an engine's own limit)", 1))
    .addOption(list("--tools <names>", "tools for the model: python, browser"))
    .option("--browser-backend <name>", `with --engine: ${browserBackendNames}`, "http")
    .option("--python-backend <name>", `with --engine: ${pythonBackendNames}`, "wasi");
  command.optionsGroup("The grader (HealthBench):");
  command
    .option("--grader-base-url <url>", "API of the grader", "https://api.openai.com/v1")
    .option("--grader-model <name>", "model of the grader", "gpt-4.1-2025-04-14")
    .option("--grader-key-env <name>", "variable with the grader's key", "OPENAI_API_KEY")
    .addOption(whole("--grader-concurrency <n>", "grader calls in flight", 1).default(128));
  command.optionsGroup("How it runs:");
  command
    .addOption(whole("-j, --concurrency <n>", "samples in flight", 1).default(32))
    .addOption(new Option("--n-threads <n>", "the same").argParser(integerOption(1, manyNumbers)).hideHelp())
    .addOption(whole("--retries <n>", "attempts after a failed one", 0).default(6))
    .option("--timeout <duration>", "time per attempt", durationOption, 86_400_000)
    .option("--resume", "keep finished samples in the folder and go on");
  command.optionsGroup("What comes of it:");
  return command
    .option("--out <folder>", "where results go, one folder per run", "tokenwire-evals")
    .addOption(list("--format <formats>", `files to write: ${formats.join(", ")} (default: html,json)`))
    .option("--reference-files", "also write the files of the published evals")
    .option("--price-input <n>", "price of a million input tokens", numberOption(0, manyNumbers))
    .option("--price-output <n>", "price of a million output tokens", numberOption(0, manyNumbers))
    .option("--check", "compare the scores with published ones")
    .option(
      "--compare <folders...>",
      "compare runs by their folders; the first is what the others are held against",
    )
    .option("--json", "print the results as JSON")
    .addHelpText("after", examplesText)
    .action((flags: EvalFlags & { readonly nThreads?: number }) =>
      run({ ...flags, concurrency: flags.nThreads ?? flags.concurrency }),
    );
}

async function run(flags: EvalFlags): Promise<void> {
  const { evals } = await import("../../evals/index.ts");
  const names = evals.map((entry) => entry.name);
  const unknown = flags.eval?.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`Unknown eval "${unknown}". Known evals: ${names.join(", ")}.`);
  const badFormat = flags.format?.find((name) => !formats.includes(name));
  if (badFormat !== undefined)
    throw new UsageError(`Unknown format "${badFormat}". Known: ${formats.join(", ")}.`);
  if (flags.compare !== undefined && flags.eval === undefined) {
    if (flags.compare.length < 2) throw new UsageError("--compare: name two folders, or run an eval too.");
    const { compare } = await import("../eval/run-one.ts");
    const comparison = await compare(flags.compare, flags);
    if (flags.json) printJson(comparison);
    return;
  }
  // Folders that cannot be read would be noticed only after everything was sampled.
  const { readRun } = await import("../../evals/index.ts");
  await Promise.all((flags.compare ?? []).map(readRun));
  const wanted = evals.filter((entry) => (flags.eval ?? ["basic"]).includes(entry.name));
  const results = await runAll(wanted, flags);
  if (flags.json) printJson(results);
}

async function runAll(definitions: readonly EvalDefinition[], flags: EvalFlags): Promise<object[]> {
  const { openSamplers } = await import("../eval/open-samplers.ts");
  const { listenForInterrupts } = await import("../eval/interrupts.ts");
  const { runOne } = await import("../eval/run-one.ts");
  const samplers = await openSamplers(flags);
  const interrupts = listenForInterrupts();
  const results: object[] = [];
  try {
    for (const definition of definitions) {
      for (const model of flags.model ?? [samplers.model ?? defaultModel]) {
        for (const effort of flags.reasoningEffort ?? [undefined]) {
          if (interrupts.stop.aborted) break;
          results.push(await runOne({ definition, model, effort, flags, samplers, interrupts }));
        }
      }
    }
  } finally {
    interrupts.off();
    await samplers.close();
  }
  if (interrupts.stop.aborted) process.exitCode = 130;
  return results;
}
