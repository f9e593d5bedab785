// Lossless values as plain ones that `JSON.stringify` can write again: for what is echoed, stored or sent to an engine.

import { type JsonValue, toPlain } from "@tokenwire/core/json";

/** Plain data without what JSON has no name for: an integer of any size is the nearest number, an infinity is null. */
export function toWireJson(value: JsonValue): unknown {
  return writable(toPlain(value));
}

function writable(value: unknown): unknown {
  if (typeof value === "bigint") return writable(Number(value));
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(writable);
  // The object is ours; its own properties are replaced in place, so that a key `__proto__` stays a key.
  for (const [key, member] of Object.entries(value)) {
    const replaced = writable(member);
    if (replaced !== member) Object.defineProperty(value, key, { value: replaced });
  }
  return value;
}
