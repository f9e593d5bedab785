// `tokenwire chat`: talk to a model in the terminal.

import { readFile } from "node:fs/promises";
import { Command, Option } from "commander";
import type { Tool } from "../../tools/index.ts";
import type { CallRunnerOptions } from "../chat/call-runner.ts";
import type { AnswerDisplay, ReasoningDisplay } from "../chat/display.ts";
import type { LineReader } from "../chat/line-reader.ts";
import type { ChatSession, RawView, TurnResult } from "../chat/session.ts";
import type { SessionState } from "../chat/session-commands.ts";
import type { ToolFlags } from "../chat/session-tools.ts";
import { openServedModel } from "../model.ts";
import { environmentOption, integerOption, listOption, numberOption } from "../options.ts";
import { paint, printable, readStandardInput, UsageError } from "../output.ts";

interface ChatFlags extends ToolFlags {
  readonly profile?: string;
  readonly reasoningEffort?: string;
  readonly developerMessage?: string;
  readonly developerFile?: string;
  readonly tools?: string;
  readonly temperature?: number;
  readonly topP?: number;
  readonly seed?: number;
  readonly maxTokens?: number;
  readonly startDate?: string;
  readonly showReasoning: ReasoningDisplay;
  readonly message?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly raw?: boolean;
  readonly yes?: boolean;
  readonly load?: string;
  readonly save?: string;
  readonly replay?: string;
  readonly history: boolean;
}

const maxToolRounds = 32;

async function createSession(spec: string, flags: ChatFlags, own: readonly Tool[]): Promise<ChatSession> {
  const { ChatSession: Session } = await import("../chat/session.ts");
  const { parseChatTools, toRequestBody } = await import("../../protocol/index.ts");
  const { parseJson } = await import("@tokenwire/core/json");
  const model = await openServedModel({ engine: spec, profile: flags.profile });
  const tools =
    flags.tools === undefined
      ? []
      : parseChatTools(toRequestBody(new Map([["tools", parseJson(await readFile(flags.tools))]])));
  const { presentTools } = await import("../chat/session-tools.ts");
  const { functions, namespaces } = presentTools(own, model.profile.format.kind === "harmony");
  const session = new Session(model, {
    sampling: {
      ...(flags.temperature !== undefined && { temperature: flags.temperature }),
      ...(flags.topP !== undefined && { topP: flags.topP }),
      ...(flags.seed !== undefined && { seed: flags.seed }),
      ...(flags.maxTokens !== undefined && { maxTokens: flags.maxTokens }),
      ignoreEos: false,
      stop: [],
      stopTokenIds: [],
      includeStop: false,
      skipSpecialTokens: true,
    },
    tools: [...tools, ...functions],
    toolNamespaces: namespaces,
    currentDate: flags.startDate ?? localDate(),
    effort: flags.reasoningEffort,
  });
  const developer =
    flags.developerFile === undefined ? flags.developerMessage : await readFile(flags.developerFile, "utf8");
  if (developer) session.messages.push({ role: "developer", content: developer });
  if (flags.load !== undefined) {
    const { readSession } = await import("../chat/session-file.ts");
    session.messages.push(...(await readSession(flags.load)).messages);
  }
  return session;
}

function localDate(): string {
  return new Date().toLocaleDateString("sv-SE");
}

function describeTurn(turn: TurnResult): string {
  const { usage, totalMs, firstTokenMs } = turn;
  const perSecond = (usage.completionTokens / (totalMs / 1000)).toFixed(0);
  return `${usage.promptTokens} prompt + ${usage.completionTokens} tokens (${usage.reasoningTokens} reasoning), ${perSecond}/s, first after ${firstTokenMs.toFixed(0)} ms`;
}

/** Lets the model answer, running or asking for the results of what it calls. */
async function answerTurn(
  session: ChatSession,
  show: (event: Parameters<AnswerDisplay["show"]>[0]) => Promise<void> | undefined,
  runner: CallRunnerOptions,
  signal: AbortSignal,
  raw?: RawView,
): Promise<TurnResult> {
  const { answerCall } = await import("../chat/call-runner.ts");
  for (let round = 0; ; round++) {
    const turn = await session.turn(show, signal, raw);
    if (turn.calls.length === 0) return turn;
    if (round >= maxToolRounds)
      throw new ToolLimit(`The model called tools ${maxToolRounds} times without an answer.`);
    for (const call of turn.calls) {
      const content = await answerCall(call, runner, signal);
      session.messages.push({ role: "tool", toolCallId: call.id, name: call.name, content });
    }
  }
}

class ToolLimit extends Error {}

const rawView: RawView = {
  prompt: (text) => void process.stderr.write(paint("dim", `${printable(text)}\n`, process.stderr)),
  output: (text) => void process.stderr.write(paint("dim", printable(text), process.stderr)),
};

