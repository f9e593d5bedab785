// The values that templates compute with. Data from outside is used as it is: null, booleans, strings, numbers (an
// integral `number` is an int, any other a float), bigints, JsonFloat, arrays (lists) and maps with string keys
// (dicts). What only a template can make is a class here. Nothing in a template ever reaches a JavaScript property.

import { JsonFloat } from "../json/index.ts";
import { type FaultKind, fault } from "./fault.ts";
import type { Runtime } from "./runtime.ts";
import { Text } from "./text.ts";

export type Value =
  | null
  | boolean
  | string
  | number
  | bigint
  | JsonFloat
  | Text
  | Value[]
  | Map<string, Value>
  | Thing;

/** A value that is an object of a class below. */
export abstract class Thing {
  /** The name of the Python type, as it appears in messages. */
  abstract readonly typeName: string;
  /** The name with its module, for "… object has no attribute …". */
  get qualifiedName(): string {
    return this.typeName;
  }
}

/** Missing: prints as nothing, and most uses of it are errors, whose text is made when one happens. */
export class Undefined extends Thing {
  readonly typeName = "Undefined";
  readonly kind: FaultKind;
  private readonly message: string | (() => string);

  constructor(message: string | (() => string), kind: FaultKind = "UndefinedError") {
    super();
    this.message = message;
    this.kind = kind;
  }

  fail(): never {
    return fault(this.kind, typeof this.message === "string" ? this.message : this.message());
  }
}

export class Tuple extends Thing {
  readonly items: readonly Value[];

  constructor(items: readonly Value[]) {
    super();
    this.items = items;
  }

  get typeName(): string {
    return "tuple";
  }
}

/** What `groupby` yields: a tuple of two whose parts also have names. */
export class Group extends Tuple {
  override get typeName(): string {
    return "_GroupTuple";
  }
  override get qualifiedName(): string {
    return "jinja2.filters._GroupTuple";
  }
}

/** A key as a Map can compare it: equal Python keys give the same one. */
export type HashKey = string | number | bigint | boolean | null | symbol | object;

/** A dict made by a template. Its keys can be anything hashable; the first of several equal keys is kept. */
export class Dict extends Thing {
  readonly typeName = "dict";
  readonly entries: Map<HashKey, [Value, Value]> = new Map();
}

export type AnyDict = Map<string, Value> | Dict;

/** `d.items()`, `d.keys()` or `d.values()`. */
export class DictView extends Thing {
  readonly part: "items" | "keys" | "values";
  readonly dict: AnyDict;

  constructor(part: "items" | "keys" | "values", dict: AnyDict) {
    super();
    this.part = part;
    this.dict = dict;
  }

  get typeName(): string {
    return `dict_${this.part}`;
  }
}

export class Range extends Thing {
  readonly typeName = "range";
  readonly start: number;
  readonly step: number;
  readonly length: number;
  readonly stop: number;

  constructor(start: number, stop: number, step: number) {
    super();
    this.start = start;
    this.stop = stop;
    this.step = step;
    this.length = Math.max(0, Math.ceil((stop - start) / step));
  }

  at(index: number): number {
    return this.start + index * this.step;
  }
}

/** One pass over values that are computed when asked for, such as the result of `map`. */
export class Generator extends Thing {
  readonly typeName: string;
  readonly iterator: Iterator<Value>;

  constructor(iterator: Iterator<Value>, typeName = "generator") {
    super();
    this.iterator = iterator;
    this.typeName = typeName;
  }
}

export class Namespace extends Thing {
  readonly typeName = "Namespace";
  readonly attributes: Map<string, Value> = new Map();
  override get qualifiedName(): string {
    return "jinja2.utils.Namespace";
  }
}

/** The result of `encode`, which can only be printed and measured. */
export class Bytes extends Thing {
  readonly typeName = "bytes";
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    super();
    this.bytes = bytes;
  }
}

export type Kwargs = ReadonlyMap<string, Value>;
export const noKwargs: Kwargs = new Map();

/** Anything that can be called: functions, methods, macros. */
export abstract class Callable extends Thing {
  abstract readonly name: string;
  abstract call(rt: Runtime, args: readonly Value[], kwargs: Kwargs): Value;
  /** The value of an attribute, `undefined` if there is none. */
  attribute(_rt: Runtime, _name: string): Value | undefined {
    return undefined;
  }
}

/** The variable `loop`, as far as other modules need to know it. */
export abstract class Loop extends Callable {
  abstract readonly length: number;
  abstract readonly index0: number;
  /** The rest of the items, each with the loop itself. */
  abstract iterator(): Iterator<Value>;
}

/** A function or bound method that is part of the language. */
export class Native extends Callable {
  readonly name: string;
  readonly typeName: string;
  private readonly body: (rt: Runtime, args: readonly Value[], kwargs: Kwargs) => Value;

  constructor(
    name: string,
    body: (rt: Runtime, args: readonly Value[], kwargs: Kwargs) => Value,
    typeName = "builtin_function_or_method",
  ) {
    super();
    this.name = name;
    this.body = body;
    this.typeName = typeName;
  }

  call(rt: Runtime, args: readonly Value[], kwargs: Kwargs): Value {
    return this.body(rt, args, kwargs);
  }
}

export function isDict(value: unknown): value is AnyDict {
  return value instanceof Map || value instanceof Dict;
}

