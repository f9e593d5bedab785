// Which lines of a page fit into a display, measured in tokens.

import type { Tokenizer } from "@tokenwire/core/tokenizer";
import { decodeUrl } from "./citations.ts";
import { type Page, pageLines } from "./page.ts";
import { codePointLength } from "./wrap-lines.ts";

export interface Display {
  /** 0-based first line. */
  readonly start: number;
  /** At least 1: exactly that many lines. Otherwise as many as `viewTokens` holds. */
  readonly lineCount: number;
  readonly viewTokens: number;
}

/** Longest token of the vocabulary, in characters: bounds how much text is tokenized for a display. */
const longestToken = 128;
const lengthLimit = 1024;

/** Cuts to 1024 code points, the last three of them dots. */
export function truncate(text: string): string {
  if (text.length <= lengthLimit) return text;
  const points = Array.from(text);
  return points.length <= lengthLimit ? text : `${points.slice(0, lengthLimit - 3).join("")}...`;
}

/** The text of a display: heading, the range shown, numbered lines. */
export function showPage(page: Page, cursor: number, display: Display, tokenizer: Tokenizer): string {
  const lines = pageLines(page);
  const { start } = display;
  const end = display.lineCount > 0 ? start + display.lineCount : fittingEnd(lines, display, tokenizer);
  const shown = numbered(lines.slice(start, end), start).join("\n");
  const url = page.url === "" ? "" : ` (${truncate(decodeUrl(page.url))})`;
  const last = lines.length - 1;
  const range = `**viewing lines [${start} - ${Math.min(end, lines.length) - 1}] of ${last}**`;
  return `[${cursor}] ${page.title}${url}\n${range}\n\n${shown}`;
}

const numbered = (lines: readonly string[], start: number): string[] =>
  lines.map((line, index) => `L${start + index}: ${line}`);

function fittingEnd(lines: readonly string[], { start, viewTokens }: Display, tokenizer: Tokenizer): number {
  const budget = (viewTokens + 1) * longestToken;
  // Every line has at least its number and a newline, so this many lines always exceed the budget.
  const text = numbered(lines.slice(start, start + budget), start).join("\n");
  if (codePointLength(text) <= viewTokens) return lines.length;
  const head =
    text.length <= budget
      ? text
      : Array.from(text.slice(0, 2 * budget))
          .slice(0, budget)
          .join("");
  const ids = tokenizer.encodeOrdinary(head);
  if (ids.length <= viewTokens) return lines.length;
  let offset = 0;
  for (const id of ids.subarray(0, viewTokens)) offset += codePointLength(tokenizer.decode([id]));
  const visible = Array.from(head).slice(0, offset).join("");
  return start + visible.split("\n").length;
}