/** Names of the functions whose results the user gives. */
function declaredFunctions(session: ChatSession, own: readonly Tool[]): string[] {
  const names = new Set(own.map((tool) => tool.name));
  const isOwn = (name: string): boolean =>
    [...names].some((tool) => name === tool || name.startsWith(`${tool}.`));
  return session.settings.tools.map((tool) => tool.name).filter((name) => !isOwn(name));
}

/** One question, one answer, for scripts. Nobody can be asked, so only what needs no approval runs. */
async function single(session: ChatSession, flags: ChatFlags, own: readonly Tool[]): Promise<void> {
  const { AnswerDisplay: Display } = await import("../chat/display.ts");
  const text = flags.message === "-" ? await readStandardInput() : flags.message!;
  session.messages.push({ role: "user", content: text });
  const display = new Display(flags.showReasoning);
  const abort = new AbortController();
  process.once("SIGINT", () => abort.abort());
  const show = (event: Parameters<AnswerDisplay["show"]>[0]): Promise<void> | undefined => {
    if (!flags.json) return display.show(event);
    process.stdout.write(`${JSON.stringify(event)}\n`);
    return undefined;
  };
  const raw = flags.raw ? rawView : undefined;
  const functions = declaredFunctions(session, own);
  const runner: CallRunnerOptions = {
    tools: own,
    functions,
    yes: flags.yes === true,
    ask: undefined,
    show: (line) => void process.stderr.write(`${line}\n`),
  };
  const turn =
    own.length > 0
      ? await answerTurn(session, show, runner, abort.signal, raw)
      : await session.turn(show, abort.signal, raw);
  if (!flags.json) display.end();
  if (turn.interrupted) process.exitCode = 130;
}

/** Shows a saved session. */
async function replay(path: string, flags: ChatFlags): Promise<void> {
  const { readSession } = await import("../chat/session-file.ts");
  const { AnswerDisplay: Display } = await import("../chat/display.ts");
  const { messages } = await readSession(path);
  for (const message of messages) {
    const content = Array.isArray(message.content) ? message.content.join("") : (message.content ?? "");
    if (message.role !== "assistant") {
      process.stdout.write(`${paint("red", `${message.role}:`)} ${printable(String(content))}\n`);
      continue;
    }
    const display = new Display(flags.showReasoning);
    if (message.reasoning !== undefined) await display.show({ type: "reasoning", text: message.reasoning });
    if (content !== "") await display.show({ type: "text", text: String(content) });
    for (const [index, call] of (message.toolCalls ?? []).entries()) {
      await display.show({ type: "tool-call", index, id: call.id, name: call.name });
      await display.show({ type: "tool-arguments", index, text: call.arguments });
    }
    display.end();
  }
}

async function banner(session: ChatSession): Promise<void> {
  const { profile, info } = session.model;
  const stream = process.stdout.isTTY ? process.stdout : process.stderr;
  const line = (label: string, text: string): void => {
    stream.write(`${paint("cyan", `${label}:`, stream)} ${text}\n`);
  };
  line("Model", `${profile.id} on ${info.engine}`);
  line("Reasoning effort", session.settings.effort ?? "model's default");
  const { tools, toolNamespaces = [] } = session.settings;
  line("Tools", [...toolNamespaces, ...tools].map((tool) => tool.name).join(", ") || "none");
  stream.write(
    `${paint("dim", "/help lists the commands, Ctrl-C stops an answer, Ctrl-D leaves.", stream)}\n`,
  );
}

/** One answer with all the calls it makes; what fails is shown and forgotten. */
async function answerOnce(
  state: SessionState,
  flags: ChatFlags,
  own: readonly Tool[],
  lines: LineReader,
): Promise<void> {
  const { AnswerDisplay: Display } = await import("../chat/display.ts");
  const { session } = state;
  const display = new Display(state.reasoning);
  const abort = new AbortController();
  lines.onInterrupt = () => abort.abort();
  const runner: CallRunnerOptions = {
    tools: own,
    functions: declaredFunctions(session, own),
    yes: flags.yes === true,
    ask: (question) => lines.ask(question),
    show: (text) => {
      display.end();
      process.stderr.write(`${text}\n`);
    },
  };
  try {
    const show = (event: Parameters<AnswerDisplay["show"]>[0]): Promise<void> | undefined =>
      state.raw ? undefined : display.show(event);
    const turn = await answerTurn(session, show, runner, abort.signal, state.raw ? rawView : undefined);
    display.end(turn.interrupted ? "(interrupted)" : describeTurn(turn));
  } catch (error) {
    display.end();
    if (!abort.signal.aborted) session.undo();
    const text = abort.signal.aborted ? "(interrupted)" : (error as Error).message;
    process.stderr.write(`${paint("red", "error:", process.stderr)} ${text}\n`);
    if (error instanceof ToolLimit) process.exitCode = 3;
  } finally {
    lines.onInterrupt = undefined;
  }
}

