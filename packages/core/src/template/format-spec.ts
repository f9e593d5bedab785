// format(value, specification): Python's format mini-language.

import { floatText } from "../json/index.ts";
import { repeatText } from "./arithmetic.ts";
import { codePointLength, unitOffset } from "./code-points.ts";
import { fitsIndex, numeric } from "./compare.ts";
import { fault, typeFault } from "./fault.ts";
import { checkPrecision, floatDigits, integerDigits, type NumberText } from "./format-number.ts";
import { str } from "./repr.ts";
import type { Runtime } from "./runtime.ts";
import { concat, isSafe, isStr, plain, type Str, slice } from "./text.ts";
import { isFloat, typeName, Undefined, type Value } from "./values.ts";

const grammar = /^(?:([\s\S])?([<>=^]))?([-+ ])?(#)?(0)?(\d*)([,_])?(?:\.(\d+))?([\s\S])?$/u;

interface Spec {
  readonly fill: string;
  readonly align: string | undefined;
  readonly sign: string;
  readonly alternate: boolean;
  readonly width: number;
  readonly grouping: string;
  readonly precision: number | undefined;
  readonly type: string;
}

/** The formatted value. A string keeps its flags. */
export function formatValue(rt: Runtime, value: Value, specText: string): Str {
  if (specText === "") return str(rt, value);
  const spec = parseSpec(rt, specText, value);
  if (isStr(value)) return formatText(rt, value, spec);
  const number = numeric(value);
  if (number === undefined) {
    if (value instanceof Undefined)
      return typeFault("unsupported format string passed to Undefined.__format__");
    return typeFault(`unsupported format string passed to ${typeName(value)}.__format__`);
  }
  return formatNumber(rt, value, number, spec);
}

function parseSpec(rt: Runtime, text: string, value: Value): Spec {
  const match = grammar.exec(text);
  if (match === null) {
    return fault("ValueError", `Invalid format specifier '${text}' for object of type '${typeName(value)}'`);
  }
  const [, fill, align, sign = "", alternate, zero, width, grouping = "", precision, type = ""] = match;
  const wide = Number(width ?? 0);
  if (!fitsIndex(wide)) fault("ValueError", "Too many decimal digits in format string");
  rt.checkText(wide);
  return {
    fill: fill ?? (zero !== undefined ? "0" : " "),
    align: align ?? (zero !== undefined ? "=" : undefined),
    sign,
    alternate: alternate !== undefined,
    width: wide,
    grouping,
    precision: precision === undefined ? undefined : checkPrecision(rt, Number(precision)),
    type,
  };
}

function unknownCode(type: string, value: Value): never {
  return fault("ValueError", `Unknown format code '${type}' for object of type '${typeName(value)}'`);
}

function formatText(rt: Runtime, text: Str, spec: Spec): Str {
  if (spec.type !== "" && spec.type !== "s") unknownCode(spec.type, text);
  if (spec.sign !== "") fault("ValueError", "Sign not allowed in string format specifier");
  if (spec.alternate) fault("ValueError", "Alternate form (#) not allowed in string format specifier");
  if (spec.grouping !== "") fault("ValueError", `Cannot specify '${spec.grouping}' with 's'.`);
  // A zero before the width fills strings on the right; an explicit `=` has no meaning for them.
  if (spec.align === "=" && spec.fill !== "0") {
    fault("ValueError", "'=' alignment not allowed in string format specifier");
  }
  const value = plain(text);
  const cut = spec.precision === undefined ? text : slice(text, 0, unitOffset(value, spec.precision));
  return aligned(rt, cut, spec, spec.align === "=" ? "<" : (spec.align ?? "<"));
}

function aligned(rt: Runtime, text: Str, { fill, width }: Spec, align: string): Str {
  const missing = width - codePointLength(plain(text));
  if (missing <= 0) return text;
  const before = align === "<" ? 0 : align === "^" ? Math.floor(missing / 2) : missing;
  const safe = isSafe(text);
  const left = concat(repeatText(rt, fill, before), text, safe);
  return concat(left, repeatText(rt, fill, missing - before), safe);
}

function formatNumber(rt: Runtime, value: Value, number: number | bigint, spec: Spec): Str {
  if (typeof value === "boolean" && spec.type === "s") unknownCode("s", value);
  if (spec.type === "c") return formatCharacter(rt, value, number, spec);
  const isInteger = !isFloat(value);
  const text =
    isInteger && (spec.type === "" || "dbnoxX".includes(spec.type))
      ? integerText(value, BigInt(number), spec)
      : realText(value, Number(number), spec, isInteger);
  return laidOut(rt, text, spec);
}

function integerText(value: Value, number: bigint, spec: Spec): NumberText {
  if (spec.precision !== undefined) {
    fault("ValueError", "Precision not allowed in integer format specifier");
  }
  if (spec.grouping === "," && spec.type !== "" && spec.type !== "d") {
    fault("ValueError", `Cannot specify ',' with '${spec.type}'.`);
  }
  if (spec.type === "" && typeof value === "boolean") return integerDigits(number, "d", spec.alternate);
  return integerDigits(number, spec.type === "" || spec.type === "n" ? "d" : spec.type, spec.alternate);
}

function realText(value: Value, number: number, spec: Spec, isInteger: boolean): NumberText {
  const { type, precision, alternate } = spec;
  if (type === "%") {
    const text = floatDigits(number * 100, "f", precision ?? 6, alternate);
    return { ...text, digits: `${text.digits}%` };
  }
  if (type === "" && !isInteger) return shortestText(number, precision, alternate);
  if (type === "n") return floatDigits(number, "g", precision ?? 6, alternate);
  if (!"eEfFgG".includes(type)) return unknownCode(type, value);
  return floatDigits(number, type, precision ?? 6, alternate);
}

/** Without a type a float looks like its repr, or with a precision like `g` with at least one decimal. */
function shortestText(number: number, precision: number | undefined, alternate: boolean): NumberText {
  const negative = number < 0 || Object.is(number, -0);
  if (precision === undefined || !Number.isFinite(number)) {
    return { negative, prefix: "", digits: floatText(Math.abs(number)) };
  }
  const text = floatDigits(number, "g", precision, alternate);
  const { digits } = text;
  if (/[e.]/.test(digits)) return text;
  // One decimal must fit into the precision; otherwise the exponent form is used.
  if (digits.length < Math.max(precision, 1)) return { ...text, digits: `${digits}.0` };
  return floatDigits(number, "e", Math.max(precision, 1) - 1, alternate);
}

function formatCharacter(rt: Runtime, value: Value, number: number | bigint, spec: Spec): Str {
  if (isFloat(value)) unknownCode("c", value);
  if (spec.sign !== "") fault("ValueError", "Sign not allowed with integer format specifier 'c'");
  if (number < 0 || number > 0x10ffff) fault("OverflowError", "%c arg not in range(0x110000)");
  return aligned(rt, String.fromCodePoint(Number(number)), spec, spec.align ?? "<");
}

function laidOut(rt: Runtime, { negative, prefix, digits }: NumberText, spec: Spec): Str {
  const sign = negative ? "-" : spec.sign === "-" ? "" : spec.sign;
  const align = spec.align ?? ">";
  const size = spec.type !== "" && "boxX".includes(spec.type) ? 4 : 3;
  const room = align === "=" && spec.fill === "0" ? spec.width - sign.length - prefix.length : 0;
  const body = grouped(digits, spec.grouping, size, room);
  if (align !== "=") return aligned(rt, sign + prefix + body, spec, align);
  const missing = spec.width - sign.length - prefix.length - body.length;
  return sign + prefix + (missing > 0 ? spec.fill.repeat(missing) : "") + body;
}

/** Separators between groups of digits; zeros that fill up to `room` are grouped too. */
function grouped(text: string, separator: string, size: number, room: number): string {
  if (separator === "") return text;
  const digit = size === 4 ? "[\\da-fA-F]" : "\\d";
  const whole = new RegExp(`^${digit}*`).exec(text)![0];
  const rest = text.slice(whole.length);
  const borders = new RegExp(`\\B(?=(?:${digit}{${size}})+$)`, "g");
  let digits = whole;
  while (digits.replace(borders, separator).length + rest.length < room) digits = `0${digits}`;
  return digits.replace(borders, separator) + rest;
}
