// A request body as the validators want it: plain objects, except where a value only passes through to a template or
// an engine (tool schemas, template arguments). Those stay lossless, so `1.0`, big integers and key order survive.

import type { JsonObject, JsonValue } from "@tokenwire/core/json";
import { JsonFloat, toPlain } from "@tokenwire/core/json";
import { invalidRequest } from "./api-error.ts";

/** Members whose values stay `JsonValue`s wherever they occur. */
const losslessKeys = new Set([
  "parameters",
  "schema",
  "input_schema",
  "chat_template_kwargs",
  "guided_json",
  "documents",
  "structured_outputs",
]);

export type RequestBody = Record<string, unknown>;

/** The body of a JSON request. Raises 400 unless it is an object. */
export function toRequestBody(value: JsonValue | undefined): RequestBody {
  if (!(value instanceof Map)) {
    const got = value === undefined ? "nothing" : Array.isArray(value) ? "an array" : typeofJson(value);
    throw invalidRequest(null, `The body must be a JSON object, got ${got}.`);
  }
  return convertObject(value);
}

function typeofJson(value: JsonValue): string {
  if (value === null) return "null";
  return typeof value === "string" ? "a string" : typeof value === "boolean" ? "a boolean" : "a number";
}

function convert(value: JsonValue): unknown {
  if (value instanceof Map) return convertObject(value);
  if (Array.isArray(value)) return value.map(convert);
  return typeof value === "bigint" || value instanceof JsonFloat ? toPlain(value) : value;
}

function convertObject(value: JsonObject): RequestBody {
  const result: RequestBody = {};
  const isToolUse = value.get("type") === "tool_use";
  for (const [key, member] of value) {
    const keep = losslessKeys.has(key) || (isToolUse && key === "input");
    define(result, key, keep ? member : convert(member));
  }
  return result;
}

/** Sets an own data property; plain assignment to `__proto__` would change the prototype instead. */
function define(target: RequestBody, key: string, value: unknown): void {
  if (key !== "__proto__") target[key] = value;
  else Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}
