// `tokenwire engine check`: whether an engine keeps the contract, on any engine that `serve` takes.

import { readFile } from "node:fs/promises";
import { Command } from "commander";
import type {
  CheckPrompt,
  CheckResult,
  ConformanceOptions,
  ConformanceReport,
} from "../../engines/conformance/index.ts";
import { openModel } from "../model.ts";
import { integerOption, listOption } from "../options.ts";
import { paint, printable, printJson, UsageError } from "../output.ts";

interface CheckFlags {
  readonly engine: string;
  readonly url?: string;
  readonly prompts?: string;
  readonly references?: string;
  readonly eos?: readonly string[];
  readonly only?: readonly string[];
  readonly maxTokens: number;
  readonly timeout: number;
  readonly json?: boolean;
}

const examples = `
Each check is a property that the rest of tokenwire relies on. A check that the engine's
capabilities exclude is skipped. The exit code is 1 when a check fails.

Examples:
  $ tokenwire engine check                                   the embedded engine
  $ tokenwire engine check --url model.gguf                  the embedded engine over a file
  $ tokenwire engine check --engine vllm --url http://127.0.0.1:8000
  $ tokenwire engine check --only C7,C8 --json               cancellation only, as JSON
  $ tokenwire engine check --prompts prompts.json            prompts as arrays of token ids`;

/** Requests of one turn that a harmony model answers and ends. */
const questions = [
  "Hello!",
  "What is the capital of France?",
  "What is the capital of Japan?",
  "What is the capital of Italy?",
  "What is 2 plus 3?",
  "What is 7 plus 8?",
  "Tell me a story about a cat.",
  "Tell me a story about a robot.",
  "Who are you?",
  "Thank you!",
  "Say hello world",
  "My name is Anna.",
  "Name three colors.",
  "Count to 5.",
  "Hola",
  "Goodbye!",
];

/** The questions as harmony prompts, and what decodes the answers. */
async function harmonyPrompts(): Promise<
  Pick<ConformanceOptions, "prompts" | "longPrompt" | "decode" | "eosTokenIds">
> {
  const { loadHarmonyEncoding, Message, SystemContent } = await import("@tokenwire/core/harmony");
  const { getEncoding } = await import("@tokenwire/encodings");
  const tokenizer = getEncoding("o200k_harmony");
  const harmony = loadHarmonyEncoding(tokenizer);
  const toPrompt = (question: string): number[] => {
    const messages = [
      Message.fromRoleAndContent("system", SystemContent.new()),
      Message.fromRoleAndContent("user", question),
    ];
    return [...harmony.renderConversationForCompletion({ messages }, "assistant")];
  };
  return {
    prompts: questions.map(toPrompt),
    longPrompt: toPrompt("Count from 1 to 80."),
    decode: (ids) => tokenizer.decode(ids),
    eosTokenIds: [...harmony.stopTokensForAssistantActions(), tokenizer.eotToken],
  };
}

async function readJsonFile(path: string, what: string): Promise<unknown> {
  const text = await readFile(path, "utf8");
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new UsageError(`${what}: ${path} is not JSON (${(cause as Error).message}).`);
  }
}

function isIds(value: unknown): value is number[] {
  return (
    Array.isArray(value) && value.length > 0 && value.every((id) => Number.isInteger(id) && Number(id) >= 0)
  );
}

async function readPrompts(path: string): Promise<readonly CheckPrompt[]> {
  const value = await readJsonFile(path, "--prompts");
  const isText = (prompt: unknown): prompt is string => typeof prompt === "string" && prompt !== "";
  if (Array.isArray(value) && value.length > 0 && (value.every(isIds) || value.every(isText))) return value;
  throw new UsageError(
    `--prompts: ${path} must hold an array of arrays of token ids, such as [[1, 2], [3]], or of texts for an engine that takes text.`,
  );
}

