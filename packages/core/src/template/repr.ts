// How values print: `str` for what is printed itself, `repr` for what is inside a container.

import { floatText } from "../json/index.ts";
import { fault } from "./fault.ts";
import type { Runtime } from "./runtime.ts";
import { commonFlags, isStr, plain, type Str, Text, textOf, withSafety } from "./text.ts";
import {
  Bytes,
  Callable,
  DictView,
  dictEntries,
  floatValue,
  Generator,
  isDict,
  isFloat,
  Loop,
  Namespace,
  Range,
  Tuple,
  Undefined,
  type Value,
} from "./values.ts";

/** Categories that Python's repr escapes: everything that is not printable, but for the space. */
const unprintable = /[\p{C}\p{Z}]/gu;
const plainAscii = /^[ !#-&(-[\]-~]*$/;

/** `str(value)`, keeping flags and safety of strings. */
export function str(rt: Runtime, value: Value): Str {
  if (typeof value === "string" || value instanceof Text) return value;
  if (value instanceof Undefined) return "";
  return repr(rt, value);
}

/** `str(value)` as a plain string, not a safe one. */
export function plainStr(rt: Runtime, value: Value): Str {
  const text = str(rt, value);
  return typeof text === "string" ? text : withSafety(text, false);
}

/** `repr(value)`. Trusted only if every string in it is. */
export function repr(rt: Runtime, value: Value): Str {
  if (typeof value !== "object") return typeof value === "string" ? reprString(value) : scalarText(value);
  const writer = new ReprWriter(rt);
  writer.write(value, 0);
  return textOf(writer.text, writer.flags(), false);
}

function scalarText(value: boolean | number | bigint): string {
  if (typeof value === "boolean") return value ? "True" : "False";
  return typeof value === "bigint" || Number.isInteger(value) ? String(value) : floatText(value);
}

/** `repr` of a string. */
export function reprString(value: string): string {
  if (plainAscii.test(value)) return `'${value}'`;
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
  const escaped = value
    .replaceAll("\\", "\\\\")
    .replace(unprintable, escapeCharacter)
    .replaceAll(quote, `\\${quote}`);
  return quote + escaped + quote;
}

function escapeCharacter(character: string): string {
  switch (character) {
    case " ":
      return " ";
    case "\n":
      return "\\n";
    case "\r":
      return "\\r";
    case "\t":
      return "\\t";
    default:
      return hexEscape(character.codePointAt(0)!);
  }
}

function hexEscape(point: number): string {
  const hex = point.toString(16);
  if (point < 0x100) return `\\x${hex.padStart(2, "0")}`;
  return point < 0x10000 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

/** `ascii(value)`: repr with everything beyond ASCII escaped. */
export function asciiRepr(rt: Runtime, value: Value): Str {
  const text = repr(rt, value);
  return textOf(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the complement of ASCII
    plain(text).replace(/[^\u0000-\u007f]/gu, (character) => hexEscape(character.codePointAt(0)!)),
    commonFlags(text),
    false,
  );
}

/** Containers nest at most this deep: deeper ones would need as much stack. */
const maxNesting = 1000;

class ReprWriter {
  text = "";
  private readonly rt: Runtime;
  private common = -1;

  constructor(rt: Runtime) {
    this.rt = rt;
  }

  /** Flags of the result: those of all strings in it; without strings, none. */
  flags(): number {
    return this.common === -1 ? 0 : this.common;
  }

  private add(text: string): void {
    this.text += text;
    this.rt.checkGrowing(this.text.length);
  }

  private string(value: Str): void {
    this.common &= commonFlags(value);
    const quoted = reprString(plain(value));
    this.add(typeof value !== "string" && value.safe ? `Markup(${quoted})` : quoted);
  }

  write(value: Value, depth: number): void {
    if (depth > maxNesting)
      fault("RecursionError", "maximum recursion depth exceeded while getting the repr of an object");
    if (value === null) this.add("None");
    else if (isStr(value)) this.string(value);
    else if (typeof value !== "object") this.add(scalarText(value));
    else if (Array.isArray(value)) this.items("[", value, "]", depth);
    else if (isDict(value)) this.dict(value, depth);
    else if (value instanceof Tuple)
      this.items("(", value.items, value.items.length === 1 ? ",)" : ")", depth);
    else if (isFloat(value)) this.add(floatText(floatValue(value)));
    else this.object(value, depth);
  }

  private items(open: string, items: readonly Value[], close: string, depth: number): void {
    this.rt.step(items.length >> 2);
    this.add(open);
    for (let at = 0; at < items.length; at++) {
      if (at > 0) this.add(", ");
      this.write(items[at]!, depth + 1);
    }
    this.add(close);
  }

  private dict(value: Extract<Value, object>, depth: number): void {
    if (!isDict(value)) return;
    this.add("{");
    let first = true;
    for (const [key, member] of dictEntries(value)) {
      if (!first) this.add(", ");
      first = false;
      this.write(key, depth + 1);
      this.add(": ");
      this.write(member, depth + 1);
    }
    this.add("}");
  }

  private object(value: Value, depth: number): void {
    if (value instanceof Undefined) this.add("Undefined");
    else if (value instanceof DictView) this.view(value, depth);
    else if (value instanceof Range) this.add(rangeText(value));
    else if (value instanceof Namespace) this.namespace(value, depth);
    else if (value instanceof Bytes) this.add(bytesText(value.bytes));
    else if (value instanceof Loop) this.add(`<LoopContext ${value.index0 + 1}/${value.length}>`);
    else if (value instanceof Callable) this.add(callableText(value));
    else if (value instanceof Generator) this.add(`<${value.typeName} object>`);
  }

  private view(view: DictView, depth: number): void {
    const items: Value[] = [];
    for (const [key, value] of dictEntries(view.dict)) {
      if (view.part === "items") items.push(new Tuple([key, value]));
      else items.push(view.part === "keys" ? key : value);
    }
    this.add(`${view.typeName}(`);
    this.items("[", items, "]", depth);
    this.add(")");
  }

  private namespace(value: Namespace, depth: number): void {
    this.add("<Namespace ");
    this.dict(value.attributes, depth);
    this.add(">");
  }
}

function rangeText(range: Range): string {
  const step = range.step === 1 ? "" : `, ${range.step}`;
  return `range(${range.start}, ${range.stop}${step})`;
}

function callableText(value: Callable): string {
  if (value.typeName === "Macro")
    return `<Macro ${value.name === "" ? "anonymous" : reprString(value.name)}>`;
  return value.typeName === "type" ? `<class '${value.name}'>` : `<${value.typeName} ${value.name}>`;
}

function bytesText(bytes: Uint8Array): string {
  const quote = bytes.includes(0x27) && !bytes.includes(0x22) ? '"' : "'";
  let text = "";
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    if (character === quote || character === "\\") text += `\\${character}`;
    else if (byte >= 0x20 && byte < 0x7f) text += character;
    else
      text += "\n\r\t".includes(character)
        ? escapeCharacter(character)
        : `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return `b${quote}${text}${quote}`;
}
