// Between lossless values and the plain values that most JavaScript code wants.

import { TokenwireError } from "../errors.ts";
import { JsonFloat, type JsonObject, type JsonValue } from "./value.ts";

/**
 * Plain objects and arrays with the same content. A float becomes a number, a bigint becomes a number when a number
 * holds it exactly and stays a bigint otherwise. Members are own data properties, so a key `__proto__` is a key.
 *
 * @example toPlain(parseJson('{"a": [1.0, 2]}')) // { a: [1, 2] }
 */
export function toPlain(value: JsonValue): unknown {
  if (typeof value === "bigint") return BigInt(Number(value)) === value ? Number(value) : value;
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof JsonFloat) return value.value;
  if (Array.isArray(value)) return value.map(toPlain);
  const result: Record<string, unknown> = {};
  for (const [key, member] of value) {
    if (key === "__proto__") {
      Object.defineProperty(result, key, {
        value: toPlain(member),
        enumerable: true,
        writable: true,
        configurable: true,
      });
    } else result[key] = toPlain(member);
  }
  return result;
}

/** Deeper plain data is taken for a cycle. */
const maxDepth = 2000;

/**
 * The lossless value of plain data. Numbers with an integral value are integers; own enumerable properties are
 * members, those that are `undefined` are absent. Lossless values inside are kept as they are.
 *
 * @throws TokenwireError INVALID_ARGUMENT for functions, symbols, cycles, or `undefined` outside an object
 */
export function fromPlain(value: unknown): JsonValue {
  return convert(value, 0);
}

function convert(value: unknown, depth: number): JsonValue {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return fromNumber(value);
    case "bigint":
      return Number.isSafeInteger(Number(value)) ? Number(value) : value;
    case "object":
      return value === null ? null : fromObject(value, depth);
    default:
      throw new TokenwireError(
        "INVALID_ARGUMENT",
        `A value of type ${typeof value} has no JSON form; use null, booleans, numbers, strings, arrays and objects.`,
      );
  }
}

function fromNumber(value: number): number | bigint | JsonFloat {
  if (!Number.isFinite(value)) return new JsonFloat(value);
  if (!Number.isInteger(value)) return value;
  return Number.isSafeInteger(value) ? value + 0 || 0 : BigInt(value);
}

function fromObject(value: object, depth: number): JsonValue {
  if (value instanceof JsonFloat) return value;
  if (depth >= maxDepth) {
    throw new TokenwireError("INVALID_ARGUMENT", `Data is cyclic or nested deeper than ${maxDepth} levels.`);
  }
  if (Array.isArray(value)) return value.map((item) => convert(item, depth + 1));
  const members: JsonObject = new Map();
  const entries: Iterable<[unknown, unknown]> = value instanceof Map ? value : Object.entries(value);
  for (const [key, member] of entries) {
    if (member !== undefined) members.set(String(key), convert(member, depth + 1));
  }
  return members;
}
