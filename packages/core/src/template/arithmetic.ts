// Arithmetic with Python's types: exact integers of any size, floats that stay floats, floor division.

import { JsonFloat } from "../json/index.ts";
import { fitsIndex, numeric } from "./compare.ts";
import { escapeHtml } from "./escape.ts";
import { fault, typeFault } from "./fault.ts";
import { formatPrintf } from "./printf.ts";
import type { Runtime } from "./runtime.ts";
import { concat, isSafe, isStr, plain, type Str } from "./text.ts";
import { isFloat, isInt, Tuple, toFloat, toInt, typeName, Undefined, type Value } from "./values.ts";

type Num = number | bigint;

/** About the number of bits of a 4300-digit integer: Python refuses to print larger ones. */
const maxBits = 14_284;

/** Both operands as integers, or as floats when one of them is one; `undefined` when one is not a number. */
function bothIntegers(left: Value, right: Value): boolean {
  return !isFloat(left) && !isFloat(right);
}

function checkUndefined(left: Value, right: Value): void {
  if (left instanceof Undefined) left.fail();
  if (right instanceof Undefined) right.fail();
}

function unsupported(operator: string, left: Value, right: Value): never {
  return typeFault(
    `unsupported operand type(s) for ${operator}: '${typeName(left)}' and '${typeName(right)}'`,
  );
}

function checkSize(value: bigint): number | bigint {
  if (value > smallestHuge || value < -smallestHuge) {
    fault("limit", "an integer has more than 4300 digits");
  }
  return toInt(value);
}
const smallestHuge = 10n ** 4300n;

function toDouble(value: Num): number {
  const number = Number(value);
  if (typeof value === "bigint" && !Number.isFinite(number)) {
    fault("OverflowError", "int too large to convert to float");
  }
  return number;
}

/** `left + right`. */
export function add(rt: Runtime, left: Value, right: Value): Value {
  if (isStr(left)) {
    if (isStr(right)) return addText(rt, left, right);
    if (right instanceof Undefined) return right.fail();
    return typeFault(`can only concatenate str (not "${typeName(right)}") to str`);
  }
  const a = numeric(left);
  const b = numeric(right);
  if (a !== undefined && b !== undefined) return addNumbers(left, right, a, b);
  checkUndefined(left, right);
  if (Array.isArray(left)) return addLists(rt, left, right);
  if (left instanceof Tuple) return addTuples(rt, left, right);
  return unsupported("+", left, right);
}

/** A safe string escapes the plain one that it is added to. */
export function addText(rt: Runtime, left: Str, right: Str): Str {
  rt.checkText(plain(left).length + plain(right).length);
  const leftSafe = isSafe(left);
  const rightSafe = isSafe(right);
  if (leftSafe === rightSafe) return concat(left, right, leftSafe);
  return leftSafe ? concat(left, escapeHtml(right), true) : concat(escapeHtml(left), right, true);
}

function addNumbers(left: Value, right: Value, a: Num, b: Num): Value {
  if (!bothIntegers(left, right)) return toFloat(toDouble(a) + toDouble(b));
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return checkSize(BigInt(a) + BigInt(b));
}

function addLists(rt: Runtime, left: readonly Value[], right: Value): Value {
  if (!Array.isArray(right)) {
    return typeFault(`can only concatenate list (not "${typeName(right)}") to list`);
  }
  rt.checkItems(left.length + right.length);
  return [...left, ...right];
}

function addTuples(rt: Runtime, left: Tuple, right: Value): Value {
  if (!(right instanceof Tuple)) {
    return typeFault(`can only concatenate tuple (not "${typeName(right)}") to tuple`);
  }
  rt.checkItems(left.items.length + right.items.length);
  return new Tuple([...left.items, ...right.items]);
}

/** `left - right`. */
export function subtract(left: Value, right: Value): Value {
  const a = numeric(left);
  const b = numeric(right);
  if (a === undefined || b === undefined) {
    checkUndefined(left, right);
    return unsupported("-", left, right);
  }
  if (!bothIntegers(left, right)) return toFloat(toDouble(a) - toDouble(b));
  if (typeof a === "number" && typeof b === "number" && Number.isSafeInteger(a - b)) return a - b;
  return checkSize(BigInt(a) - BigInt(b));
}

