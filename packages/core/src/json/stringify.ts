// Compact JSON text of lossless values: parseJson(stringifyJson(value)) is value again.

import { floatText } from "./float-text.ts";
import { JsonFloat, type JsonValue } from "./value.ts";

/** Layout of `stringifyJson`. */
export interface StringifyJsonOptions {
  /** Spaces per level. Default 0: everything on one line without spaces. */
  readonly indent?: number;
}

/**
 * JSON text. Floats keep their point (`1.0`), an infinite one is written as `1e999` (which reads back), NaN as null.
 * Lone surrogates are escaped, so the text is valid UTF-8 when encoded.
 *
 * @example stringifyJson(parseJson('{"a": 1.0, "b": [1, 2]}')) // '{"a":1.0,"b":[1,2]}'
 */
export function stringifyJson(value: JsonValue, options: StringifyJsonOptions = {}): string {
  const indent = " ".repeat(options.indent ?? 0);
  return write(value, indent, indent === "" ? "" : "\n");
}

function write(value: JsonValue, indent: string, lineBreak: string): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (value === null || typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : jsonFloat(value);
  if (value instanceof JsonFloat) return jsonFloat(value.value);
  return writeContainer(value, indent, lineBreak);
}

function writeContainer(
  value: JsonValue[] | Map<string, JsonValue>,
  indent: string,
  lineBreak: string,
): string {
  const inner = lineBreak + (lineBreak === "" ? "" : indent);
  const colon = lineBreak === "" ? ":" : ": ";
  const parts: string[] = [];
  if (Array.isArray(value)) for (const item of value) parts.push(write(item, indent, inner));
  else {
    for (const [key, member] of value) {
      parts.push(JSON.stringify(key) + colon + write(member, indent, inner));
    }
  }
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  if (parts.length === 0) return `${open}${close}`;
  return `${open}${inner}${parts.join(`,${inner}`)}${lineBreak}${close}`;
}

function jsonFloat(value: number): string {
  if (Number.isNaN(value)) return "null";
  if (!Number.isFinite(value)) return value > 0 ? "1e999" : "-1e999";
  return floatText(value);
}
