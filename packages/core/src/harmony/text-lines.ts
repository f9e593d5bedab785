// Lines as Rust's str::lines gives them: no empty line after a trailing newline, one \r before each \n removed, a
// \r at the very end kept.

/** The lines of `text`; the empty string has none. */
export function textLines(text: string): string[] {
  const lines = text.split("\n");
  const last = lines.pop()!;
  const ended = lines.map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
  if (last !== "") ended.push(last);
  return ended;
}

/** Each line of `text` with `prefix` in front of it. */
export function prefixedLines(text: string, prefix: string): string[] {
  return textLines(text).map((line) => prefix + line);
}