/** `left * right`: numbers, or a sequence repeated. */
export function multiply(rt: Runtime, left: Value, right: Value): Value {
  const a = numeric(left);
  const b = numeric(right);
  if (a !== undefined && b !== undefined) {
    if (!bothIntegers(left, right)) return toFloat(toDouble(a) * toDouble(b));
    if (typeof a === "number" && typeof b === "number" && Number.isSafeInteger(a * b)) return a * b + 0;
    return checkSize(BigInt(a) * BigInt(b));
  }
  if (isStr(left) && isSafe(left) && right instanceof Undefined) {
    return typeFault("'Undefined' object cannot be interpreted as an integer");
  }
  checkUndefined(left, right);
  if (isSequence(left)) return repeat(rt, left, right);
  if (isSequence(right)) return repeat(rt, right, left);
  return unsupported("*", left, right);
}

function isSequence(value: Value): value is Str | Value[] | Tuple {
  return isStr(value) || Array.isArray(value) || value instanceof Tuple;
}

function repeat(rt: Runtime, sequence: Str | Value[] | Tuple, count: Value): Value {
  if (isFloat(count) || numeric(count) === undefined) {
    typeFault(`can't multiply sequence by non-int of type '${typeName(count)}'`);
  }
  const wanted = numeric(count)!;
  if (!fitsIndex(wanted)) fault("OverflowError", "cannot fit 'int' into an index-sized integer");
  const times = Math.max(0, Number(wanted));
  if (isStr(sequence)) return repeatText(rt, sequence, times);
  const items = sequence instanceof Tuple ? sequence.items : sequence;
  if (items.length === 0) return sequence;
  rt.checkItems(items.length * times);
  const repeated: Value[] = [];
  for (let round = 0; round < times; round++) for (const item of items) repeated.push(item);
  return sequence instanceof Tuple ? new Tuple(repeated) : repeated;
}

export function repeatText(rt: Runtime, text: Str, times: number): Str {
  const value = plain(text);
  if (value === "") return text;
  rt.checkText(value.length * times);
  if (typeof text === "string") return text.repeat(times);
  const output = rt.output();
  for (let round = 0; round < times; round++) output.write(text);
  return output.take(text.safe);
}

/** `left / right`, always a float. */
export function divide(left: Value, right: Value): Value {
  const a = numeric(left);
  const b = numeric(right);
  if (a === undefined || b === undefined) {
    checkUndefined(left, right);
    return unsupported("/", left, right);
  }
  if (Number(b) === 0) {
    return fault(
      "ZeroDivisionError",
      bothIntegers(left, right) ? "division by zero" : "float division by zero",
    );
  }
  if (typeof a === "bigint" || typeof b === "bigint") {
    if (bothIntegers(left, right)) return toFloat(divideExactly(BigInt(a), BigInt(b)));
  }
  return toFloat(toDouble(a) / toDouble(b));
}

/** The double nearest to a quotient of big integers. */
function divideExactly(a: bigint, b: bigint): number {
  const negative = a < 0n !== b < 0n;
  const dividend = a < 0n ? -a : a;
  const divisor = b < 0n ? -b : b;
  // Scale so that the quotient has 66 to 67 bits: 53 for the double, the rest to round correctly.
  const shift = 66 - (dividend.toString(2).length - divisor.toString(2).length);
  const scaled = shift >= 0 ? dividend << BigInt(shift) : dividend >> BigInt(-shift);
  const rest = shift >= 0 ? scaled % divisor : dividend % (divisor << BigInt(-shift));
  const quotient = (scaled / divisor) | (rest === 0n ? 0n : 1n);
  const value = Number(quotient) * 2 ** -shift;
  if (!Number.isFinite(value)) fault("OverflowError", "integer division result too large for a float");
  return negative ? -value : value;
}

/** `left // right`, toward minus infinity. */
export function floorDivide(left: Value, right: Value): Value {
  const a = numeric(left);
  const b = numeric(right);
  if (a === undefined || b === undefined) {
    checkUndefined(left, right);
    return unsupported("//", left, right);
  }
  if (bothIntegers(left, right)) {
    if (BigInt(b) === 0n) return fault("ZeroDivisionError", "integer division or modulo by zero");
    return toInt(floorQuotient(BigInt(a), BigInt(b)));
  }
  const divisor = toDouble(b);
  if (divisor === 0) return fault("ZeroDivisionError", "float floor division by zero");
  return toFloat(floatFloor(toDouble(a), divisor));
}

