// The error that callers see, with the place in the template.

import { type ErrorCode, TokenwireError } from "../errors.ts";
import { positionAt } from "../json/index.ts";
import type { Fault, FaultKind } from "./fault.ts";

/** Longest line shown in a message. */
const excerptWidth = 100;

/**
 * An error in a template or raised by one. `message` begins with Python's text, then names the place and shows it.
 *
 * - code TEMPLATE_INVALID: the template cannot be compiled, whatever the conversation
 * - code TEMPLATE_REFUSED: the template called `raise_exception`; `reason` is what it said
 * - code TEMPLATE_FAILED: the conversation does not fit the template
 * - code TEMPLATE_LIMIT_EXCEEDED: one of `TemplateLimits` was reached
 */
export class TemplateError extends TokenwireError {
  /** Line and column (in code points) in the template, both from 1. */
  readonly line: number;
  readonly column: number;
  /** The name of the Python exception, "limit" for a limit of ours. */
  readonly kind: FaultKind;
  /** The message without the place. */
  readonly reason: string;

  constructor(
    code: ErrorCode,
    kind: FaultKind,
    reason: string,
    source: string,
    offset: number,
    cause?: unknown,
  ) {
    const { line, column } = positionAt(source, Math.min(offset, source.length));
    super(code, `${reason} (line ${line}, column ${column})${excerpt(source, line, column)}`, { cause });
    this.name = "TemplateError";
    this.line = line;
    this.column = column;
    this.kind = kind;
    this.reason = reason;
  }
}

/** The line with a caret below the column; a long line is cut around it. */
function excerpt(source: string, line: number, column: number): string {
  const text = [...(source.split("\n", line)[line - 1] ?? "")];
  const from = Math.max(0, Math.min(column - 1 - excerptWidth / 2, text.length - excerptWidth));
  const label = `  ${line} | `;
  const shown = text.slice(from, from + excerptWidth).join("");
  return `\n${label}${shown}\n${" ".repeat(label.length - 2)}| ${" ".repeat(column - 1 - from)}^`;
}

/** The error for a fault while compiling. */
export function compileError(fault: Fault, source: string): TemplateError {
  const code = fault.kind === "limit" ? "TEMPLATE_LIMIT_EXCEEDED" : "TEMPLATE_INVALID";
  return new TemplateError(code, fault.kind, fault.message, source, fault.offset ?? 0, fault);
}

/** The error for a fault while rendering, at the offset of the operation under way. */
export function renderError(fault: Fault, source: string, offset: number): TemplateError {
  const codes: Partial<Record<FaultKind, ErrorCode>> = {
    limit: "TEMPLATE_LIMIT_EXCEEDED",
    TemplateError: "TEMPLATE_REFUSED",
  };
  return new TemplateError(
    codes[fault.kind] ?? "TEMPLATE_FAILED",
    fault.kind,
    fault.message,
    source,
    offset,
    fault,
  );
}
