// What xgrammar makes of a JSON Schema: some keywords it ignores, some it narrows, and look-around in a pattern aborts
// its WebAssembly instance. With `strict` all of those are refused by path; without it only what would abort.

import { EngineError } from "../engine.ts";
import { wrongClass } from "./exact-classes.ts";

const ignored = [
  "not",
  "multipleOf",
  "if",
  "then",
  "else",
  "uniqueItems",
  "contains",
  "dependentRequired",
  "dependentSchemas",
  "nullable",
  "$anchor",
  "$dynamicRef",
  "unevaluatedProperties",
  "unevaluatedItems",
];
const formats = ["date-time", "date", "time", "email", "uuid", "ipv4", "uri", "hostname"];
const maxDepth = 64;
const maxPattern = 2000;
const maxLength = 1 << 20;

/** Keywords whose values are schemas, lists of them, or named ones. */
const inSchema = new Set([
  "items",
  "additionalProperties",
  "propertyNames",
  "not",
  "if",
  "then",
  "else",
  "contains",
]);
const inList = new Set(["anyOf", "oneOf", "allOf", "prefixItems"]);
const inNames = new Set(["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"]);

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Throws `EngineError` for a schema that cannot be compiled or, when `strict`, not be held exactly. */
export function checkSchema(schema: unknown, strict: boolean): void {
  if (JSON.stringify(schema).length > maxLength)
    throw unsupported("$", `the schema exceeds ${maxLength} characters`);
  visit(schema, "$", strict, 0);
}

function visit(schema: unknown, path: string, strict: boolean, depth: number): void {
  if (depth > maxDepth) throw unsupported(path, `schemas are nested at most ${maxDepth} deep`);
  if (!isObject(schema)) return;
  checkPattern(schema["pattern"], `${path}.pattern`);
  const patternProperties = schema["patternProperties"];
  if (isObject(patternProperties))
    for (const name of Object.keys(patternProperties)) checkPattern(name, `${path}.patternProperties`);
  const reference = schema["$ref"];
  if (typeof reference === "string" && !reference.startsWith("#")) {
    throw unsupported(`${path}.$ref`, `only references into the schema are followed, got "${reference}"`);
  }
  if (strict) checkStrict(schema, path);
  for (const [name, entry] of subschemas(schema)) visit(entry, path + name, strict, depth + 1);
}

/** Schemas inside a schema, with the path that leads to each. */
function* subschemas(schema: Json): Generator<readonly [string, unknown]> {
  for (const [key, value] of Object.entries(schema)) {
    if (inSchema.has(key)) yield [`.${key}`, value];
    else if (inList.has(key) && Array.isArray(value)) {
      for (const [index, entry] of value.entries()) yield [`.${key}[${index}]`, entry];
    } else if (inNames.has(key) && isObject(value)) {
      for (const [name, entry] of Object.entries(value)) yield [`.${key}.${name}`, entry];
    }
  }
}

/** A schema with its subschemas changed. */
export function mapSubschemas(schema: Json, change: (subschema: unknown) => unknown): Json {
  const mapped = (key: string, value: unknown): unknown => {
    if (inSchema.has(key)) return change(value);
    if (inList.has(key) && Array.isArray(value)) return value.map(change);
    if (!inNames.has(key) || !isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, change(entry)]));
  };
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, mapped(key, value)]));
}

function checkStrict(schema: Json, path: string): void {
  const keyword = ignored.find((name) => Object.hasOwn(schema, name));
  if (keyword !== undefined) throw unsupported(`${path}.${keyword}`, "this keyword cannot be enforced");
  if (Array.isArray(schema["allOf"]) && schema["allOf"].length > 1) {
    throw unsupported(`${path}.allOf`, "only one branch can be enforced");
  }
  if (schema["patternProperties"] !== undefined && schema["additionalProperties"] === false) {
    throw unsupported(
      `${path}.patternProperties`,
      "it cannot be enforced together with additionalProperties: false",
    );
  }
  const format = schema["format"];
  if (typeof format === "string" && !formats.includes(format)) {
    throw unsupported(
      `${path}.format`,
      `"${format}" cannot be enforced; known formats: ${formats.join(", ")}`,
    );
  }
}

function checkPattern(pattern: unknown, path: string): void {
  if (typeof pattern !== "string") return;
  if (pattern.length > maxPattern) throw unsupported(path, `patterns have at most ${maxPattern} characters`);
  checkRegex(pattern, path);
  const wrong = wrongClass(pattern);
  if (wrong !== undefined) throw unsupported(path, wrong);
}

/** Throws for a regular expression with look-around or back references, which would abort the compiler. */
export function checkRegex(pattern: string, path: string): void {
  if (/\(\?<?[=!]/.test(pattern)) throw unsupported(path, "look-ahead and look-behind are not supported");
  if (/\\(?:[1-9]|k<)/.test(pattern)) throw unsupported(path, "back references are not supported");
  try {
    new RegExp(pattern, "u");
  } catch (error) {
    throw new EngineError("invalid_request", `${path}: ${(error as Error).message}`, {
      about: "constraint",
      cause: error,
    });
  }
}

function unsupported(path: string, reason: string): EngineError {
  return new EngineError("unsupported", `JSON schema at ${path}: ${reason}.`, { about: "constraint" });
}
