// `tokenwire chat`: talk to a model in the terminal.

import { Command, Option } from "commander";
import type { DisplayOptions, ReasoningDisplay } from "../chat/display.ts";
import type { SessionFlags } from "../chat/open-session.ts";
import type { ChatSession, RawView } from "../chat/session.ts";
import type { SessionTools, ToolFlags } from "../chat/session-tools.ts";
import { environmentOption, integerOption, numberOption, repeatedOption } from "../options.ts";
import { hasColour, paint, printable, UsageError } from "../output.ts";
import { browserBackendNames, pythonBackendNames } from "../tool-backends.ts";

interface ChatFlags extends SessionFlags, ToolFlags {
  readonly functions?: string;
  readonly showReasoning: ReasoningDisplay;
  readonly showBrowserResults?: boolean;
  readonly markdown: "auto" | "on" | "off";
  readonly message?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly raw?: boolean;
  readonly yes?: boolean;
  readonly load?: string;
  readonly save?: string;
  readonly replay?: string;
  readonly replayTiming?: boolean;
  readonly history: boolean;
}

const rawView: RawView = {
  prompt: (text) => void process.stderr.write(paint("dim", `${printable(text)}\n`, process.stderr)),
  output: (text) => void process.stderr.write(paint("dim", printable(text), process.stderr)),
};

function displayOptions(flags: ChatFlags, own?: SessionTools): DisplayOptions {
  const { markdown, showReasoning: reasoning } = flags;
  const auto = process.stdout.isTTY === true && hasColour(process.stdout);
  const session = own?.browser?.session;
  return {
    reasoning,
    markdown: markdown === "on" || (markdown === "auto" && auto),
    pages: session && (() => session.pages),
  };
}

async function talk(session: ChatSession, flags: ChatFlags, own: SessionTools): Promise<void> {
  const { declaredFunctions } = await import("../chat/open-session.ts");
  const { readFunctionsFile } = await import("../chat/functions-file.ts");
  const runner = {
    tools: own.tools,
    functions: declaredFunctions(session, own.tools),
    yes: flags.yes === true,
    showBrowserResults: flags.showBrowserResults,
    answers: flags.functions === undefined ? undefined : await readFunctionsFile(flags.functions),
  };
  const display = displayOptions(flags, own);
  if (flags.message !== undefined) {
    const { singleTurn } = await import("../chat/single-turn.ts");
    const show = (line: string): void => void process.stderr.write(`${line}\n`);
    return singleTurn(session, {
      message: flags.message,
      json: flags.json === true,
      display,
      runner: { ...runner, ask: undefined, show },
      raw: flags.raw ? rawView : undefined,
    });
  }
  const { printBanner } = await import("../chat/banner.ts");
  const { interactiveChat } = await import("../chat/interactive.ts");
  if (!flags.quiet) printBanner(session);
  const { history, showReasoning: reasoning, raw = false } = flags;
  await interactiveChat(
    { session, reasoning, raw, browser: own.browser },
    { display, runner, rawView, history },
  );
}

async function run(engine: string, flags: ChatFlags): Promise<void> {
  if (flags.json && flags.message === undefined) throw new UsageError("--json needs --message.");
  if (flags.replay !== undefined) {
    const { replaySession } = await import("../chat/replay.ts");
    return replaySession(flags.replay, displayOptions(flags), flags.replayTiming === true);
  }
  const { openTools } = await import("../chat/session-tools.ts");
  const { openSession } = await import("../chat/open-session.ts");
  const { readSession, restoreSession, saveSession } = await import("../chat/session-file.ts");
  const saved = flags.load === undefined ? undefined : await readSession(flags.load);
  const own = await openTools(flags);
  let session: ChatSession | undefined;
  try {
    session = await openSession(engine, flags, own.tools);
    if (saved !== undefined) restoreSession(session, saved, own.browser);
    await talk(session, flags, own);
    if (flags.save !== undefined) await saveSession(session, flags.save, own.browser);
  } finally {
    await own.close();
    await session?.model.engine.close();
  }
}

