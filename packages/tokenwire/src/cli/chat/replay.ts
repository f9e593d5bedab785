// A saved session on the screen again. Needs no engine.

import { setTimeout as pause } from "node:timers/promises";
import { paint, printable } from "../output.ts";
import { AnswerDisplay, type DisplayOptions } from "./display.ts";
import { messageText } from "./session.ts";
import { readSession, type SavedSession } from "./session-file.ts";

/**
 * Shows a saved session.
 *
 * @param timed Take as long as the answers took.
 */
export async function replaySession(path: string, options: DisplayOptions, timed: boolean): Promise<void> {
  const { messages, turns = [], browser } = await readSession(path);
  const pages = browser?.stack.map((index) => browser.pages[index]!);
  const display = new AnswerDisplay({ ...options, ...(pages && { pages: () => pages }) });
  for (const [index, message] of messages.entries()) {
    if (message.role !== "assistant") {
      const name = message.name === undefined ? message.role : `${message.role} ${message.name}`;
      process.stdout.write(`${paint("red", `${name}:`)} ${printable(messageText(message))}\n`);
      continue;
    }
    const turn = timed ? turns.find((entry) => entry.message === index) : undefined;
    await replayAnswer(message, display, turn);
    display.end();
  }
}

type Turn = NonNullable<SavedSession["turns"]>[number];

async function replayAnswer(
  message: SavedSession["messages"][number],
  display: AnswerDisplay,
  turn: Turn | undefined,
): Promise<void> {
  const text = messageText(message);
  const reasoning = message.reasoning ?? "";
  const pieces = [...inPieces("reasoning", reasoning), ...inPieces("text", text)];
  if (turn !== undefined) await pause(turn.firstTokenMs);
  const wait = turn === undefined ? 0 : (turn.totalMs - turn.firstTokenMs) / Math.max(1, pieces.length);
  for (const piece of pieces) {
    await display.show(piece);
    if (wait > 0) await pause(wait);
  }
  for (const [index, call] of (message.toolCalls ?? []).entries()) {
    await display.show({ type: "tool-call", index, id: call.id, name: call.name });
    await display.show({ type: "tool-arguments", index, text: call.arguments });
  }
}

/** Words with the white space behind them, as they might have come. */
function inPieces<T extends "reasoning" | "text">(type: T, text: string): { type: T; text: string }[] {
  return (text.match(/\s*\S+\s*|\s+/g) ?? []).map((piece) => ({ type, text: piece }));
}
