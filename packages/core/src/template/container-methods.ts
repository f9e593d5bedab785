// The methods of dicts, lists and tuples, and the names of those that would change them, which are forbidden.

import { optionalIndex } from "./arguments.ts";
import { equal } from "./compare.ts";
import { fault } from "./fault.ts";
import { iterate, rangeItems } from "./iteration.ts";
import { type Method, method } from "./method.ts";
import { repr } from "./repr.ts";
import type { Runtime } from "./runtime.ts";
import { plain } from "./text.ts";
import {
  type AnyDict,
  Dict,
  DictView,
  dictEntries,
  dictGet,
  dictOf,
  dictSet,
  given,
  type Range,
  type Tuple,
  type Value,
} from "./values.ts";

/** Existing attributes whose use is a SecurityError. */
export const immutableAttributes: Readonly<Record<"list" | "dict", ReadonlySet<string>>> = {
  list: new Set(["append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"]),
  dict: new Set(["clear", "pop", "popitem", "setdefault", "update"]),
};

export const dictMethods: ReadonlyMap<string, Method<AnyDict>> = new Map([
  method<AnyDict>("get", "key default?", (_rt, dict, [key, fallback]) =>
    given(dictGet(dict, key!), given(fallback, null)),
  ),
  method<AnyDict>("items", "", (_rt, dict) => new DictView("items", dict)),
  method<AnyDict>("keys", "", (_rt, dict) => new DictView("keys", dict)),
  method<AnyDict>("values", "", (_rt, dict) => new DictView("values", dict)),
  method<AnyDict>("copy", "", (_rt, dict) => dictOf(dictEntries(dict))),
  method<AnyDict>("fromkeys", "iterable value?", (rt, _dict, [keys, value]) => {
    const dict = new Dict();
    const iterator = iterate(keys!);
    for (let next = iterator.next(); !next.done; next = iterator.next()) {
      dictSet(dict, next.value, value ?? null);
      rt.checkItems(dict.entries.size);
    }
    return dict;
  }),
]);

function indexOf(
  rt: Runtime,
  items: readonly Value[],
  type: "list" | "range" | "tuple",
  args: readonly (Value | undefined)[],
): number {
  const bound = (value: Value | undefined, fallback: number): number => {
    const index = value === null ? optionalIndex([] as Value, 0) : optionalIndex(value, fallback);
    return index < 0 ? Math.max(0, index + items.length) : index;
  };
  const end = bound(args[2], items.length);
  rt.step(items.length >> 4);
  for (let at = bound(args[1], 0); at < items.length && at < end; at++) {
    if (items[at] === args[0] || equal(rt, items[at]!, args[0]!)) return at;
  }
  const messages = {
    list: () => `${plain(repr(rt, args[0]!))} is not in list`,
    range: () => "sequence.index(x): x not in sequence",
    tuple: () => "tuple.index(x): x not in tuple",
  };
  return fault("ValueError", messages[type]());
}

function count(rt: Runtime, items: readonly Value[], wanted: Value): number {
  rt.step(items.length >> 4);
  return items.filter((item) => item === wanted || equal(rt, item, wanted)).length;
}

export const listMethods: ReadonlyMap<string, Method<Value[]>> = new Map([
  method<Value[]>("index", "value start? stop?", (rt, list, args) => indexOf(rt, list, "list", args)),
  method<Value[]>("count", "value", (rt, list, [value]) => count(rt, list, value!)),
  method<Value[]>("copy", "", (_rt, list) => [...list]),
]);

export const tupleMethods: ReadonlyMap<string, Method<Tuple>> = new Map([
  method<Tuple>("index", "value start? stop?", (rt, tuple, args) => indexOf(rt, tuple.items, "tuple", args)),
  method<Tuple>("count", "value", (rt, tuple, [value]) => count(rt, tuple.items, value!)),
]);

export const rangeMethods: ReadonlyMap<string, Method<Range>> = new Map([
  method<Range>("index", "value", (rt, range, args) => indexOf(rt, rangeItems(range), "range", args)),
  method<Range>("count", "value", (rt, range, [value]) => count(rt, rangeItems(range), value!)),
]);
