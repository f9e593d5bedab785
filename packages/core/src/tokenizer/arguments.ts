// Checks of arguments that plain JavaScript callers get wrong most often.

import { TokenwireError } from "../errors.ts";

/** Raises INVALID_ARGUMENT unless `value` is a string. */
export function requireText(value: unknown, name = "text"): asserts value is string {
  if (typeof value === "string") return;
  throw new TokenwireError(
    "INVALID_ARGUMENT",
    `${name} must be a string, got ${value === null ? "null" : typeof value}. For bytes use encodeBytes().`,
  );
}

/** Raises INVALID_ARGUMENT unless `value` is an array. */
export function requireTexts(value: unknown): asserts value is readonly string[] {
  if (Array.isArray(value)) return;
  throw new TokenwireError(
    "INVALID_ARGUMENT",
    `texts must be an array of strings, got ${value === null ? "null" : typeof value}. For one text use encode().`,
  );
}

/** Raises INVALID_ARGUMENT unless `value` is a Uint8Array. */
export function requireBytes(value: unknown): asserts value is Uint8Array {
  if (value instanceof Uint8Array) return;
  throw new TokenwireError(
    "INVALID_ARGUMENT",
    `bytes must be a Uint8Array, got ${value === null ? "null" : typeof value}. For text use encode().`,
  );
}

/** Raises INVALID_ARGUMENT unless `value` is a number to compare with. */
export function requireLimit(value: unknown, name: string): asserts value is number {
  if (typeof value === "number" && !Number.isNaN(value)) return;
  throw new TokenwireError("INVALID_ARGUMENT", `${name} must be a number of tokens, got ${String(value)}.`);
}

/** Raises INVALID_ARGUMENT unless `value` is an integer of at least `least`, or infinite. */
export function requireInteger(value: unknown, name: string, least: number): asserts value is number {
  if ((Number.isInteger(value) || value === Number.POSITIVE_INFINITY) && (value as number) >= least) return;
  throw new TokenwireError(
    "INVALID_ARGUMENT",
    `${name} must be an integer of at least ${least}, got ${String(value)}.`,
  );
}

/** Raises INVALID_ARGUMENT unless `value` can be read like an array. */
export function requireIds(value: unknown): asserts value is ArrayLike<number> {
  if (
    typeof value === "object" &&
    value !== null &&
    typeof (value as { length?: unknown }).length === "number"
  )
    return;
  throw new TokenwireError(
    "INVALID_ARGUMENT",
    `ids must be an array or a typed array of token IDs, got ${value === null ? "null" : typeof value}.`,
  );
}
