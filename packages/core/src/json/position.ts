// Where in a text an offset lies, for error messages. Computed only when an error is raised.

/** A place in a text: UTF-16 offset from 0, line and column (in code points) from 1. */
export interface TextPosition {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

/** Line and column of `offset` in `text`; lines end at `\n`. */
export function positionAt(text: string, offset: number): TextPosition {
  let line = 1;
  let lineStart = 0;
  for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", at + 1)) {
    line++;
    lineStart = at + 1;
  }
  let column = 1;
  for (let at = lineStart; at < offset; column++) at += text.codePointAt(at)! > 0xffff ? 2 : 1;
  return { offset, line, column };
}
