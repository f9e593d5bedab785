// Attributes of int, float and bool.

import { JsonFloat } from "../json/index.ts";
import { fault } from "./fault.ts";
import { isFloat, Native, Tuple, toFloat, toInt, type Value } from "./values.ts";

type Num = boolean | number | bigint | JsonFloat;

function integer(value: Num): bigint {
  return value instanceof JsonFloat ? BigInt(value.value) : BigInt(value);
}

function bits(value: Num): string {
  const number = integer(value);
  return number === 0n ? "" : (number < 0n ? -number : number).toString(2);
}

function ratio(value: Num): Tuple {
  if (!isFloat(value)) return new Tuple([toInt(integer(value)), 1]);
  let numerator = value instanceof JsonFloat ? value.value : value;
  if (Number.isNaN(numerator)) return fault("ValueError", "cannot convert NaN to integer ratio");
  if (!Number.isFinite(numerator)) return fault("OverflowError", "cannot convert Infinity to integer ratio");
  let denominator = 1n;
  for (; !Number.isInteger(numerator); numerator *= 2) denominator *= 2n;
  return new Tuple([toInt(BigInt(numerator)), toInt(denominator)]);
}

const method =
  (name: string, body: (value: Num) => Value) =>
  (value: Num): Value =>
    new Native(name, () => body(value));

const asInt = (value: Num): Value => toInt(integer(value));

const ofInt: Readonly<Record<string, (value: Num) => Value>> = {
  real: asInt,
  imag: () => 0,
  numerator: asInt,
  denominator: () => 1,
  conjugate: method("conjugate", asInt),
  bit_length: method("bit_length", (value) => bits(value).length),
  bit_count: method("bit_count", (value) => bits(value).replaceAll("0", "").length),
  as_integer_ratio: method("as_integer_ratio", ratio),
};

const asFloat = (value: Num): Value => value;

const ofFloat: Readonly<Record<string, (value: Num) => Value>> = {
  real: asFloat,
  imag: () => toFloat(0),
  conjugate: method("conjugate", asFloat),
  is_integer: method("is_integer", (value) => value instanceof JsonFloat && Number.isFinite(value.value)),
  as_integer_ratio: method("as_integer_ratio", ratio),
};

/** The attribute, `undefined` when there is none. */
export function numberAttribute(value: Num, name: string): Value | undefined {
  const table = isFloat(value) ? ofFloat : ofInt;
  return Object.hasOwn(table, name) ? table[name]!(value) : undefined;
}
