// Small pieces that the rendering direction of several formats shares.

import { type JsonValue, parseJson, stringifyJson } from "../json/index.ts";
import type { RenderableCall } from "./format.ts";
import { jsonInner } from "./json-text.ts";

/** `{"name": NAME, "arguments": ARGUMENTS}`. */
export function jsonCallText(call: RenderableCall, name = "name", args = "arguments"): string {
  return `{${JSON.stringify(name)}: ${JSON.stringify(call.name)}, ${JSON.stringify(args)}: ${call.arguments}}`;
}

/** The members of an arguments object as `[key, JSON source of the value]`, in order. */
export function argumentEntries(json: string): [string, string][] {
  const value = parseJson(json);
  if (!(value instanceof Map)) return [];
  return [...value].map(([key, member]) => [key, stringifyJson(member)]);
}

/** The decoded string when `json` is a JSON string, else its source: how formats with raw values write one. */
export function rawValue(json: string): string {
  return json.startsWith('"') ? (JSON.parse(json) as string) : json;
}

/** A JSON value as a Python literal. */
export function pythonLiteral(json: string): string {
  return literal(parseJson(json));
}

/** `f(a=1, b='x')`. */
export function pythonCallText(call: RenderableCall): string {
  const args = argumentEntries(call.arguments).map(([key, json]) => `${key}=${pythonLiteral(json)}`);
  return `${call.name}(${args.join(", ")})`;
}

function literal(value: JsonValue): string {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "string") return pythonQuote(value);
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (value instanceof Map) {
    return `{${[...value].map(([key, member]) => `${pythonQuote(key)}: ${literal(member)}`).join(", ")}}`;
  }
  return stringifyJson(value);
}

/** A Python string literal; JSON's escapes are Python's, but for the quote. */
function pythonQuote(text: string): string {
  return `'${jsonInner(text).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}
