// What printf formatting and format() share: digits of a number in a given type, grouping, padding.

import { numeric } from "./compare.ts";
import { fixed, general, scientific } from "./decimal.ts";
import type { Runtime } from "./runtime.ts";
import type { Value } from "./values.ts";

/** A number as text, sign and `0x` apart from the digits. */
export interface NumberText {
  readonly negative: boolean;
  readonly prefix: string;
  readonly digits: string;
}

/** Most digits after the point: with more, Python also refuses somewhere, and the text would be enormous. */
const maxPrecision = 100_000;

export function checkPrecision(rt: Runtime, precision: number): number {
  rt.checkText(precision);
  rt.step(Math.min(precision, maxPrecision));
  return Math.min(precision, maxPrecision);
}

/** A float in one of the types e, f, g (either case), with `precision` digits. */
export function floatDigits(value: number, type: string, precision: number, alternate: boolean): NumberText {
  const negative = value < 0 || Object.is(value, -0);
  const size = Math.abs(value);
  const lower = type.toLowerCase();
  let digits: string;
  if (Number.isNaN(value)) digits = "nan";
  else if (!Number.isFinite(value)) digits = "inf";
  else if (lower === "e") digits = scientific(size, precision, alternate);
  else if (lower === "f") digits = fixed(size, precision) + (alternate && precision === 0 ? "." : "");
  else digits = general(size, precision, alternate);
  return { negative, prefix: "", digits: type === lower ? digits : digits.toUpperCase() };
}

const bases: Readonly<Record<string, readonly [radix: number, prefix: string]>> = {
  b: [2, "0b"],
  o: [8, "0o"],
  x: [16, "0x"],
  X: [16, "0X"],
};

/** An integer in one of the types d, b, o, x, X. */
export function integerDigits(value: bigint, type: string, alternate: boolean): NumberText {
  const [radix, prefix] = bases[type] ?? [10, ""];
  const digits = (value < 0n ? -value : value).toString(radix);
  return {
    negative: value < 0n,
    prefix: alternate ? prefix : "",
    digits: type === "X" ? digits.toUpperCase() : digits,
  };
}

/** The value as an integer: exact for ints, truncated for floats, `undefined` for anything else. */
export function truncated(value: Value): bigint | undefined {
  if (typeof value === "number") return BigInt(Math.trunc(value));
  const number = numeric(value);
  if (number === undefined) return undefined;
  return typeof number === "bigint" ? number : BigInt(Math.trunc(number));
}
