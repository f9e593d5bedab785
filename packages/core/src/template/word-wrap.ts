// The filter `wordwrap`: Python's textwrap.wrap without expansion of tabs and without replacement of white space.

import { codePointLength, unitOffset } from "./code-points.ts";
import { fault } from "./fault.ts";
import type { Runtime } from "./runtime.ts";
import { strip } from "./split.ts";
import { plain } from "./text.ts";

export interface WrapOptions {
  readonly width: number;
  readonly breakLongWords: boolean;
  readonly breakOnHyphens: boolean;
}

const space = "[\\t\\n\\v\\f\\r ]";
const word = "[^\\t\\n\\v\\f\\r ]";
/** Words that may be broken after a hyphen between letters, dashes between words, and runs of white space. */
const hyphenChunks = new RegExp(
  `(${space}+|(?<=[\\w!"'&.,?])-{2,}(?=\\w)|${word}+?(?:-(?:(?<=[^\\d\\W]{2}-)|(?<=[^\\d\\W]-[^\\d\\W]-))(?=[^\\d\\W]-?[^\\d\\W])|(?=${space}|$)|(?<=[\\w!"'&.,?])(?=-{2,}\\w)))`,
);
const spaceChunks = new RegExp(`(${space}+)`);

/** The lines that `text` (one line) is cut into. */
export function wrapLines(rt: Runtime, text: string, options: WrapOptions): string[] {
  const { width } = options;
  if (width <= 0) fault("ValueError", `invalid width ${width} (must be > 0)`);
  rt.step(text.length >> 3);
  const chunks = text
    .split(options.breakOnHyphens ? hyphenChunks : spaceChunks)
    .filter((chunk) => chunk !== "" && chunk !== undefined)
    .reverse();
  const lines: string[] = [];
  while (chunks.length > 0) {
    const line = takeLine(chunks, options, lines.length > 0);
    if (line !== "") lines.push(line);
  }
  return lines;
}

/** Takes the chunks of one line from the end of `chunks`. */
function takeLine(chunks: string[], options: WrapOptions, isLater: boolean): string {
  const { width } = options;
  const line: string[] = [];
  let length = 0;
  if (isLater && isBlank(chunks.at(-1)!)) chunks.pop();
  while (chunks.length > 0) {
    const size = codePointLength(chunks.at(-1)!);
    if (length + size > width) break;
    line.push(chunks.pop()!);
    length += size;
  }
  if (chunks.length > 0 && codePointLength(chunks.at(-1)!) > width) {
    breakLongWord(chunks, line, width - length, options);
  }
  if (line.length > 0 && isBlank(line.at(-1)!)) line.pop();
  return line.join("");
}

/** Fills the rest of a line with a word that is longer than a whole one, as Python does: even if nothing fits. */
function breakLongWord(chunks: string[], line: string[], room: number, options: WrapOptions): void {
  if (!options.breakLongWords) {
    if (line.length === 0) line.push(chunks.pop()!);
    return;
  }
  const chunk = chunks.pop()!;
  let cut = unitOffset(chunk, room);
  if (options.breakOnHyphens) {
    const hyphen = chunk.slice(0, cut).lastIndexOf("-");
    if (hyphen > 0 && /[^-]/.test(chunk.slice(0, hyphen))) cut = hyphen + 1;
  }
  line.push(chunk.slice(0, cut));
  chunks.push(chunk.slice(cut));
}

function isBlank(chunk: string): boolean {
  return plain(strip(chunk, null, true, true)) === "";
}
