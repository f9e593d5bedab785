// One question, one answer, for scripts. Nobody can be asked, so only what needs no approval runs.

import { readStandardInput } from "../output.ts";
import { answerTurn, ToolLimit } from "./answer-turn.ts";
import type { CallRunnerOptions } from "./call-runner.ts";
import { AnswerDisplay, type DisplayOptions } from "./display.ts";
import type { ChatSession, RawView } from "./session.ts";

export interface SingleTurnOptions {
  readonly message: string;
  /** One JSON event per line instead of text. */
  readonly json: boolean;
  readonly display: DisplayOptions;
  readonly runner: CallRunnerOptions;
  readonly raw: RawView | undefined;
}

export async function singleTurn(session: ChatSession, options: SingleTurnOptions): Promise<void> {
  const { message, json, runner, raw } = options;
  session.messages.push({ role: "user", content: message === "-" ? await readMessage() : message });
  const display = new AnswerDisplay(options.display);
  const abort = new AbortController();
  process.once("SIGINT", () => abort.abort());
  const show: AnswerDisplay["show"] = (event, tokens) => {
    if (!json) return display.show(event, tokens);
    process.stdout.write(`${JSON.stringify(event)}\n`);
    return undefined;
  };
  try {
    const ownLine: CallRunnerOptions["show"] = (text) => {
      if (!json) display.end();
      runner.show(text);
    };
    const turn = await answerTurn({
      session,
      show,
      runner: { ...runner, show: ownLine },
      signal: abort.signal,
      raw,
    });
    if (turn.interrupted) process.exitCode = 130;
  } catch (error) {
    if (!(error instanceof ToolLimit)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 3;
  } finally {
    if (!json) display.end();
  }
}

async function readMessage(): Promise<string> {
  const text = await readStandardInput();
  if (text.includes("\ufffd")) {
    process.stderr.write("warning: bytes of standard input that are no UTF-8 became U+FFFD.\n");
  }
  return text;
}
