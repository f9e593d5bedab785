// Going through values, with Python's rules for what can be gone through.

import { characters, codePointLength } from "./code-points.ts";
import { typeFault } from "./fault.ts";
import { isStr, plain, withSafety } from "./text.ts";
import {
  type AnyDict,
  Bytes,
  Dict,
  DictView,
  dictEntries,
  dictSize,
  Generator,
  isDict,
  Loop,
  Range,
  Tuple,
  typeName,
  Undefined,
  type Value,
} from "./values.ts";

export function notIterable(value: Value): never {
  return typeFault(`'${typeName(value)}' object is not iterable`);
}

/** The items, when they exist already; `undefined` for what is computed on the way or cannot be iterated. */
export function knownItems(value: Value): readonly Value[] | undefined {
  if (Array.isArray(value)) return value;
  if (typeof value !== "object" && typeof value !== "string") return undefined;
  // The characters of a safe string are not safe, though its items by index are.
  if (isStr(value)) return characters(withSafety(value, false));
  if (isDict(value)) return dictKeys(value);
  if (value instanceof Tuple) return value.items;
  if (value instanceof DictView) return viewItems(value);
  if (value instanceof Range) return rangeItems(value);
  if (value instanceof Bytes) return [...value.bytes];
  return value instanceof Undefined && value.kind === "UndefinedError" ? [] : undefined;
}

export function rangeItems(range: Range): number[] {
  const items: number[] = [];
  for (let at = 0; at < range.length; at++) items.push(range.at(at));
  return items;
}

export function dictKeys(dict: AnyDict): Value[] {
  return dict instanceof Dict ? Array.from(dict.entries.values(), ([key]) => key) : [...dict.keys()];
}

function viewItems(view: DictView): Value[] {
  if (view.part === "keys") return dictKeys(view.dict);
  const entries = Array.from(dictEntries(view.dict));
  return view.part === "values" ? entries.map(([, value]) => value) : entries.map((pair) => new Tuple(pair));
}

/** `iter(value)`: a fault when there is no such thing. */
export function iterate(value: Value): Iterator<Value> {
  const items = knownItems(value);
  if (items !== undefined) return items[Symbol.iterator]();
  if (value instanceof Generator) return value.iterator;
  if (value instanceof Loop) return value.iterator();
  if (value instanceof Undefined) return [][Symbol.iterator]();
  return notIterable(value);
}

/** Goes through a Python iterable in JavaScript. */
export function each(value: Value): Iterable<Value> {
  const iterator = iterate(value);
  return { [Symbol.iterator]: () => ({ next: () => iterator.next() }) };
}

export function isIterable(value: Value): boolean {
  return (
    isStr(value) ||
    Array.isArray(value) ||
    isDict(value) ||
    value instanceof Tuple ||
    value instanceof DictView ||
    value instanceof Range ||
    value instanceof Generator ||
    value instanceof Undefined ||
    value instanceof Loop ||
    value instanceof Bytes
  );
}

/** All items of anything iterable. */
export function toArray(value: Value): Value[] {
  const items = knownItems(value);
  if (items !== undefined) return items === value || value instanceof Tuple ? [...items] : (items as Value[]);
  const iterator = iterate(value);
  const result: Value[] = [];
  for (let next = iterator.next(); !next.done; next = iterator.next()) result.push(next.value);
  return result;
}

/** `len(value)`, `undefined` for what has no length. */
export function lengthOf(value: Value): number | undefined {
  if (isStr(value)) return codePointLength(plain(value));
  if (Array.isArray(value)) return value.length;
  if (isDict(value)) return dictSize(value);
  if (value instanceof Tuple) return value.items.length;
  if (value instanceof DictView) return dictSize(value.dict);
  if (value instanceof Range) return value.length;
  if (value instanceof Bytes) return value.bytes.length;
  if (value instanceof Loop) return value.length;
  return value instanceof Undefined ? 0 : undefined;
}
