// Splitting text into lines, and the normal forms under which a hunk's lines may equal a file's.

/** A line of a file with its own ending; the last line may have none. */
export interface FileLine {
  readonly text: string;
  readonly ending: "\n" | "\r\n" | "";
}

/** Lines of a file, split at `\n` and `\r\n` only. A final newline makes no empty last line. */
export function splitFileLines(text: string): FileLine[] {
  const lines: FileLine[] = [];
  let start = 0;
  while (start < text.length) {
    const newline = text.indexOf("\n", start);
    if (newline === -1) {
      lines.push({ text: text.slice(start), ending: "" });
      break;
    }
    const crlf = newline > start && text[newline - 1] === "\r";
    lines.push({ text: text.slice(start, crlf ? newline - 1 : newline), ending: crlf ? "\r\n" : "\n" });
    start = newline + 1;
  }
  return lines;
}

/** Lines of a patch in default mode: `\n` and `\r\n` split, nothing else does. */
export function splitPatchLines(text: string): string[] {
  return splitFileLines(text).map((line) => line.text);
}

/** Lines as Python's `str.splitlines()` gives them. */
export function splitPythonLines(text: string): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the separators that str.splitlines() documents
  const lines = text.split(/\r\n|[\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029]/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

// Python's str.strip() also removes U+001C to U+001F and U+0085, which JavaScript's trim() does not, and keeps
// U+FEFF, which trim() removes.
const pythonSpace =
  "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+";
const leading = new RegExp(`^${pythonSpace}`);
const trailing = new RegExp(`${pythonSpace}$`);

/** Python's `str.rstrip()`. */
export function stripEnd(text: string): string {
  return text.replace(trailing, "");
}

/** Python's `str.strip()`. */
export function strip(text: string): string {
  return stripEnd(text).replace(leading, "");
}

/** Typographic dashes, quotes and spaces as their ASCII counterparts, after trimming. */
export function asciiPunctuation(text: string): string {
  return strip(text)
    .replace(/[\u2010-\u2015\u2212]/g, "-")
    .replace(/[\u2018-\u201b]/g, "'")
    .replace(/[\u201c-\u201f]/g, '"')
    .replace(/[\u00a0\u2002-\u200a\u202f\u205f\u3000]/g, " ");
}

/** The passes of a search, from exact to lenient, with the fuzz that a match in that pass costs. */
export const passes: readonly { readonly fuzz: number; readonly normalise: (text: string) => string }[] = [
  { fuzz: 0, normalise: (text) => text },
  { fuzz: 1, normalise: stripEnd },
  { fuzz: 100, normalise: strip },
  { fuzz: 1000, normalise: asciiPunctuation },
];

/** How many of `passes` the reference has. */
export const referencePasses = 3;
