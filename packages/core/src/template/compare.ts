// Equality, order and membership, which never convert one type into another.

import { compareCodePoints } from "../json/index.ts";
import { typeFault } from "./fault.ts";
import { iterate, knownItems, lengthOf } from "./iteration.ts";
import type { Runtime } from "./runtime.ts";
import { isStr, plain, Text } from "./text.ts";
import {
  type AnyDict,
  Bytes,
  DictView,
  dictEntries,
  dictGet,
  dictSize,
  floatValue,
  Generator,
  isDict,
  isFloat,
  Range,
  Tuple,
  typeName,
  Undefined,
  type Value,
} from "./values.ts";

/** The number that a value counts as (bools are 1 and 0), `undefined` for what is not a number. */
export function numeric(value: Value): number | bigint | undefined {
  if (typeof value === "number" || typeof value === "bigint") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  return isFloat(value) ? floatValue(value) : undefined;
}

/** True for what Python can use as a length or position: a signed integer of 64 bits. */
export function fitsIndex(value: number | bigint): boolean {
  return value < 2n ** 63n && value >= -(2n ** 63n);
}

/** Python's `==`. */
export function equal(rt: Runtime, left: Value, right: Value): boolean {
  if (left === right) return typeof left !== "number" || !Number.isNaN(left);
  if (isStr(left)) return isStr(right) && plain(left) === plain(right);
  const number = numeric(left);
  if (number !== undefined) {
    const other = numeric(right);
    // biome-ignore lint/suspicious/noDoubleEquals: compares a bigint and a number by value; both are numbers
    return other !== undefined && number == other;
  }
  if (left === null || right === null) return false;
  return equalObjects(rt, left, right);
}

function equalObjects(rt: Runtime, left: Value, right: Value): boolean {
  if (Array.isArray(left)) return Array.isArray(right) && equalItems(rt, left, right);
  if (left instanceof Tuple) return right instanceof Tuple && equalItems(rt, left.items, right.items);
  if (isDict(left)) return isDict(right) && equalDicts(rt, left, right);
  if (left instanceof Undefined) return right instanceof Undefined;
  if (left instanceof Range && right instanceof Range) return equalRanges(left, right);
  if (left instanceof DictView && right instanceof DictView) return equalViews(rt, left, right);
  if (left instanceof Bytes && right instanceof Bytes) return String(left.bytes) === String(right.bytes);
  return false;
}

/** List elements are compared "identical or equal", which matters for NaN only. */
function same(rt: Runtime, left: Value, right: Value): boolean {
  return left === right || equal(rt, left, right);
}

function equalItems(rt: Runtime, left: readonly Value[], right: readonly Value[]): boolean {
  rt.step(1);
  return left.length === right.length && left.every((item, index) => same(rt, item, right[index]!));
}

function equalDicts(rt: Runtime, left: AnyDict, right: AnyDict): boolean {
  rt.step(1);
  if (dictSize(left) !== dictSize(right)) return false;
  for (const [key, value] of dictEntries(left)) {
    const other = dictGet(right, key);
    if (other === undefined || !same(rt, value, other)) return false;
  }
  return true;
}

function equalRanges(left: Range, right: Range): boolean {
  if (left.length !== right.length) return false;
  if (left.length === 0) return true;
  return left.start === right.start && (left.length === 1 || left.step === right.step);
}

function equalViews(rt: Runtime, left: DictView, right: DictView): boolean {
  if (left.part === "values" || left.part !== right.part || dictSize(left.dict) !== dictSize(right.dict))
    return false;
  if (left.part === "items") return equalDicts(rt, left.dict, right.dict);
  for (const [key] of dictEntries(left.dict)) if (dictGet(right.dict, key) === undefined) return false;
  return true;
}

export type OrderOperator = "<" | "<=" | ">" | ">=";

/** Python's ordering operators. */
export function order(rt: Runtime, operator: OrderOperator, left: Value, right: Value): boolean {
  const a = numeric(left);
  const b = numeric(right);
  if (a !== undefined && b !== undefined) return ordered(operator, a, b);
  if (isStr(left) && isStr(right)) {
    return ordered(operator, compareCodePoints(plain(left), plain(right)), 0);
  }
  if (left instanceof Undefined) return left.fail();
  if (right instanceof Undefined) return right.fail();
  if (Array.isArray(left) && Array.isArray(right)) return orderItems(rt, operator, left, right);
  if (left instanceof Tuple && right instanceof Tuple)
    return orderItems(rt, operator, left.items, right.items);
  return typeFault(
    `'${operator}' not supported between instances of '${typeName(left)}' and '${typeName(right)}'`,
  );
}

function ordered(operator: OrderOperator, a: number | bigint, b: number | bigint): boolean {
  switch (operator) {
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    default:
      return a >= b;
  }
}

function orderItems(
  rt: Runtime,
  operator: OrderOperator,
  left: readonly Value[],
  right: readonly Value[],
): boolean {
  rt.step(1);
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at++) {
    if (!same(rt, left[at]!, right[at]!)) return order(rt, operator, left[at]!, right[at]!);
  }
  return ordered(operator, left.length, right.length);
}

/** Python's `item in container`. */
export function contains(rt: Runtime, container: Value, item: Value): boolean {
  if (isStr(container)) {
    if (isStr(item)) return plain(container).includes(plain(item));
    return typeFault(`'in <string>' requires string as left operand, not ${typeName(item)}`);
  }
  if (isDict(container)) return dictGet(container, item) !== undefined;
  if (container instanceof DictView && container.part === "keys")
    return dictGet(container.dict, item) !== undefined;
  if (container instanceof Undefined && container.kind === "UndefinedError") return false;
  const items = knownItems(container);
  if (items !== undefined) {
    rt.step(items.length >> 4);
    return items.some((other) => same(rt, other, item));
  }
  if (!(container instanceof Generator) && lengthOf(container) === undefined) {
    typeFault(`argument of type '${typeName(container)}' is not iterable`);
  }
  const iterator = iterate(container);
  for (let next = iterator.next(); !next.done; next = iterator.next()) {
    if (same(rt, next.value, item)) return true;
  }
  return false;
}

/** Python's `is`: small equal values of one type are one object, containers are themselves only. */
export function identical(left: Value, right: Value): boolean {
  if (left === right) return true;
  if (isStr(left) && isStr(right)) {
    return plain(left) === plain(right) && left instanceof Text === right instanceof Text;
  }
  return isFloat(left) && isFloat(right) && floatValue(left) === floatValue(right);
}

/** A function to sort values with, ascending. */
export function sortOrder(rt: Runtime): (left: Value, right: Value) => number {
  return (left, right) => {
    rt.step(1);
    if (order(rt, "<", left, right)) return -1;
    return order(rt, "<", right, left) ? 1 : 0;
  };
}
