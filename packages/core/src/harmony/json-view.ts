// One way to look into JSON whatever holds it: plain values from JSON.parse, or lossless values (maps) that keep key
// order and number literals. A look-up on anything that is not an object finds nothing.

import { JsonFloat } from "../json/index.ts";

/** True for a JSON object, plain or lossless. */
export function isJsonObject(value: unknown): value is object {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof JsonFloat)
  );
}

/** The member `key` of an object, or undefined. */
export function member(value: unknown, key: string): unknown {
  if (!isJsonObject(value)) return undefined;
  if (value instanceof Map) return value.get(key);
  return Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
}

/** The members of an object in the order in which it holds them; none for anything else. */
export function members(value: unknown): Iterable<[string, unknown]> {
  if (!isJsonObject(value)) return [];
  return value instanceof Map ? (value as Map<string, unknown>) : Object.entries(value);
}
