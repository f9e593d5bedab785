// The filter `tojson`: Python's json.dumps, without HTML escaping and with the order of keys kept.

import {
  compareCodePoints,
  type DumpsStyle,
  dumpsFloat,
  dumpsStyle,
  encloseDumped,
  quoteJson,
} from "../json/index.ts";
import { numeric, sortOrder } from "./compare.ts";
import { fault, typeFault } from "./fault.ts";
import { type Filter, filter } from "./filter.ts";
import { toArray } from "./iteration.ts";
import type { Runtime } from "./runtime.ts";
import { commonFlags, isStr, plain, type Str, textOf } from "./text.ts";
import {
  type AnyDict,
  dictEntries,
  floatValue,
  isDict,
  isFloat,
  Tuple,
  truth,
  typeName,
  type Value,
} from "./values.ts";

class Dumper {
  private readonly rt: Runtime;
  private readonly style: DumpsStyle;
  private length = 0;
  flags = -1;

  constructor(rt: Runtime, style: DumpsStyle) {
    this.rt = rt;
    this.style = style;
  }

  private string(text: Str): string {
    this.flags &= commonFlags(text);
    const quoted = quoteJson(plain(text), this.style.ensureAscii);
    this.length += quoted.length;
    this.rt.checkGrowing(this.length);
    return quoted;
  }

  write(value: Value, lineBreak: string): string {
    if (isStr(value)) return this.string(value);
    if (value === null || typeof value === "boolean") return String(value);
    if (isFloat(value)) return dumpsFloat(floatValue(value));
    if (typeof value === "number" || typeof value === "bigint") return String(value);
    if (lineBreak.length > 20_000 || this.depth > 900)
      fault("RecursionError", "maximum recursion depth exceeded");
    if (Array.isArray(value)) return this.list(value, lineBreak);
    if (value instanceof Tuple) return this.list(value.items, lineBreak);
    if (isDict(value)) return this.dict(value, lineBreak);
    return typeFault(`Object of type ${typeName(value)} is not JSON serializable`);
  }

  private depth = 0;

  private list(items: readonly Value[], lineBreak: string): string {
    this.count(items.length);
    this.depth++;
    const inner = lineBreak + (this.style.indent ?? "");
    const parts = items.map((item) => this.write(item, inner));
    this.depth--;
    return encloseDumped("[", parts, "]", this.style, lineBreak);
  }

  private dict(dict: AnyDict, lineBreak: string): string {
    const entries: Iterable<[Value, Value]> = this.style.sortKeys ? this.sorted(dict) : dictEntries(dict);
    this.depth++;
    const inner = lineBreak + (this.style.indent ?? "");
    const parts: string[] = [];
    for (const [key, value] of entries) {
      const name = this.key(key);
      parts.push(name + this.style.keySeparator + this.write(value, inner));
    }
    this.count(parts.length);
    this.depth--;
    return encloseDumped("{", parts, "}", this.style, lineBreak);
  }

  private count(items: number): void {
    this.rt.step(1 + (items >> 3));
    this.length += items * 2;
    this.rt.checkGrowing(this.length);
  }

  private key(key: Value): string {
    if (isStr(key)) return this.string(key);
    if (key === null || typeof key === "boolean") return `"${key}"`;
    if (isFloat(key)) return `"${dumpsFloat(floatValue(key))}"`;
    const number = numeric(key);
    if (number === undefined) {
      return typeFault(`keys must be str, int, float, bool or None, not ${typeName(key)}`);
    }
    return `"${number}"`;
  }

  private sorted(dict: AnyDict): [Value, Value][] {
    const entries = [...dictEntries(dict)];
    if (entries.every(([key]) => typeof key === "string")) {
      return entries.sort((left, right) => compareCodePoints(left[0] as string, right[0] as string));
    }
    const order = sortOrder(this.rt);
    return entries.sort((left, right) => order(left[0], right[0]));
  }
}

function indentText(indent: Value | undefined): string | undefined {
  if (indent === undefined || indent === null) return undefined;
  if (isStr(indent)) return plain(indent);
  const number = isFloat(indent) ? undefined : numeric(indent);
  if (number === undefined)
    return typeFault(`can't multiply sequence by non-int of type '${typeName(indent)}'`);
  return " ".repeat(Math.min(Math.max(Number(number), 0), 1024));
}

function separatorPair(separators: Value | undefined): [string, string] | undefined {
  if (separators === undefined || separators === null) return undefined;
  const items = toArray(separators);
  if (items.length !== 2) {
    return fault(
      "ValueError",
      items.length < 2
        ? `not enough values to unpack (expected 2, got ${items.length})`
        : "too many values to unpack (expected 2)",
    );
  }
  const [item, key] = items;
  if (!isStr(item) || !isStr(key)) return typeFault("separators must be str");
  return [plain(item), plain(key)];
}

export const jsonFilter: Filter = filter(
  "tojson",
  "x ensure_ascii? indent? separators? sort_keys?",
  (rt, [value, ensureAscii, indent, separators, sortKeys]) => {
    const indentation = indentText(indent);
    const pair = separatorPair(separators);
    const style = dumpsStyle({
      ensureAscii: truth(ensureAscii ?? false),
      sortKeys: truth(sortKeys ?? false),
      ...(indentation === undefined ? {} : { indent: indentation }),
      ...(pair === undefined ? {} : { separators: pair }),
    });
    const dumper = new Dumper(rt, style);
    const text = dumper.write(value!, "\n");
    return textOf(text, dumper.flags === -1 ? 0 : dumper.flags, false);
  },
);