/** A float with this value, in the form that tells floats from integers. */
export function toFloat(value: number): number | JsonFloat {
  return Number.isInteger(value) || !Number.isFinite(value) ? new JsonFloat(value) : value;
}

/** An integer with this value. */
export function toInt(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

export function isFloat(value: Value): value is number | JsonFloat {
  return typeof value === "number" ? !Number.isInteger(value) : value instanceof JsonFloat;
}

/** True for int, not for bool. */
export function isInt(value: Value): value is number | bigint {
  return typeof value === "number" ? Number.isInteger(value) : typeof value === "bigint";
}

export function floatValue(value: number | JsonFloat): number {
  return typeof value === "number" ? value : value.value;
}

/** An argument, or its default when it was not given (None is a value). */
export function given(value: Value | undefined, fallback: Value): Value {
  return value === undefined ? fallback : value;
}

/** `type(value).__name__`. */
export function typeName(value: Value): string {
  switch (typeof value) {
    case "string":
      return "str";
    case "boolean":
      return "bool";
    case "bigint":
      return "int";
    case "number":
      return Number.isInteger(value) ? "int" : "float";
    default:
      return value === null ? "NoneType" : objectTypeName(value);
  }
}

function objectTypeName(value: object): string {
  if (value instanceof Thing) return value.typeName;
  if (value instanceof Text) return value.safe ? "Markup" : "str";
  if (Array.isArray(value)) return "list";
  return value instanceof Map ? "dict" : "float";
}

/** How Jinja names an object whose attribute is missing. */
export function describeObject(value: Value): string {
  if (value === null) return "None";
  if (value instanceof Thing) return `${value.qualifiedName} object`;
  return typeName(value) === "Markup" ? "markupsafe.Markup object" : `${typeName(value)} object`;
}

/** Python's truth. */
export function truth(value: Value): boolean {
  switch (typeof value) {
    case "boolean":
      return value;
    case "string":
      return value !== "";
    case "number":
      return value !== 0;
    case "bigint":
      return value !== 0n;
    default:
      return value !== null && objectTruth(value);
  }
}

function objectTruth(value: object): boolean {
  if (value instanceof Text) return value.value !== "";
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Map) return value.size > 0;
  if (value instanceof JsonFloat) return value.value !== 0;
  if (value instanceof Undefined) return false;
  if (value instanceof Tuple) return value.items.length > 0;
  if (value instanceof Dict) return value.entries.size > 0;
  if (value instanceof Range) return value.length > 0;
  if (value instanceof DictView) return dictSize(value.dict) > 0;
  return !(value instanceof Bytes) || value.bytes.length > 0;
}

/** The key under which `value` is found; lists and dicts have none. */
export function hashKey(value: Value): HashKey {
  switch (typeof value) {
    case "string":
      return value.startsWith("\0") ? `\0s${value}` : value;
    case "boolean":
      return value ? 1 : 0;
    case "number":
    case "bigint":
      return value;
    default:
      return value === null ? null : objectHashKey(value);
  }
}

function objectHashKey(value: object): HashKey {
  if (value instanceof Text) return hashKey(value.value);
  if (value instanceof JsonFloat) {
    const { value: number } = value;
    return Number.isInteger(number) ? toInt(BigInt(number)) : number;
  }
  if (value instanceof Tuple) return `\0t${value.items.map(tupleItemKey).join("\0")}`;
  if (value instanceof Undefined) return "\0u";
  if (Array.isArray(value) || isDict(value)) {
    return fault("TypeError", `unhashable type: '${objectTypeName(value)}'`);
  }
  if (value instanceof DictView && value.part !== "values") {
    return fault("TypeError", `unhashable type: '${value.typeName}'`);
  }
  return value;
}

const objectIds = new WeakMap<object, number>();
let nextObjectId = 0;

function tupleItemKey(item: Value): string {
  const key = hashKey(item);
  if (typeof key === "object" && key !== null) {
    const id = objectIds.get(key) ?? nextObjectId++;
    objectIds.set(key, id);
    return `o${id}`;
  }
  const text = String(key);
  return `${(typeof key)[0]}${text.length}:${text}`;
}

export function dictSize(dict: AnyDict): number {
  return dict instanceof Map ? dict.size : dict.entries.size;
}

/** The value of a key, JavaScript's `undefined` if there is none. Unhashable keys are faults. */
export function dictGet(dict: AnyDict, key: Value): Value | undefined {
  if (dict instanceof Map) {
    if (typeof key === "string") return dict.get(key);
    if (key instanceof Text) return dict.get(key.value);
    hashKey(key);
    return undefined;
  }
  return dict.entries.get(hashKey(key))?.[1];
}

export function dictSet(dict: Dict, key: Value, value: Value): void {
  const hash = hashKey(key);
  const entry = dict.entries.get(hash);
  if (entry === undefined) dict.entries.set(hash, [key, value]);
  else entry[1] = value;
}

/** Keys and values in order. */
export function dictEntries(dict: AnyDict): Iterable<[Value, Value]> {
  return dict instanceof Map ? dict.entries() : dict.entries.values();
}

/** A dict with string keys that the template author wrote. */
export function dictOf(entries: Iterable<readonly [Value, Value]>): Dict {
  const dict = new Dict();
  for (const [key, value] of entries) dictSet(dict, key, value);
  return dict;
}
