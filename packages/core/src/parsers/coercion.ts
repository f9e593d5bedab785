// Turns the raw text of a parameter into JSON, by the types its schema allows or by what it looks like. Never fails:
// what fits nothing is a string. Digits are kept: no number passes through a float.

import { isJsonText } from "../json/index.ts";
import { pythonToJson } from "./python-value.ts";
import type { Rules } from "./rules.ts";
import { isObject, type SchemaType, schemaTypes } from "./schema.ts";

const integer = /^-?(?:0|[1-9]\d*)$/;
const wholeNumber = /^(-?(?:0|[1-9]\d*))\.0+$/;
const decimal = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const pythonWords = new Map([
  ["True", "true"],
  ["False", "false"],
  ["None", "null"],
]);

/** What is known about a value before it is read. */
export interface ValueSchema {
  readonly types: ReadonlySet<SchemaType>;
  /** The schema is there at all. */
  readonly known: boolean;
}

export function valueSchema(schema: unknown, root: unknown, rules: Rules): ValueSchema {
  if (rules.coercion !== "smg") return { types: schemaTypes(schema, root), known: schema !== undefined };
  // SMG reads only a scalar `type`.
  const type = isObject(schema) ? schema["type"] : undefined;
  const types = typeof type === "string" ? schemaTypes({ type }, root) : new Set<SchemaType>();
  return { types, known: schema !== undefined };
}

/** The value can only be a string, so it may be streamed. */
export function isString(schema: ValueSchema, rules: Rules): boolean {
  if (schema.types.size === 0) return rules.untyped === "string" && rules.coercion !== "smg";
  return schema.types.size === 1 && schema.types.has("string");
}

/**
 * The JSON of a raw value.
 *
 * @param raw - The value as a string would show it.
 * @example coerce("007", { types: new Set(["integer", "string"]), known: true }, rules) // '"007"'
 */
export function coerce(raw: string, schema: ValueSchema, rules: Rules): string {
  const text = raw.trim();
  if (schema.types.size === 0) return rules.untyped === "string" ? JSON.stringify(raw) : infer(raw);
  if (schema.types.size === 1 && schema.types.has("string")) return JSON.stringify(raw);
  for (const type of order) {
    if (!schema.types.has(type)) continue;
    const json = convert(type, text, raw, schema.types);
    if (json !== undefined) return json;
  }
  return isJsonText(text) ? text : (pythonWords.get(text) ?? JSON.stringify(raw));
}

const order: readonly SchemaType[] = ["null", "integer", "number", "boolean", "object", "array", "string"];

function convert(
  type: SchemaType,
  text: string,
  raw: string,
  types: ReadonlySet<SchemaType>,
): string | undefined {
  switch (type) {
    case "null":
      return /^(?:null|none)$/i.test(text) ? "null" : undefined;
    case "integer":
      if (integer.test(text)) return text;
      return wholeNumber.exec(text)?.[1];
    case "number":
      return decimal.test(text) ? text : undefined;
    case "boolean":
      return boolean(text, types);
    case "object":
      return container(text, "{");
    case "array":
      return container(text, "[", "(");
    default:
      return JSON.stringify(raw);
  }
}

function boolean(text: string, types: ReadonlySet<SchemaType>): string | undefined {
  if (/^true$/i.test(text)) return "true";
  if (/^false$/i.test(text)) return "false";
  if (types.has("integer")) return undefined;
  if (text === "1") return "true";
  return text === "0" ? "false" : undefined;
}

function container(text: string, ...open: string[]): string | undefined {
  if (!open.some((bracket) => text.startsWith(bracket))) return undefined;
  return isJsonText(text) ? text : pythonToJson(text);
}

/** The JSON of a value without a known type, by what it looks like. */
export function infer(raw: string): string {
  const text = raw.trim();
  if (text === "") return JSON.stringify(raw);
  return (
    inferScalar(text) ?? container(text, "{", "[") ?? pythonTuple(text) ?? quoted(text) ?? JSON.stringify(raw)
  );
}

/** The same where containers stay strings. */
export function inferScalarOrString(raw: string): string {
  return inferScalar(raw.trim()) ?? JSON.stringify(raw);
}

function inferScalar(text: string): string | undefined {
  if (decimal.test(text) || text === "true" || text === "false" || text === "null") return text;
  return pythonWords.get(text);
}

function pythonTuple(text: string): string | undefined {
  return text.startsWith("(") ? pythonToJson(text) : undefined;
}

function quoted(text: string): string | undefined {
  return text.startsWith('"') && isJsonText(text) ? text : undefined;
}

const entities = new Map([
  ["&lt;", "<"],
  ["&gt;", ">"],
  ["&amp;", "&"],
  ["&quot;", '"'],
  ["&apos;", "'"],
  ["&#39;", "'"],
]);

/** Decodes the five XML entities, once. */
export function unescapeEntities(text: string): string {
  return text.replace(/&(?:lt|gt|amp|quot|apos|#39);/g, (entity) => entities.get(entity) ?? entity);
}
