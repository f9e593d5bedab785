// `tokenwire chat`: talk to a model in the terminal.

import { readFile } from "node:fs/promises";
import { createInterface, type Interface } from "node:readline/promises";
import { Command, Option } from "commander";
import type { AnswerDisplay, ReasoningDisplay } from "../chat/display.ts";
import type { ChatSession, TurnResult } from "../chat/session.ts";
import type { SessionState } from "../chat/session-commands.ts";
import { openServedModel } from "../model.ts";
import { environmentOption, integerOption, numberOption } from "../options.ts";
import { paint, readStandardInput, UsageError } from "../output.ts";

interface ChatFlags {
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
}

const maxToolRounds = 32;

async function createSession(spec: string, flags: ChatFlags): Promise<ChatSession> {
  const { ChatSession: Session } = await import("../chat/session.ts");
  const { parseChatTools, toRequestBody } = await import("../../protocol/index.ts");
  const { parseJson } = await import("@tokenwire/core/json");
  const model = await openServedModel({ engine: spec, profile: flags.profile });
  const tools =
    flags.tools === undefined
      ? []
      : parseChatTools(toRequestBody(new Map([["tools", parseJson(await readFile(flags.tools))]])));
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
    tools,
    currentDate: flags.startDate ?? localDate(),
    effort: flags.reasoningEffort,
  });
  const developer =
    flags.developerFile === undefined ? flags.developerMessage : await readFile(flags.developerFile, "utf8");
  if (developer) session.messages.push({ role: "developer", content: developer });
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

/** Lets the model answer, asking `answerCall` for the results of the functions it calls. */
async function answerTurn(
  session: ChatSession,
  show: (event: Parameters<AnswerDisplay["show"]>[0]) => Promise<void> | undefined,
  answerCall: (name: string, args: string) => Promise<string>,
  signal: AbortSignal,
): Promise<TurnResult> {
  for (let round = 0; ; round++) {
    const turn = await session.turn(show, signal);
    if (turn.calls.length === 0) return turn;
    if (round >= maxToolRounds)
      throw new Error(`The model called functions ${maxToolRounds} times without an answer.`);
    for (const call of turn.calls) {
      session.messages.push({
        role: "tool",
        toolCallId: call.id,
        content: await answerCall(call.name, call.arguments),
      });
    }
  }
}

/** One question, one answer, for scripts. */
async function single(session: ChatSession, flags: ChatFlags): Promise<void> {
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
  const turn = await session.turn(show, abort.signal);
  if (!flags.json) display.end();
  if (turn.interrupted) process.exitCode = 130;
}

async function banner(session: ChatSession): Promise<void> {
  const { profile, info } = session.model;
  const stream = process.stdout.isTTY ? process.stdout : process.stderr;
  const line = (label: string, text: string): void => {
    stream.write(`${paint("cyan", `${label}:`, stream)} ${text}\n`);
  };
  line("Model", `${profile.id} on ${info.engine}`);
  line("Reasoning effort", session.settings.effort ?? "model's default");
  line("Tools", session.settings.tools.map((tool) => tool.name).join(", ") || "none");
  stream.write(
    `${paint("dim", "/help lists the commands, Ctrl-C stops an answer, Ctrl-D leaves.", stream)}\n`,
  );
}

/** Asks until end of input. Ctrl-C stops an answer; at an empty prompt, twice, it leaves. */
async function interactive(session: ChatSession, flags: ChatFlags): Promise<void> {
  const { AnswerDisplay: Display } = await import("../chat/display.ts");
  const { runSessionCommand } = await import("../chat/session-commands.ts");
  const readline = createInterface({
    input: process.stdin,
    output: process.stdin.isTTY ? process.stdout : process.stderr,
    terminal: process.stdin.isTTY === true,
  });
  const state: SessionState = { session, reasoning: flags.showReasoning };
  const lines = new LineReader(readline);
  const note = (text: string): void => {
    process.stderr.write(`${paint("dim", text, process.stderr)}\n`);
  };
  for (;;) {
    const line = await lines.ask(paint("red", "User: ", process.stderr));
    if (line === undefined) break;
    if (line.trim() === "") continue;
    let action: ReturnType<typeof runSessionCommand> = "generate";
    if (/^\/(?!\/)/.test(line)) action = runSessionCommand(line, state, note);
    else session.messages.push({ role: "user", content: line.replace(/^\/\//, "/") });
    if (action === "exit") break;
    if (action === "continue") continue;
    const display = new Display(state.reasoning);
    const abort = new AbortController();
    lines.onInterrupt = () => abort.abort();
    try {
      const ask = async (name: string): Promise<string> => {
        display.end();
        return (await lines.ask(paint("magenta", `Function result for ${name}: `, process.stderr))) ?? "";
      };
      const turn = await answerTurn(session, (event) => display.show(event), ask, abort.signal);
      display.end(turn.interrupted ? "(interrupted)" : describeTurn(turn));
    } catch (error) {
      display.end();
      session.undo();
      process.stderr.write(`${paint("red", "error:", process.stderr)} ${(error as Error).message}\n`);
    } finally {
      lines.onInterrupt = undefined;
    }
  }
  readline.close();
}

/** Lines of the user, and Ctrl-C wherever it comes. */
class LineReader {
  readonly #readline: Interface;
  #interrupts = 0;
  #closed = false;
  readonly #waiting: string[] = [];
  #resolve: ((line: string | undefined) => void) | undefined;
  onInterrupt: (() => void) | undefined;

  constructor(readline: Interface) {
    this.#readline = readline;
    readline.on("line", (line) => {
      this.#interrupts = 0;
      if (this.#resolve) this.#settle(line);
      else this.#waiting.push(line);
    });
    readline.on("close", () => {
      this.#closed = true;
      this.#settle(undefined);
    });
    readline.on("SIGINT", () => {
      if (this.onInterrupt) this.onInterrupt();
      else if (++this.#interrupts >= 2) readline.close();
      else process.stderr.write("\n(Ctrl-C again to leave)\n");
    });
  }

  /** The next line; undefined at the end of input. */
  ask(prompt: string): Promise<string | undefined> {
    const [line] = this.#waiting.splice(0, 1);
    if (line !== undefined || this.#closed) return Promise.resolve(line);
    this.#readline.setPrompt(process.stdin.isTTY ? prompt : "");
    this.#readline.prompt();
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  #settle(line: string | undefined): void {
    this.#resolve?.(line);
    this.#resolve = undefined;
  }
}

async function run(spec: string, flags: ChatFlags): Promise<void> {
  if (flags.json && flags.message === undefined) throw new UsageError("--json needs --message.");
  const session = await createSession(spec, flags);
  try {
    if (flags.message !== undefined) await single(session, flags);
    else {
      if (!flags.quiet) await banner(session);
      await interactive(session, flags);
    }
  } finally {
    await session.model.engine.close();
  }
}

const examples = `
Examples:
  $ tokenwire chat                                  talk to the embedded toy model
  $ tokenwire chat -m "What is 2 plus 3?"           one question, the answer on standard output
  $ echo "Hello" | tokenwire chat -m - --json       events as JSON lines
  $ tokenwire chat --tools tools.json               functions whose results you are asked for`;

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
    .addHelpText("after", examples)
    .action((spec: string, flags: ChatFlags) => run(spec, flags));
}
