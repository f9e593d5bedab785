// Wrapping page text at 80 columns exactly as Python's textwrap does with tabs expanded, white space kept, long words
// broken and hyphens as break points: line numbers that models cite depend on it.

const width = 80;

// W word, L word but not digit, P what may stand before a dash, S and N ASCII white space and its complement.
const W = "[\\p{L}\\p{N}_]";
const L = "(?:(?!\\p{Nd})[\\p{L}\\p{N}_])";
const P = "[\\p{L}\\p{N}_!\"'&.,?]";
const S = "[\\t\\n\\x0b\\x0c\\r ]";
const N = "[^\\t\\n\\x0b\\x0c\\r ]";
const chunkPattern = new RegExp(
  `${S}+|(?<=${P})-{2,}(?=${W})|${N}+?(?:-(?:(?<=${L}{2}-)|(?<=${L}-${L}-))(?=${L}-?${L})|(?=${S}|$)|(?<=${P})(?=-{2,}${W}))`,
  "gu",
);
/** Without any of these a line of word characters and single spaces splits at its spaces, which is much faster. */
const needsPattern = /[-\t\v\f\r]/;

/**
 * Lines of `text` for display: split at newlines, then wrapped at 80 code points. Empty lines stay.
 *
 * @example
 * wrapLines("a\n\nb"); // ["a", "", "b"]
 */
export function wrapLines(text: string): string[] {
  return text.split("\n").flatMap((line) => (line === "" ? [""] : wrapLine(line)));
}

function wrapLine(line: string): string[] {
  if (line.length <= width && !line.includes("\t")) return [line];
  return fill(chunksOf(expandTabs(line)));
}

/** Number of code points. */
export function codePointLength(text: string): number {
  let length = text.length;
  for (let index = 0; index < text.length - 1; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0xd800 || unit > 0xdbff) continue;
    const next = text.charCodeAt(index + 1);
    if (next >= 0xdc00 && next <= 0xdfff) {
      length -= 1;
      index += 1;
    }
  }
  return length;
}

function expandTabs(line: string): string {
  if (!line.includes("\t")) return line;
  let column = 0;
  let out = "";
  for (const character of line) {
    if (character === "\t") {
      const spaces = 8 - (column % 8);
      out += " ".repeat(spaces);
      column += spaces;
    } else {
      out += character;
      column = character === "\r" ? 0 : column + 1;
    }
  }
  return out;
}

function chunksOf(line: string): string[] {
  if (!needsPattern.test(line)) return line.split(/( +)/).filter((chunk) => chunk !== "");
  const chunks: string[] = [];
  let last = 0;
  for (const match of line.matchAll(chunkPattern)) {
    if (match.index > last) chunks.push(line.slice(last, match.index));
    if (match[0] !== "") chunks.push(match[0]);
    last = match.index + match[0].length;
  }
  if (last < line.length) chunks.push(line.slice(last));
  return chunks;
}

function fill(chunks: readonly string[]): string[] {
  const lines: string[] = [];
  let line = "";
  let used = 0;
  for (const whole of chunks) {
    let chunk = whole;
    let length = codePointLength(chunk);
    if (used + length > width && length <= width) {
      if (line !== "") lines.push(line);
      line = "";
      used = 0;
    }
    while (used + length > width) {
      const cut = breakPoint(chunk, width - used);
      const points = Array.from(chunk);
      lines.push(line + points.slice(0, cut).join(""));
      chunk = points.slice(cut).join("");
      length -= cut;
      line = "";
      used = 0;
    }
    line += chunk;
    used += length;
  }
  if (line !== "") lines.push(line);
  return lines;
}

/** Where to cut a chunk that is longer than a line: after its last hyphen in the space left, else where space ends. */
function breakPoint(chunk: string, space: number): number {
  const head = Array.from(chunk).slice(0, space);
  const hyphen = head.lastIndexOf("-");
  return hyphen > 0 && head.slice(0, hyphen).some((point) => point !== "-") ? hyphen + 1 : space;
}
