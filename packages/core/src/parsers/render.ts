// Small pieces that the rendering direction of several formats shares.

import { parseJson, stringifyJson } from "../json/index.ts";
import type { RenderableCall } from "./format.ts";

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
