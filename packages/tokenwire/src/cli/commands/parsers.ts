// `tokenwire parsers`: list the tool-call and reasoning parsers, explain which one a model gets, run them on text.

import { readFile } from "node:fs/promises";
import {
  chooseParsers,
  type Dialect,
  getReasoningFormat,
  getToolFormat,
  listReasoningParsers,
  listToolParsers,
  type Message,
  type ParserChoice,
  parseOutput,
  type ToolDefinition,
} from "@tokenwire/core/parsers";
import { Command, Option } from "commander";
import { paint, printable, printJson, readStandardInput, UsageError } from "../output.ts";

interface ParsersFlags {
  readonly list?: boolean;
  readonly model?: string;
  readonly template?: string;
  readonly tool?: string;
  readonly reasoning?: string;
  readonly tools?: string;
  readonly compat: Dialect;
  readonly inReasoning?: boolean;
  readonly json?: boolean;
}

const examples = `
Examples:
  $ tokenwire parsers --list
  $ tokenwire parsers --model Qwen/Qwen3-8B
  $ tokenwire parsers --template chat_template.jinja
  $ tokenwire parsers --tool hermes --reasoning qwen3 < output.txt
  $ echo '[f(a=1)]' | tokenwire parsers --tool pythonic --json`;

export function parsersCommand(): Command {
  return new Command("parsers")
    .description("List tool-call and reasoning parsers, explain a choice, or run them on text.")
    .argument("[file]", "model output to parse; without it and with --tool or --reasoning: standard input")
    .option("-l, --list", "list all parsers and their other names")
    .option("-m, --model <name>", "choose parsers for this model name and say why")
    .option("--template <file>", "choose parsers for this chat template and say why")
    .option("-t, --tool <name>", "parse tool calls of this format")
    .option("-r, --reasoning <name>", "split off reasoning of this format")
    .option("--tools <file>", "JSON list of the declared tools: types values, finds unknown names")
    .addOption(
      new Option("--compat <dialect>", "reproduce another implementation")
        .choices(["tokenwire", "smg", "vllm", "sglang"])
        .default("tokenwire"),
    )
    .option("--in-reasoning", "the prompt already opened the reasoning")
    .option("--json", "print JSON")
    .addHelpText("after", examples)
    .action(runParsers);
}

async function runParsers(file: string | undefined, flags: ParsersFlags): Promise<void> {
  if (flags.list) {
    printList(flags.json === true);
    return;
  }
  const chosen = flags.model !== undefined || flags.template !== undefined;
  const named = flags.tool !== undefined || flags.reasoning !== undefined;
  if (!chosen && !named) {
    throw new UsageError("Say what to do: --list, --model NAME, --template FILE, or --tool NAME.");
  }
  const choice = chosen ? await choose(flags) : undefined;
  if (choice !== undefined && file === undefined && !named) {
    if (flags.json) printJson(choice);
    else process.stdout.write(explain(choice));
    return;
  }
  const message = parseOutput(file === undefined ? await readStandardInput() : await readFile(file, "utf8"), {
    tool: flags.tool ?? choice?.tool,
    reasoning: flags.reasoning ?? choice?.reasoning,
    tools: flags.tools === undefined ? undefined : await readTools(flags.tools),
    compat: flags.compat,
    inReasoningAtStart: flags.inReasoning,
  });
  if (flags.json) printJson(message);
  else process.stdout.write(describe(message));
}

async function choose(flags: ParsersFlags): Promise<ParserChoice> {
  const template = flags.template === undefined ? undefined : await readFile(flags.template, "utf8");
  const { model, tool, reasoning, compat } = flags;
  return chooseParsers({ model, template, tool, reasoning, compat });
}

const reasons: Readonly<Record<ParserChoice["why"]["tool"]["reason"], string>> = {
  explicit: "named on the command line",
  template: "the chat template contains",
  "model-name": "the model name contains",
  default: "nothing else is known",
};

function explain({ tool, reasoning, why }: ParserChoice): string {
  const line = (label: string, name: string, { reason, evidence }: ParserChoice["why"]["tool"]) => {
    const because = evidence === "" || reason === "explicit" ? "" : ` ${JSON.stringify(evidence)}`;
    return `${label.padEnd(11)}${paint("bold", name.padEnd(18))}${reasons[reason]}${because}\n`;
  };
  return line("tool", tool, why.tool) + line("reasoning", reasoning, why.reasoning);
}

function describe(message: Message): string {
  const lines: string[] = [];
  const add = (label: string, text: string) =>
    lines.push(`${paint("dim", label.padEnd(11))}${printable(text)}`);
  if (message.reasoning !== null) add("reasoning", message.reasoning);
  if (message.content !== null) add("text", message.content);
  for (const call of message.toolCalls) {
    add(call.status ?? "call", `${call.name} ${call.arguments}  ${paint("dim", call.id)}`);
  }
  for (const { code, text } of message.diagnostics) add("note", `${code}: ${text}`);
  return lines.map((line) => `${line}\n`).join("");
}

interface Listed {
  readonly name: string;
  readonly aliases: {
    readonly smg?: readonly string[];
    readonly vllm?: readonly string[];
    readonly sglang?: readonly string[];
  };
}

function printList(json: boolean): void {
  const entry = ({ name, aliases }: Listed) => ({ name, aliases });
  const tool = listToolParsers().map((name) => entry(getToolFormat(name)));
  const reasoning = listReasoningParsers().map((name) => entry(getReasoningFormat(name)));
  if (json) {
    printJson({ tool, reasoning });
    return;
  }
  process.stdout.write(`${paint("bold", "Tool calls")}\n${tool.map(listLine).join("")}`);
  process.stdout.write(`\n${paint("bold", "Reasoning")}\n${reasoning.map(listLine).join("")}`);
}

function listLine({ name, aliases }: Listed): string {
  const others = (["smg", "vllm", "sglang"] as const)
    .map((dialect) => [dialect, (aliases[dialect] ?? []).filter((alias) => alias !== name)] as const)
    .filter(([, names]) => names.length > 0)
    .map(([dialect, names]) => `${dialect}: ${names.join(", ")}`);
  return `  ${name.padEnd(24)}${paint("dim", others.join("; "))}`.trimEnd().concat("\n");
}

/** Tools as `[{ name, parameters }]` or in the shape of a chat request. */
async function readTools(file: string): Promise<ToolDefinition[]> {
  const value: unknown = JSON.parse(await readFile(file, "utf8"));
  if (!Array.isArray(value)) throw new UsageError(`${file}: expected a JSON list of tools.`);
  return value.map((item: { function?: ToolDefinition } & ToolDefinition) => item.function ?? item);
}
