// What a form that constraints are lowered to must be able to write.

import { TokenwireError } from "../../errors.ts";

export type ValueKind = "string" | "integer" | "number" | "boolean" | "null" | "any" | "object" | "array";

/** How a target writes alternatives, sequences and literals. */
export interface Target {
  literal(text: string): string;
  sequence(parts: readonly string[]): string;
  either(parts: readonly string[]): string;
  repeat(part: string, least: number, most: number | undefined): string;
  /** A JSON value of this kind. */
  value(kind: ValueKind): string;
  /** A reference; `body` writes what it stands for. */
  reference(name: string, body: () => string): string;
  /** Text without any of these. */
  without(excludes: readonly string[]): string;
  pattern(source: string): string;
}

/** The error for what a form cannot say. */
export const unsupported = (what: string): TokenwireError =>
  new TokenwireError(
    "INVALID_ARGUMENT",
    `${what} cannot be written in this form. Pass the schema to an engine that takes it.`,
  );