async function readReferences(path: string): Promise<ConformanceOptions["references"]> {
  const value = await readJsonFile(path, "--references");
  const fits = (entry: unknown): boolean => {
    const { prompt, tokens, logprobs } = (entry ?? {}) as Record<string, unknown>;
    return isIds(prompt) && isIds(tokens) && (logprobs === undefined || Array.isArray(logprobs));
  };
  if (Array.isArray(value) && value.every(fits))
    return value as NonNullable<ConformanceOptions["references"]>;
  throw new UsageError(
    `--references: ${path} must hold [{"prompt": [ids], "tokens": [ids], "logprobs"?: [numbers]}].`,
  );
}

function readEos(flag: readonly string[]): number[] {
  const ids = flag.flatMap((part) => part.split(",")).map((id) => Number(id.trim()));
  const wrong = ids.find((id) => !Number.isInteger(id) || id < 0);
  if (wrong === undefined) return ids;
  throw new UsageError("--eos takes token ids, such as 200002 or 151645,151643.");
}

const colours = { pass: "green", fail: "red", skip: "gray" } as const;

function line({ id, status, title, detail }: CheckResult): string {
  const label = paint(colours[status], status.padEnd(5));
  return `${id.padEnd(4)} ${label} ${title}\n           ${paint("dim", printable(detail))}\n`;
}

function printReport(report: ConformanceReport): void {
  process.stdout.write(`${printable(report.engine)} · ${printable(report.model)}\n\n`);
  for (const result of report.results) process.stdout.write(line(result));
  const { passed, failed, skipped } = report;
  process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`);
}

async function check(flags: CheckFlags): Promise<void> {
  const { listConformanceChecks, runConformance } = await import("../../engines/conformance/index.ts");
  const known = listConformanceChecks().map(({ id }) => id);
  const only = flags.only?.flatMap((ids) => ids.split(",")).map((id) => id.trim().toUpperCase());
  const unknown = only?.find((id) => !known.includes(id));
  if (unknown !== undefined)
    throw new UsageError(`--only: no check "${unknown}". Checks: ${known.join(", ")}.`);
  const spec = flags.url === undefined ? flags.engine : `${flags.engine}:${flags.url}`;
  const { engine } = await openModel({ engine: spec });
  const references = flags.references === undefined ? undefined : await readReferences(flags.references);
  const own = flags.prompts === undefined ? undefined : await readPrompts(flags.prompts);
  try {
    const report = await runConformance(engine, {
      ...(own === undefined ? await harmonyPrompts() : { prompts: own }),
      maxTokens: flags.maxTokens,
      timeoutMs: flags.timeout * 1000,
      ...(flags.eos && { eosTokenIds: readEos(flags.eos) }),
      ...(references && { references }),
      ...(only && { only }),
    });
    if (flags.json) printJson(report);
    else printReport(report);
    if (report.failed > 0) process.exitCode = 1;
  } finally {
    await engine.close();
  }
}

export function engineCommand(): Command {
  const command = new Command("engine").description("Check an engine against the contract");
  command
    .command("check")
    .description("Run the conformance checks over an engine and print what holds and what does not")
    .option("-e, --engine <kind>", "kind of engine", "embedded")
    .option("--url <url>", "its address, or the model file of an embedded engine")
    .option(
      "--prompts <file>",
      "JSON file with prompts, as token ids or, for engines that take text, as text (default: questions in harmony)",
    )
    .option("--references <file>", "JSON file with prompts and the greedy answers expected")
    .option(
      "--eos <ids>",
      "end tokens of the model, where the engine does not tell them; repeatable",
      listOption,
    )
    .option("--only <ids>", "only these checks, such as C1,C7; repeatable", listOption)
    .option("--max-tokens <n>", "length of an ordinary answer", integerOption(8, 100_000), 128)
    .option("--timeout <seconds>", "time for one check", integerOption(1, 86_400), 60)
    .option("--json", "print the report as JSON")
    .addHelpText("after", examples)
    .action((flags: CheckFlags) => check(flags));
  return command;
}
