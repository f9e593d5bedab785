// Filters on numbers.

import { integerArgument } from "./arguments.ts";
import { divide, power } from "./arithmetic.ts";
import { numeric } from "./compare.ts";
import { fixed } from "./decimal.ts";
import { fault, typeFault } from "./fault.ts";
import { type Filter, filter } from "./filter.ts";
import type { Runtime } from "./runtime.ts";
import { strip } from "./split.ts";
import { isStr, plain } from "./text.ts";
import { given, isFloat, toFloat, toInt, truth, typeName, Undefined, type Value } from "./values.ts";

/** ASCII digits for the decimal digits of any script. */
function asciiDigits(text: string): string {
  return text.replace(/[^\p{ASCII}]/gu, (character) => {
    if (!/\p{Nd}/u.test(character)) return character;
    // Decimal digits come in runs of ten: the first of the run is its zero.
    let zero = character.codePointAt(0)!;
    while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1)) && character.codePointAt(0)! - zero < 9) zero--;
    return String(character.codePointAt(0)! - zero);
  });
}

/** `int(text, base)`, `undefined` when the text is not such a number. */
function parseInteger(text: string, base: number): bigint | undefined {
  if (base !== 0 && (base < 2 || base > 36)) return undefined;
  const match = /^([-+]?)(0[xX]_?|0[oO]_?|0[bB]_?)?([\da-zA-Z]+(?:_[\da-zA-Z]+)*)$/.exec(
    asciiDigits(plain(strip(text, null, true, true))),
  );
  if (match === null) return undefined;
  const [, sign, prefix = "", body = ""] = match;
  const radix = prefix === "" ? 0 : { x: 16, o: 8, b: 2 }[prefix[1]!.toLowerCase() as "x" | "o" | "b"];
  // A prefix that does not belong to the base is part of the digits (`0b1` in base 16).
  const digits = (radix === base || base === 0 ? body : prefix + body).replaceAll("_", "").toLowerCase();
  const effective = base === 0 ? radix || 10 : base;
  if (base === 0 && radix === 0 && /^0+[1-9]/.test(digits)) return undefined;
  if (digits.length > 4300 && ![2, 4, 8, 16, 32].includes(effective)) return undefined;
  let value = 0n;
  for (const digit of digits) {
    const number = Number.parseInt(digit, 36);
    if (number >= effective) return undefined;
    value = value * BigInt(effective) + BigInt(number);
  }
  return sign === "-" ? -value : value;
}

const floatText =
  /^[-+]?(?:(?:\d+(?:_\d+)*)?\.?\d+(?:_\d+)*(?:[eE][-+]?\d+(?:_\d+)*)?|\d+(?:_\d+)*\.(?:\d+(?:_\d+)*)?(?:[eE][-+]?\d+(?:_\d+)*)?)$/;
const specialFloat = /^([-+]?)(inf|infinity|nan)$/i;