/** Asks until end of input. Ctrl-C stops an answer; at an empty prompt, twice, it leaves. */
async function interactive(session: ChatSession, flags: ChatFlags, own: readonly Tool[]): Promise<void> {
  const { runSessionCommand } = await import("../chat/session-commands.ts");
  const { LineReader: Reader } = await import("../chat/line-reader.ts");
  const { defaultHistoryFile, InputHistory } = await import("../chat/history.ts");
  const note = (text: string): void => {
    process.stderr.write(`${paint("dim", text, process.stderr)}\n`);
  };
  const keep = flags.history && process.stdin.isTTY === true;
  const lines = new Reader(keep ? new InputHistory(defaultHistoryFile(), note) : undefined);
  const state: SessionState = { session, reasoning: flags.showReasoning, raw: flags.raw === true };
  for (;;) {
    const line = await lines.askMessage(paint("red", "User: ", process.stderr));
    if (line === undefined) break;
    if (line.trim() === "") continue;
    let action: Awaited<ReturnType<typeof runSessionCommand>> = "generate";
    if (/^\/(?!\/)/.test(line)) action = await runSessionCommand(line, state, note);
    else session.messages.push({ role: "user", content: line.replace(/^\/\//, "/") });
    if (action === "exit") break;
    if (action === "continue") continue;
    await answerOnce(state, flags, own, lines);
  }
  lines.close();
}

async function run(spec: string, flags: ChatFlags): Promise<void> {
  if (flags.json && flags.message === undefined) throw new UsageError("--json needs --message.");
  if (flags.replay !== undefined) return replay(flags.replay, flags);
  const { openTools } = await import("../chat/session-tools.ts");
  const own = await openTools(flags);
  const session = await createSession(spec, flags, own);
  try {
    if (flags.message !== undefined) await single(session, flags, own);
    else {
      if (!flags.quiet) await banner(session);
      await interactive(session, flags, own);
    }
    if (flags.save !== undefined) {
      const { saveSession } = await import("../chat/session-file.ts");
      await saveSession(session, flags.save);
    }
  } finally {
    await Promise.all(own.map((tool) => tool.dispose?.()));
    await session.model.engine.close();
  }
}

const examples = `
Examples:
  $ tokenwire chat                                  talk to the embedded toy model
  $ tokenwire chat -m "What is 2 plus 3?"           one question, the answer on standard output
  $ echo "Hello" | tokenwire chat -m - --json       events as JSON lines
  $ tokenwire chat --tools tools.json               functions whose results you are asked for
  $ tokenwire chat --python --browser --browser-backend local:docs
  $ tokenwire chat --apply-patch --workspace src    patches, each shown before it is applied
  $ tokenwire chat --save talk.json                 and later --load or --replay talk.json`;

export function chatCommand(): Command {
  return new Command("chat")
    .description("Talk to a model in the terminal")
    .argument("[engine]", "engine: embedded, or another one that serve takes", "embedded")
    .addOption(
      environmentOption("--profile <folder>", "folder or GGUF file with tokenizer and chat template"),
    )
    .addOption(
      new Option("-r, --reasoning-effort <effort>", "how much the model reasons").choices([
        "none",
        "minimal",
        "low",
        "medium",
        "high",
      ]),
    )
    .option("--developer-message <text>", "instructions before the conversation")
    .option("--developer-file <file>", "the same from a file")
    .option("--tools <file>", "JSON list of function tools, as in an API request")
    .addOption(
      new Option("--temperature <number>", "0 always takes the likeliest token").argParser(
        numberOption(0, 2),
      ),
    )
    .addOption(new Option("--top-p <number>", "nucleus sampling").argParser(numberOption(0.000_001, 1)))
    .addOption(new Option("--seed <number>", "repeats an answer").argParser(integerOption(0, 2 ** 53 - 1)))
    .addOption(new Option("--max-tokens <n>", "longest answer").argParser(integerOption(1, 1_000_000)))
    .option("--start-date <date>", "date that the model is told, YYYY-MM-DD (default: today)")
    .addOption(
      new Option("--show-reasoning <how>", "reasoning on the screen")
        .choices(["full", "collapsed", "hidden"])
        .default("full"),
    )
    .option("-m, --message <text>", "ask one question and exit; - reads it from standard input")
    .option("--json", "with --message: one JSON event per line")
    .option("-q, --quiet", "no banner")
    .option("-b, --browser", "let the model browse")
    .option("--browser-backend <name>", "http, exa, youcom, or local:FOLDER", "http")
    .option("-p, --python", "let the model run Python in a sandbox")
    .option("-a, --apply-patch", "let the model patch files, after your approval")
    .option("--workspace <folder>", "folder that patches may change", ".")
    .addOption(
      new Option("--mcp <label=target>", "tools of an MCP server, by URL or command; repeatable").argParser(
        listOption,
      ),
    )
    .option("-y, --yes", "run every tool without asking")
    .option("--raw", "show prompts and outputs with their control tokens")
    .option("--load <file>", "go on with a saved session")
    .option("--save <file>", "save the session at the end")
    .option("--replay <file>", "show a saved session; needs no engine")
    .option("--no-history", "do not keep what you type")
    .addHelpText("after", examples)
    .action((spec: string, flags: ChatFlags) => run(spec, flags));
}
