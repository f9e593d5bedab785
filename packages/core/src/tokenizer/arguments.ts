// Checks of arguments that plain JavaScript callers get wrong most often. All raise INVALID_ARGUMENT.

import { TokenwireError } from "../errors.ts";

/** Raises the error for an argument that is not as expected; shows numbers and short strings, else the type. */
export function refuse(expected: string, value: unknown, remedy = ""): never {
  const isShort = value === null || typeof value === "number";
  const got =
    typeof value === "string" ? JSON.stringify(value.slice(0, 40)) : isShort ? String(value) : typeof value;
  throw new TokenwireError("INVALID_ARGUMENT", `${expected}, got ${got}.${remedy}`);
}

/** Requires a string. */
export function requireText(value: unknown): asserts value is string {
  if (typeof value !== "string") refuse("text must be a string", value, " For bytes use encodeBytes().");
}

/** Requires an array. */
export function requireTexts(value: unknown): asserts value is readonly string[] {
  if (!Array.isArray(value))
    refuse("texts must be an array of strings", value, " For one text use encode().");
}

/** Requires a Uint8Array. */
export function requireBytes(value: unknown): asserts value is Uint8Array {
  if (!(value instanceof Uint8Array)) refuse("bytes must be a Uint8Array", value, " For text use encode().");
}

/** Requires a number to compare with. */
export function requireLimit(value: unknown, name: string): asserts value is number {
  if (typeof value !== "number" || Number.isNaN(value)) refuse(`${name} must be a number of tokens`, value);
}

/** Requires an integer of at least `least`, or infinity. */
export function requireInteger(value: unknown, name: string, least: number): asserts value is number {
  if ((Number.isInteger(value) || value === Number.POSITIVE_INFINITY) && (value as number) >= least) return;
  refuse(`${name} must be an integer of at least ${least}`, value);
}

/** Requires what can be read like an array. */
export function requireIds(value: unknown): asserts value is ArrayLike<number> {
  if (typeof value !== "object" || typeof (value as { length?: unknown } | null)?.length !== "number") {
    refuse("ids must be an array or a typed array of token IDs", value);
  }
}