const examples = `
Examples:
  $ tokenwire chat                                  talk to the embedded toy model
  $ tokenwire chat http://127.0.0.1:8080            talk to a server that has the model
  $ tokenwire chat -m "What is 2 plus 3?"           one question, the answer on standard output
  $ echo "Hello" | tokenwire chat -m - --json       events as JSON lines
  $ tokenwire chat --tools tools.json               functions whose results you are asked for
  $ tokenwire chat --tools tools.json --functions results.mjs
  $ tokenwire chat --python --browser --browser-backend local:docs
  $ tokenwire chat --apply-patch --workspace src    patches, each shown before it is applied
  $ tokenwire chat --save talk.json                 and later --load or --replay talk.json

The engine can also be named by the variable TOKENWIRE_ENGINE.
Exit codes: 0 ok, 1 engine or network error, 2 usage, 3 too many tool calls, 130 interrupted.`;

const efforts = ["none", "minimal", "low", "medium", "high"];

export function chatCommand(): Command {
  const command = new Command("chat")
    .description("Talk to a model in the terminal")
    .argument("[engine]", "engine: embedded, or another one that serve takes (default: embedded)")
    .action((engine: string | undefined, flags: ChatFlags) =>
      run(engine ?? process.env["TOKENWIRE_ENGINE"] ?? "embedded", flags),
    );
  command.optionsGroup("Model:");
  command
    .addOption(
      environmentOption("--profile <folder>", "folder or GGUF file with tokenizer and chat template"),
    )
    .addOption(new Option("-r, --reasoning-effort <effort>", "how much the model reasons").choices(efforts))
    .option("--system-identity <text>", "who the model is told to be (harmony models)")
    .option("--start-date <date>", "date that the model is told, YYYY-MM-DD (default: today)")
    .option("--developer-message <text>", "instructions before the conversation")
    .option("--developer-file <file>", "the same from a file")
    .option("-c, --context <n>", "most tokens of a conversation", integerOption(1, 100_000_000))
    .addOption(
      new Option("--temperature <number>", "0 always takes the likeliest token").argParser(
        numberOption(0, 2),
      ),
    )
    .addOption(new Option("--top-p <number>", "nucleus sampling").argParser(numberOption(0.000_001, 1)))
    .addOption(new Option("--seed <number>", "repeats an answer").argParser(integerOption(0, 2 ** 53 - 1)))
    .addOption(new Option("--max-tokens <n>", "longest answer").argParser(integerOption(1, 1_000_000)));
  command.optionsGroup("Tools:");
  command
    .option("-b, --browser", "let the model browse")
    .addOption(
      environmentOption(
        "--browser-backend <name>",
        `where the browser looks: ${browserBackendNames}`,
      ).default("http"),
    )
    .option("--browser-render", "show the model pages as Chromium renders them")
    .option("--show-browser-results", "print what the browser returns")
    .option("-p, --python", "let the model run Python")
    .addOption(
      environmentOption("--python-backend <name>", `what runs Python: ${pythonBackendNames}`).default("wasi"),
    )
    .option("-a, --apply-patch", "let the model patch files, after your approval")
    .option("--workspace <folder>", "folder that patches may change", ".")
    .addOption(
      new Option("--mcp <label=target>", "tools of an MCP server, by URL or command; repeatable").argParser(
        repeatedOption,
      ),
    )
    .option("--tools <file>", "JSON list of function tools, as in an API request")
    .option("--functions <file>", "their results: a JSON object by name, or a module of functions")
    .option("-y, --yes", "run every tool without asking");
  command.optionsGroup("Screen:");
  command
    .addOption(
      new Option("--show-reasoning <how>", "reasoning on the screen")
        .choices(["full", "collapsed", "hidden"])
        .default("full"),
    )
    .addOption(
      new Option("--markdown <when>", "style Markdown in answers")
        .choices(["auto", "on", "off"])
        .default("auto"),
    )
    .option("--raw", "show prompts and outputs with their control tokens")
    .option("-q, --quiet", "no banner")
    .option("--no-history", "do not keep what you type");
  command.optionsGroup("Scripts and files:");
  return command
    .option("-m, --message <text>", "ask one question and exit; - reads it from standard input")
    .option("--json", "with --message: one JSON event per line")
    .option("--load <file>", "go on with a saved session")
    .option("--save <file>", "save the session at the end")
    .option("--replay <file>", "show a saved session; needs no engine")
    .option("--replay-timing", "with --replay: as slowly as it was")
    .addHelpText("after", examples);
}