function floorQuotient(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
}

function floatFloor(a: number, b: number): number {
  const rest = floatModulo(a, b);
  const quotient = (a - rest) / b;
  if (quotient === 0) return a / b < 0 || Object.is(a / b, -0) ? -0 : 0;
  const floor = Math.floor(quotient);
  return quotient - floor > 0.5 ? floor + 1 : floor;
}

function floatModulo(a: number, b: number): number {
  const rest = a % b;
  if (rest === 0) return b < 0 ? -0 : 0;
  return rest < 0 !== b < 0 ? rest + b : rest;
}

/** `left % right`: the rest of floor division, or printf formatting when `left` is a string. */
export function modulo(rt: Runtime, left: Value, right: Value): Value {
  if (isStr(left)) {
    return formatPrintf(rt, left, right);
  }
  const a = numeric(left);
  const b = numeric(right);
  if (a === undefined || b === undefined) {
    checkUndefined(left, right);
    return unsupported("%", left, right);
  }
  if (bothIntegers(left, right)) {
    const divisor = BigInt(b);
    if (divisor === 0n) return fault("ZeroDivisionError", "integer modulo by zero");
    return toInt(BigInt(a) - floorQuotient(BigInt(a), divisor) * divisor);
  }
  const divisor = toDouble(b);
  if (divisor === 0) return fault("ZeroDivisionError", "float modulo");
  return toFloat(floatModulo(toDouble(a), divisor));
}

/** `left ** right`. */
export function power(left: Value, right: Value): Value {
  const a = numeric(left);
  const b = numeric(right);
  if (a === undefined || b === undefined) {
    checkUndefined(left, right);
    return unsupported("** or pow()", left, right);
  }
  if (bothIntegers(left, right) && b >= 0) return integerPower(BigInt(a), b);
  const base = toDouble(a);
  const exponent = toDouble(b);
  if (base === 0 && exponent < 0) {
    return fault("ZeroDivisionError", "0.0 cannot be raised to a negative power");
  }
  if (base < 0 && Number.isFinite(base) && Number.isFinite(exponent) && !Number.isInteger(exponent)) {
    return fault("ValueError", "a negative number with a fractional exponent gives a complex number");
  }
  // JavaScript says NaN for 1 ** inf and (-1) ** inf, C and Python say 1.
  if (base === 1 || (base === -1 && !Number.isFinite(exponent) && !Number.isNaN(exponent)))
    return new JsonFloat(1);
  const result = base ** exponent;
  if (!Number.isFinite(result) && Number.isFinite(base) && Number.isFinite(exponent)) {
    return fault("OverflowError", "(34, 'Numerical result out of range')");
  }
  return toFloat(result);
}

function integerPower(base: bigint, exponent: Num): Value {
  const bits = (base < 0n ? -base : base).toString(2).length;
  if (bits > 1 && (bits - 1) * Number(exponent) > maxBits) {
    return fault("limit", "an integer has more than 4300 digits");
  }
  if (bits <= 1 && Number(exponent) > 1) {
    return base === -1n ? (BigInt(exponent) % 2n === 0n ? 1 : -1) : Number(base);
  }
  return checkSize(base ** BigInt(exponent));
}

/** `-value`. */
export function negate(value: Value): Value {
  if (isInt(value)) return checkSize(-BigInt(value));
  return unarySign("-", value, -1);
}

/** `+value`. */
export function positive(value: Value): Value {
  if (isInt(value)) return value;
  return unarySign("+", value, 1);
}

function unarySign(operator: "+" | "-", value: Value, sign: number): Value {
  const number = numeric(value);
  if (number === undefined) {
    if (value instanceof Undefined) return value.fail();
    return typeFault(`bad operand type for unary ${operator}: '${typeName(value)}'`);
  }
  if (typeof value === "boolean") return sign * Number(number) + 0;
  return toFloat(sign * Number(number));
}