/** `float(text)`, `undefined` when the text is not a number. */
function parseFloatText(text: string): number | undefined {
  const trimmed = asciiDigits(plain(strip(text, null, true, true)));
  const special = specialFloat.exec(trimmed);
  if (special !== null) {
    if (special[2]!.toLowerCase() === "nan") return Number.NaN;
    return special[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  return floatText.test(trimmed) ? Number(trimmed.replaceAll("_", "")) : undefined;
}

/** The value as a double, `undefined` when Python's float() refuses its type or text. */
function asFloat(value: Value): number | undefined {
  if (isStr(value)) return parseFloatText(plain(value));
  if (value instanceof Undefined) return value.fail();
  const number = numeric(value);
  if (number === undefined) return undefined;
  const result = Number(number);
  if (typeof number === "bigint" && !Number.isFinite(result)) {
    return fault("OverflowError", "int too large to convert to float");
  }
  return result;
}

function toInteger(value: Value, fallback: Value, base: number): Value {
  if (isStr(value)) {
    const integer = parseInteger(plain(value), base);
    if (integer !== undefined) return toInt(integer);
  } else if (!isFloat(value)) {
    const integer = numeric(value);
    if (integer !== undefined) return integer;
  }
  const float = asFloat(value);
  if (float === undefined || Number.isNaN(float)) return fallback;
  if (!Number.isFinite(float)) {
    // int(inf) is an error that the filter only expects from text.
    return isStr(value) ? fallback : fault("OverflowError", "cannot convert float infinity to integer");
  }
  return toInt(BigInt(Math.trunc(float)));
}

function round(value: Value, precision: Value | undefined, method: Value | undefined): Value {
  const name = method === undefined ? "common" : isStr(method) ? plain(method) : "";
  if (name !== "common" && name !== "ceil" && name !== "floor") {
    fault("FilterArgumentError", "method must be common, ceil or floor");
  }
  if (name === "common") return roundCommon(value, precision);
  const scale = power(10, given(precision, 0));
  const scaled = multiplyNumbers(value, scale);
  const number = numeric(scaled);
  if (number === undefined) return typeFault(`must be real number, not ${typeName(value)}`);
  if (typeof number === "number" && !Number.isFinite(number)) {
    return Number.isNaN(number)
      ? fault("ValueError", "cannot convert float NaN to integer")
      : fault("OverflowError", "cannot convert float infinity to integer");
  }
  const whole =
    typeof number === "bigint" ? number : BigInt(name === "ceil" ? Math.ceil(number) : Math.floor(number));
  return divide(toInt(whole), scale);
}

function multiplyNumbers(value: Value, scale: Value): Value {
  if (value instanceof Undefined) return value.fail();
  if (numeric(value) === undefined) return typeFault(`must be real number, not ${typeName(value)}`);
  return isFloat(value) || isFloat(scale)
    ? toFloat(Number(numeric(value)) * Number(numeric(scale)))
    : toInt(BigInt(numeric(value)!) * BigInt(numeric(scale)!));
}

function roundCommon(value: Value, precision: Value | undefined): Value {
  const number = numeric(value);
  if (number === undefined) {
    return typeFault(`type ${typeName(value)} doesn't define __round__ method`);
  }
  const places = precision === null ? 0 : integerArgument(precision, 0);
  if (!isFloat(value)) return places >= 0 ? toInt(BigInt(number)) : roundInteger(BigInt(number), -places);
  const float = Number(number);
  if (!Number.isFinite(float)) {
    if (precision !== null) return toFloat(float);
    return Number.isNaN(float)
      ? fault("ValueError", "cannot convert float NaN to integer")
      : fault("OverflowError", "cannot convert float infinity to integer");
  }
  if (places > 323) return toFloat(float);
  const rounded = places < -309 ? 0 : Number(fixed(Math.abs(float), places));
  const signed = float < 0 || Object.is(float, -0) ? -rounded : rounded;
  return precision === null ? toInt(BigInt(signed)) : toFloat(signed);
}

/** To a multiple of a power of ten, ties to even. */
function roundInteger(value: bigint, zeros: number): Value {
  if (zeros > 4300) return 0;
  const unit = 10n ** BigInt(zeros);
  const size = value < 0n ? -value : value;
  const quotient = size / unit;
  const twiceRest = (size % unit) * 2n;
  const up = twiceRest > unit || (twiceRest === unit && quotient % 2n === 1n);
  const rounded = (up ? quotient + 1n : quotient) * unit;
  return toInt(value < 0n ? -rounded : rounded);
}

function absolute(value: Value): Value {
  const number = numeric(value);
  if (number === undefined) return typeFault(`bad operand type for abs(): '${typeName(value)}'`);
  if (isFloat(value)) return toFloat(Math.abs(Number(number)));
  return number < 0 ? toInt(-BigInt(number)) : number;
}

function fileSize(value: Value, binary: boolean): string {
  const bytes = asFloat(value);
  if (bytes === undefined) {
    return isStr(value)
      ? fault("ValueError", `could not convert string to float: '${plain(value)}'`)
      : typeFault(`float() argument must be a string or a real number, not '${typeName(value)}'`);
  }
  const base = binary ? 1024 : 1000;
  if (bytes === 1) return "1 Byte";
  if (bytes === Number.NEGATIVE_INFINITY) fault("OverflowError", "cannot convert float infinity to integer");
  if (bytes < base) return `${BigInt(Math.trunc(bytes))} Bytes`;
  const prefixes = binary
    ? ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"]
    : ["k", "M", "G", "T", "P", "E", "Z", "Y"];
  let at = 0;
  while (at < prefixes.length - 1 && bytes >= base ** (at + 2)) at++;
  return `${fixed((base * bytes) / base ** (at + 2), 1)} ${prefixes[at]}B`;
}

export const numberFilters: readonly Filter[] = [
  filter("int", "value default? base?", (_rt: Runtime, [value, fallback, base]) =>
    toInteger(value!, given(fallback, 0), integerArgument(base, 10)),
  ),
  filter("float", "value default?", (_rt, [value, fallback]) => {
    const float = asFloat(value!);
    return float === undefined ? given(fallback, toFloat(0)) : toFloat(float);
  }),
  filter("round", "value precision? method?", (_rt, [value, precision, method]) =>
    round(value!, precision, method),
  ),
  filter("abs", "x", (_rt, [value]) => absolute(value!), false),
  filter("filesizeformat", "value binary?", (_rt, [value, binary]) =>
    fileSize(value!, truth(binary ?? false)),
  ),
];
