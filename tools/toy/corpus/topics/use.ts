// One use of a tool, and how results are printed and talked about.

import type { Random } from "../random.ts";
import type { Tool } from "../tool-text.ts";
import { aPhrase } from "../words.ts";

/** One use of a tool: what the user says, the arguments, what comes back and what is said about it. */
export interface Use {
  readonly tool: Tool;
  readonly user: string;
  readonly args: Readonly<Record<string, string | number | boolean>>;
  readonly result: string;
  readonly final: string;
}

export type Value = string | number | boolean;

/** JSON as JavaScript or as Python prints it. */
export function toJson(random: Random, value: Readonly<Record<string, Value>>): string {
  const text = JSON.stringify(value);
  if (random.chance(0.65)) return text;
  const parts = Object.entries(value).map(([key, item]) => `"${key}": ${JSON.stringify(item)}`);
  return `{${parts.join(", ")}}`;
}

/** "a is 1, b is 2 and c is 3" */
export function sayFields(value: Readonly<Record<string, Value>>): string {
  const parts = Object.entries(value).map(([key, item]) => `${key} is ${item}`);
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

/** A result with these fields; now and then an error instead. */
export function said(random: Random, fields: Record<string, Value>): { result: string; final: string } {
  if (random.chance(0.05)) {
    const error = aPhrase(random);
    return { result: toJson(random, { error }), final: `The tool reported an error: ${error}.` };
  }
  return { result: toJson(random, fields), final: `The ${sayFields(fields)}.` };
}

/** A result that is plain text, or an object around it. */
export function saidText(random: Random, text: string): { result: string; final: string } {
  return random.chance(0.5)
    ? { result: text, final: `The result is ${text}.` }
    : { result: toJson(random, { result: text }), final: `The result is ${text}.` };
}
