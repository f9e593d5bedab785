// The chat itself: asks until end of input. Ctrl-C stops an answer; at an empty prompt, twice, it leaves.

import { paint } from "../output.ts";
import { answerTurn, describeTurn, ToolLimit } from "./answer-turn.ts";
import type { CallRunnerOptions } from "./call-runner.ts";
import { AnswerDisplay, type DisplayOptions } from "./display.ts";
import { defaultHistoryFile, InputHistory } from "./history.ts";
import { LineReader } from "./line-reader.ts";
import type { RawView } from "./session.ts";
import { runSessionCommand, type SessionState } from "./session-commands.ts";

export interface InteractiveOptions {
  readonly display: DisplayOptions;
  readonly runner: Omit<CallRunnerOptions, "ask" | "show">;
  readonly rawView: RawView;
  /** Keep what the user types for the next time. */
  readonly history: boolean;
}

const note = (text: string): void => {
  process.stderr.write(`${paint("dim", text, process.stderr)}\n`);
};

export async function interactiveChat(state: SessionState, options: InteractiveOptions): Promise<void> {
  const keep = options.history && process.stdin.isTTY === true;
  const lines = new LineReader(keep ? new InputHistory(defaultHistoryFile(), note) : undefined);
  for (;;) {
    const line = await lines.askMessage(paint("red", "User: ", process.stderr));
    if (line === undefined) break;
    const action = await nextAction(line, state, lines);
    if (action === "exit") break;
    if (action === "generate") await answerOnce(state, options, lines);
  }
  lines.close();
}

async function nextAction(
  line: string,
  state: SessionState,
  lines: LineReader,
): Promise<"continue" | "exit" | "generate"> {
  const say = (content: string): "continue" | "generate" => {
    if (content.trim() === "") return "continue";
    state.session.messages.push({ role: "user", content });
    return "generate";
  };
  if (!/^\/(?!\/)/.test(line)) return say(line.replace(/^\/\//, "/"));
  const action = await runSessionCommand(line, state, note);
  return action === "block" ? say(await lines.askBlock()) : action;
}

/** One answer with all the calls it makes; what fails is shown and forgotten. */
async function answerOnce(
  state: SessionState,
  options: InteractiveOptions,
  lines: LineReader,
): Promise<void> {
  const { session, raw, reasoning } = state;
  const display = new AnswerDisplay({ ...options.display, reasoning });
  const abort = new AbortController();
  lines.onInterrupt = () => abort.abort();
  const runner: CallRunnerOptions = {
    ...options.runner,
    ask: (question) => lines.ask(question),
    show: (text) => {
      display.end();
      process.stderr.write(`${text}\n`);
    },
  };
  try {
    const turn = await answerTurn({
      session,
      runner,
      signal: abort.signal,
      show: (event, tokens) => (raw ? undefined : display.show(event, tokens)),
      raw: raw ? options.rawView : undefined,
    });
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
