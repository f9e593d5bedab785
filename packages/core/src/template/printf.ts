// `text % values` and the filter `format`: Python's printf-style formatting. Inserted strings keep their flags.

import { codePointLength, unitOffset } from "./code-points.ts";
import { fitsIndex, numeric } from "./compare.ts";
import { escapeHtml } from "./escape.ts";
import { fault, typeFault } from "./fault.ts";
import { checkPrecision, floatDigits, integerDigits, type NumberText, truncated } from "./format-number.ts";
import type { Output } from "./output.ts";
import { asciiRepr, plainStr, repr, str } from "./repr.ts";
import type { Runtime } from "./runtime.ts";
import { commonFlags, isSafe, isStr, plain, type Str, slice, textOf } from "./text.ts";
import { dictGet, isDict, isFloat, Range, Tuple, typeName, Undefined, type Value } from "./values.ts";

const conversion = /%(?:\(((?:[^()]|\([^()]*\))*)\))?([-+ #0]*)(\*|\d*)(?:\.(\*|\d*))?[hlL]?([\s\S]?)/gu;

interface Conversion {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly type: string;
}

/** What can be asked for an item counts as a mapping, so it need not be used up. */
function hasItems(value: Value): boolean {
  return isDict(value) || Array.isArray(value) || value instanceof Undefined || value instanceof Range;
}

/** Hands out the arguments, one after the other or by name. */
class ArgumentSource {
  private readonly rt: Runtime;
  private readonly mapping: Value | undefined;
  private readonly items: readonly Value[];
  private used = 0;
  private byName = false;

  constructor(rt: Runtime, value: Value) {
    this.rt = rt;
    this.items = value instanceof Tuple ? value.items : [value];
    const isMapping = !isStr(value) && !(value instanceof Tuple) && hasItems(value);
    this.mapping = isMapping ? value : undefined;
  }

  next(): Value {
    if (this.byName || this.used >= this.items.length) {
      return typeFault("not enough arguments for format string");
    }
    return this.items[this.used++]!;
  }

  named(name: Str): Value {
    if (this.mapping === undefined) return typeFault("format requires a mapping");
    this.byName = true;
    if (this.mapping instanceof Undefined) return this.mapping.fail();
    const value = isDict(this.mapping) ? dictGet(this.mapping, name) : undefined;
    if (value !== undefined) return value;
    return isDict(this.mapping)
      ? fault("KeyError", plain(repr(this.rt, name)))
      : typeFault("list indices must be integers or slices, not str");
  }

  finish(): void {
    if (this.used < this.items.length && this.mapping === undefined) {
      typeFault("not all arguments converted during string formatting");
    }
  }
}

/** `format % value`. */
export function formatPrintf(rt: Runtime, format: Str, value: Value): Str {
  const text = plain(format);
  const source = new ArgumentSource(rt, value);
  const output = rt.output();
  const safe = isSafe(format);
  let start = 0;
  for (const match of text.matchAll(conversion)) {
    output.write(slice(format, start, match.index));
    start = match.index + match[0].length;
    writeConversion(rt, output, source, match, safe);
  }
  output.write(slice(format, start, text.length));
  source.finish();
  return output.take(safe);
}

function writeConversion(
  rt: Runtime,
  output: Output,
  source: ArgumentSource,
  match: RegExpMatchArray,
  safe: boolean,
): void {
  const [all, name, flags = "", width = "", precision, type = ""] = match;
  if (type === "%") {
    output.write("%");
    return;
  }
  const named = name === undefined ? undefined : source.named(name);
  const spec = readSpec(rt, source, flags, width, precision, type);
  if (type === "") fault("ValueError", "incomplete format");
  if (!"diouxXeEfFgGcrsa".includes(type)) {
    const code = type.codePointAt(0)!;
    const shown = code >= 0x20 && code < 0x7f ? type : "?";
    const at = codePointLength(plain(match.input ?? "").slice(0, match.index! + all.length - type.length));
    fault("ValueError", `unsupported format character '${shown}' (0x${code.toString(16)}) at index ${at}`);
  }
  const value = named ?? source.next();
  output.write(converted(rt, value, spec, safe));
}

function readSpec(
  rt: Runtime,
  source: ArgumentSource,
  flags: string,
  width: string,
  precision: string | undefined,
  type: string,
): Conversion {
  const size = (text: string): number => {
    if (text !== "*") return Number(text);
    const value = source.next();
    const number = isFloat(value) ? undefined : numeric(value);
    if (number === undefined) return typeFault("* wants int");
    return fitsIndex(number)
      ? Number(number)
      : fault("OverflowError", "Python int too large to convert to C ssize_t");
  };
  const wide = width === "" ? 0 : size(width);
  const digits = precision === undefined ? undefined : size(precision === "" ? "0" : precision);
  rt.checkText(Math.abs(wide));
  return {
    flags: wide < 0 ? `${flags}-` : flags,
    width: Math.abs(wide),
    precision: digits === undefined ? undefined : Math.max(digits, 0),
    type,
  };
}

function converted(rt: Runtime, value: Value, spec: Conversion, safe: boolean): Str {
  switch (spec.type) {
    case "s":
      return padText(rt, cut(safe ? escapeHtml(str(rt, value)) : plainStr(rt, value), spec), spec);
    case "r":
      return padText(rt, cut(safe ? escapeHtml(repr(rt, value)) : repr(rt, value), spec), spec);
    case "a":
      return padText(rt, cut(asciiRepr(rt, value), spec), spec);
    case "c":
      return padText(rt, character(value), spec);
    case "e":
    case "E":
    case "f":
    case "F":
    case "g":
    case "G":
      return floatText(rt, value, spec);
    default:
      return integerText(rt, value, spec);
  }
}

function cut(text: Str, { precision }: Conversion): Str {
  return precision === undefined ? text : slice(text, 0, unitOffset(plain(text), precision));
}

function padText(rt: Runtime, text: Str, { width, flags }: Conversion): Str {
  const missing = width - codePointLength(plain(text));
  if (missing <= 0) return text;
  const output = rt.output();
  const spaces = textOf(" ".repeat(missing), commonFlags(text), false);
  output.write(flags.includes("-") ? text : spaces);
  output.write(flags.includes("-") ? spaces : text);
  return output.take(false);
}

function character(value: Value): Str {
  if (isStr(value) && codePointLength(plain(value)) === 1) return value;
  const number = isFloat(value) ? undefined : numeric(value);
  if (number === undefined) return typeFault("%c requires int or char");
  if (number < 0 || number > 0x10ffff) return fault("OverflowError", "%c arg not in range(0x110000)");
  return String.fromCodePoint(Number(number));
}

function floatText(rt: Runtime, value: Value, spec: Conversion): string {
  const number = numeric(value);
  if (number === undefined) {
    if (value instanceof Undefined) return value.fail();
    return typeFault(`must be real number, not ${typeName(value)}`);
  }
  const precision = checkPrecision(rt, spec.precision ?? 6);
  return padNumber(floatDigits(Number(number), spec.type, precision, spec.flags.includes("#")), spec);
}

function integerText(rt: Runtime, value: Value, spec: Conversion): string {
  const { type } = spec;
  const isHex = "oxX".includes(type);
  if (isHex && isFloat(value)) typeFault(`%${type} format: an integer is required, not float`);
  const number = finiteInteger(value);
  if (number === undefined) {
    if (value instanceof Undefined && !isHex) return value.fail();
    const wanted = isHex ? "an integer" : "a real number";
    return typeFault(`%${type} format: ${wanted} is required, not ${typeName(value)}`);
  }
  const text = integerDigits(number, isHex ? type : "d", spec.flags.includes("#"));
  checkPrecision(rt, spec.precision ?? 0);
  return padNumber({ ...text, digits: text.digits.padStart(spec.precision ?? 0, "0") }, spec);
}

function finiteInteger(value: Value): bigint | undefined {
  const number = numeric(value);
  if (typeof number === "number" && !Number.isFinite(number)) {
    if (Number.isNaN(number)) return fault("ValueError", "cannot convert float NaN to integer");
    return fault("OverflowError", "cannot convert float infinity to integer");
  }
  return truncated(value);
}

function padNumber({ negative, prefix, digits }: NumberText, { flags, width }: Conversion): string {
  const plus = flags.includes("+") ? "+" : flags.includes(" ") ? " " : "";
  const sign = negative ? "-" : plus;
  const missing = width - sign.length - prefix.length - digits.length;
  if (missing <= 0) return sign + prefix + digits;
  if (flags.includes("-")) return sign + prefix + digits + " ".repeat(missing);
  if (flags.includes("0")) return sign + prefix + "0".repeat(missing) + digits;
  return " ".repeat(missing) + sign + prefix + digits;
}
