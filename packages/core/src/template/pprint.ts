// `pprint`: what is too wide for a line is broken as Python's pprint module breaks it, with dicts sorted by key.
// https://docs.python.org/3/library/pprint.html

import { codePointLength } from "./code-points.ts";
import { numeric, order } from "./compare.ts";
import { fault } from "./fault.ts";
import { repr, reprString } from "./repr.ts";
import type { Runtime } from "./runtime.ts";
import { splitLines } from "./split.ts";
import { isSafe, isStr, plain, type Str } from "./text.ts";
import { dictEntries, dictOf, isDict, Tuple, typeName, type Value } from "./values.ts";
import { spaceClass } from "./white-space.ts";

const lineWidth = 80;
const maxNesting = 200;
const words = new RegExp(`[^${spaceClass}]+[${spaceClass}]*|[${spaceClass}]+`, "gu");

/** The body of the filter. */
export function prettyPrint(rt: Runtime, value: Value): Value {
  const sorted = withSortedKeys(rt, value, 0);
  const line = repr(rt, sorted);
  if (codePointLength(plain(line)) <= lineWidth) return line;
  const printer = new PrettyPrinter(rt);
  printer.print(sorted, 0, 0, 1);
  return printer.text;
}

function withSortedKeys(rt: Runtime, value: Value, depth: number): Value {
  if (depth > maxNesting) fault("RecursionError", "maximum recursion depth exceeded in pprint");
  const inner = (item: Value): Value => withSortedKeys(rt, item, depth + 1);
  if (Array.isArray(value)) return value.map(inner);
  if (value instanceof Tuple) return new Tuple(value.items.map(inner));
  if (!isDict(value)) return value;
  const entries = Array.from(dictEntries(value), ([key, item]): [Value, Value] => [key, inner(item)]);
  rt.step(entries.length);
  return dictOf(entries.sort(([a], [b]) => keyOrder(rt, a, b)));
}

/** Keys that cannot be compared are in the order of their types' names. */
function keyOrder(rt: Runtime, a: Value, b: Value): number {
  const comparable = isStr(a) ? isStr(b) : numeric(a) !== undefined && numeric(b) !== undefined;
  if (comparable) return order(rt, "<", a, b) ? -1 : Number(order(rt, ">", a, b));
  const [first, second] = [typeName(a), typeName(b)];
  return first < second ? -1 : Number(first > second);
}

class PrettyPrinter {
  text = "";
  private readonly rt: Runtime;

  constructor(rt: Runtime) {
    this.rt = rt;
  }

  /** `room`: characters to keep free behind the value; `level`: how deep it stands, from 1. */
  print(value: Value, indent: number, room: number, level: number): void {
    const line = plain(repr(this.rt, value));
    this.rt.step(line.length >> 6);
    if (codePointLength(line) <= lineWidth - indent - room) this.add(line);
    else if (isStr(value) && !isSafe(value)) this.string(value, indent, room, level);
    else if (Array.isArray(value)) this.list("[", value, "]", indent, room, level);
    else if (value instanceof Tuple) {
      this.list("(", value.items, value.items.length === 1 ? ",)" : ")", indent, room, level);
    } else if (isDict(value)) this.dict([...dictEntries(value)], indent, room, level);
    else this.add(line);
  }

  private add(text: string): void {
    this.text += text;
    this.rt.checkGrowing(this.text.length);
  }

  private list(
    open: string,
    items: readonly Value[],
    close: string,
    indent: number,
    room: number,
    level: number,
  ): void {
    this.add(open);
    items.forEach((item, at) => {
      if (at > 0) this.newLine(indent + 1);
      this.print(item, indent + 1, at === items.length - 1 ? room + close.length : 1, level + 1);
    });
    this.add(close);
  }

  private dict(entries: readonly [Value, Value][], indent: number, room: number, level: number): void {
    this.add("{");
    entries.forEach(([key, value], at) => {
      if (at > 0) this.newLine(indent + 1);
      const name = `${plain(repr(this.rt, key))}: `;
      this.add(name);
      const start = indent + 1 + codePointLength(name);
      this.print(value, start, at === entries.length - 1 ? room + 1 : 1, level + 1);
    });
    this.add("}");
  }

  private newLine(indent: number): void {
    this.add(`,\n${" ".repeat(indent)}`);
  }

  /** As literals side by side, one a line, cut at line ends and then between words; in parentheses when alone. */
  private string(value: Str, indent: number, room: number, level: number): void {
    const isAlone = level === 1;
    const start = indent + Number(isAlone);
    const pieces = literals(plain(value), lineWidth - start, room + Number(isAlone));
    const text = pieces.join(`\n${" ".repeat(start)}`);
    this.add(isAlone && pieces.length > 1 ? `(${text})` : text);
  }
}

/** Quoted pieces of a string, none wider than `width` where words allow it; the last leaves `room` free. */
function literals(value: string, width: number, room: number): string[] {
  if (value === "") return ["''"];
  const lines = splitLines(value, true).map(plain);
  return lines.flatMap((line, at) => {
    const isLast = at === lines.length - 1;
    const whole = reprString(line);
    if (codePointLength(whole) <= width - (isLast ? room : 0)) return [whole];
    const parts = line.match(words) ?? [];
    const pieces: string[] = [];
    let piece = "";
    parts.forEach((part, index) => {
      const limit = width - (isLast && index === parts.length - 1 ? room : 0);
      if (codePointLength(reprString(piece + part)) <= limit) piece += part;
      else {
        if (piece !== "") pieces.push(reprString(piece));
        piece = part;
      }
    });
    return piece === "" ? pieces : [...pieces, reprString(piece)];
  });
}
