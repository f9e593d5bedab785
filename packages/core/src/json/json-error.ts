// The error that parseJson raises, with the place of the fault.

import { TokenwireError } from "../errors.ts";
import { positionAt, type TextPosition } from "./position.ts";

/** Code INVALID_JSON. `offset` counts UTF-16 units from 0, `line` and `column` (code points) count from 1. */
export class JsonError extends TokenwireError implements TextPosition {
  readonly offset: number;
  readonly line: number;
  readonly column: number;

  constructor(problem: string, text: string, offset: number) {
    const place = positionAt(text, offset);
    super("INVALID_JSON", `${problem} (line ${place.line}, column ${place.column}, offset ${offset})`);
    this.name = "JsonError";
    this.offset = offset;
    this.line = place.line;
    this.column = place.column;
  }
}
