// JSON text exactly as Python's json.dumps writes it: prompts and harmony tool schemas contain such text, and models
// have seen its spacing.

import { compareCodePoints } from "./compare.ts";
import { floatText } from "./float-text.ts";
import { quoteJson } from "./quote.ts";
import { JsonFloat, type JsonValue } from "./value.ts";

/** The keyword arguments of json.dumps, with its defaults. */
export interface DumpsOptions {
  /** Escape everything beyond ASCII. Default true, as in Python. */
  readonly ensureAscii?: boolean;
  /** Spaces (or the text) per level; 0 or less gives line breaks only. Default: one line. */
  readonly indent?: number | string;
  /** Between items, and between key and value. Default `[", ", ": "]`, with an indent `[",", ": "]`. */
  readonly separators?: readonly [item: string, key: string];
  /** Order the keys by code point. Default false. */
  readonly sortKeys?: boolean;
}

/** `DumpsOptions` with everything decided; `indent` is null for one line. */
export interface DumpsStyle {
  readonly ensureAscii: boolean;
  readonly indent: string | null;
  readonly itemSeparator: string;
  readonly keySeparator: string;
  readonly sortKeys: boolean;
}

/** Fills in Python's defaults. */
export function dumpsStyle(options: DumpsOptions = {}): DumpsStyle {
  const { indent, separators } = options;
  return {
    ensureAscii: options.ensureAscii ?? true,
    indent: typeof indent === "number" ? " ".repeat(Math.max(indent, 0)) : (indent ?? null),
    itemSeparator: separators?.[0] ?? (indent === undefined ? ", " : ","),
    keySeparator: separators?.[1] ?? ": ",
    sortKeys: options.sortKeys ?? false,
  };
}

/**
 * The text that `json.dumps(value, …)` gives in Python.
 *
 * @example dumps(parseJson('{"a":1.0,"é":[]}')) // '{"a": 1.0, "\\u00e9": []}'
 * @example dumps(value, { ensureAscii: false, indent: 2 })
 */
export function dumps(value: JsonValue, options: DumpsOptions = {}): string {
  return write(value, dumpsStyle(options), "\n");
}

/** `dumps`' text of a float: `repr`, or the names that Python gives to what JSON cannot express. */
export function dumpsFloat(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  return floatText(value);
}

function write(value: JsonValue, style: DumpsStyle, lineBreak: string): string {
  if (typeof value === "string") return quoteJson(value, style.ensureAscii);
  if (value === null || typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : dumpsFloat(value);
  if (value instanceof JsonFloat) return dumpsFloat(value.value);
  const inner = lineBreak + (style.indent ?? "");
  if (Array.isArray(value)) {
    const items = value.map((item) => write(item, style, inner));
    return encloseDumped("[", items, "]", style, lineBreak);
  }
  const keys = style.sortKeys ? [...value.keys()].sort(compareCodePoints) : value.keys();
  const members: string[] = [];
  for (const key of keys) {
    const text = write(value.get(key)!, style, inner);
    members.push(quoteJson(key, style.ensureAscii) + style.keySeparator + text);
  }
  return encloseDumped("{", members, "}", style, lineBreak);
}

/** Joins the written items of one container; `lineBreak` is a newline and the container's own indentation. */
export function encloseDumped(
  open: string,
  items: readonly string[],
  close: string,
  style: DumpsStyle,
  lineBreak: string,
): string {
  if (items.length === 0) return open + close;
  if (style.indent === null) return open + items.join(style.itemSeparator) + close;
  const inner = lineBreak + style.indent;
  return open + inner + items.join(style.itemSeparator + inner) + lineBreak + close;
}
