// Filters on lists, dicts and other things to go through. Those that are generators in Python are generators here:
// they compute (and fail) when consumed, once.

import { getItem } from "./access.ts";
import { integerArgument } from "./arguments.ts";
import { add } from "./arithmetic.ts";
import { order, sortOrder } from "./compare.ts";
import { attributeFault, fault, typeFault } from "./fault.ts";
import { type Filter, filter } from "./filter.ts";
import { each, iterate, lengthOf, notIterable, toArray } from "./iteration.ts";
import type { Runtime } from "./runtime.ts";
import { isStr, mapText, plain } from "./text.ts";
import { joinText } from "./text-filters.ts";
import {
  DictView,
  dictEntries,
  Generator,
  Group,
  given,
  type HashKey,
  hashKey,
  isDict,
  Range,
  Tuple,
  truth,
  typeName,
  Undefined,
  type Value,
} from "./values.ts";

/** A generator over what `make` yields; nothing runs before the first item is asked for. */
export function lazily(make: () => Iterable<Value>): Generator {
  const start = function* (): ValueGenerator {
    yield* make();
  };
  return new Generator(start());
}
type ValueGenerator = globalThis.Generator<Value, void, undefined>;

type Getter = (item: Value) => Value;

/** Reads a dotted attribute; parts that are digits are indexes. */
export function attributeGetter(rt: Runtime, attribute: Value | undefined, fallback?: Value): Getter {
  const parts = attributeParts(attribute);
  return (item) => {
    let value = item;
    for (const part of parts) {
      value = getItem(rt, value, part);
      if (fallback !== undefined && fallback !== null && value instanceof Undefined) value = fallback;
    }
    return value;
  };
}

function attributeParts(attribute: Value | undefined): Value[] {
  if (attribute === undefined || attribute === null) return [];
  if (!isStr(attribute)) return [attribute];
  return plain(attribute)
    .split(".")
    .map((part) => (/^\p{Nd}+$/u.test(part) ? Number(part) : part));
}

function ignoreCase(value: Value): Value {
  return isStr(value) ? mapText(value, (text) => text.toLowerCase()) : value;
}

function keyGetter(
  rt: Runtime,
  attribute: Value | undefined,
  caseSensitive: Value | undefined,
  fallback?: Value,
): Getter {
  const get = attributeGetter(rt, attribute, fallback);
  return truth(caseSensitive ?? false) ? get : (item) => ignoreCase(get(item));
}

/** Stable sort by key; in descending order equal items keep their order too. */
function sortBy(rt: Runtime, items: readonly Value[], key: Getter, descending: boolean): Value[] {
  const keyed = items.map((item) => ({ item, key: key(item) }));
  const compare = sortOrder(rt);
  keyed.sort((left, right) => (descending ? compare(right.key, left.key) : compare(left.key, right.key)));
  return keyed.map(({ item }) => item);
}

function sort(rt: Runtime, args: readonly (Value | undefined)[]): Value {
  const [value, descending, caseSensitive, attribute] = args;
  const names = attribute !== undefined && isStr(attribute) ? plain(attribute).split(",") : [attribute];
  const getters = names.map((name) => keyGetter(rt, name, caseSensitive));
  const key: Getter = (item) => new Tuple(getters.map((get) => get(item)));
  return sortBy(rt, toArray(value!), key, truth(descending ?? false));
}

function dictsort(rt: Runtime, args: readonly (Value | undefined)[]): Value {
  const [value, caseSensitive, by, descending] = args;
  const part = by === undefined ? "key" : isStr(by) ? plain(by) : "";
  if (part !== "key" && part !== "value") {
    fault("FilterArgumentError", 'You can only sort by either "key" or "value"');
  }
  if (value instanceof Undefined) return value.fail();
  if (!isDict(value)) return attributeFault(typeName(value!), "items");
  const at = part === "key" ? 0 : 1;
  const pairs = Array.from(dictEntries(value), (pair) => new Tuple(pair));
  const plainKey: Getter = (pair) => (pair as Tuple).items[at]!;
  const key: Getter = truth(caseSensitive ?? false) ? plainKey : (pair) => ignoreCase(plainKey(pair));
  return sortBy(rt, pairs, key, truth(descending ?? false));
}

function unique(rt: Runtime, args: readonly (Value | undefined)[]): Value {
  const [value, caseSensitive, attribute] = args;
  return lazily(function* () {
    const key = keyGetter(rt, attribute, caseSensitive);
    const seen = new Set<HashKey>();
    for (const item of each(value!)) {
      rt.step(1);
      const hash = hashKey(key(item));
      if (!seen.has(hash)) yield item;
      seen.add(hash);
    }
  });
}

function groupby(rt: Runtime, args: readonly (Value | undefined)[]): Value {
  const [value, attribute, fallback, caseSensitive] = args;
  const key = keyGetter(rt, attribute, caseSensitive, fallback);
  const label = attributeGetter(rt, attribute, fallback);
  const compare = sortOrder(rt);
  const groups: Value[][] = [];
  let previous: Value | undefined;
  for (const item of sortBy(rt, toArray(value!), key, false)) {
    const current = key(item);
    if (previous !== undefined && compare(previous, current) === 0) groups.at(-1)!.push(item);
    else groups.push([item]);
    previous = current;
  }
  return groups.map((items) => new Group([label(items[0]!), items]));
}

function extreme(rt: Runtime, sign: "<" | ">", args: readonly (Value | undefined)[]): Value {
  const [value, caseSensitive, attribute] = args;
  const key = keyGetter(rt, attribute, caseSensitive);
  let best: { readonly item: Value; readonly key: Value } | undefined;
  for (const item of each(value!)) {
    rt.step(1);
    const candidate = { item, key: key(item) };
    if (best === undefined || order(rt, sign, candidate.key, best.key)) best = candidate;
  }
  return best === undefined ? new Undefined("No aggregated item, sequence was empty.") : best.item;
}

function sum(rt: Runtime, args: readonly (Value | undefined)[]): Value {
  const [value, attribute, start] = args;
  const get = attributeGetter(rt, attribute);
  let total = given(start, 0);
  if (isStr(total)) return typeFault("sum() can't sum strings [use ''.join(seq) instead]");
  for (const item of each(value!)) {
    rt.step(1);
    total = add(rt, total, get(item));
  }
  return total;
}

function batch(rt: Runtime, args: readonly (Value | undefined)[]): Value {
  const [value, size, fill] = args;
  return lazily(function* () {
    const most = integerArgument(size, 0);
    let group: Value[] = [];
    for (const item of each(value!)) {
      rt.step(1);
      if (group.length === most) {
        yield group;
        group = [];
      }
      group.push(item);
    }
    if (group.length === 0) return;
    if (fill !== undefined && fill !== null) {
      rt.checkItems(most);
      while (group.length < most) group.push(fill);
    }
    yield group;
  });
}

function sliceFilter(rt: Runtime, args: readonly (Value | undefined)[]): Value {
  const [value, slices, fill] = args;
  return lazily(function* () {
    const items = toArray(value!);
    const count = integerArgument(slices, 0);
    if (count === 0) fault("ZeroDivisionError", "integer division or modulo by zero");
    const each = Math.floor(items.length / count);
    const extra = items.length - each * count;
    let start = 0;
    for (let at = 0; at < count; at++) {
      rt.step(1);
      const end = start + each + (at < extra ? 1 : 0);
      const part = items.slice(start, end);
      if (fill !== undefined && fill !== null && at >= extra) part.push(fill);
      yield part;
      start = end;
    }
  });
}

function first(value: Value): Value {
  const next = iterate(value).next();
  return next.done ? new Undefined("No first item, sequence was empty.") : next.value;
}

function last(value: Value): Value {
  const reversible =
    isStr(value) ||
    Array.isArray(value) ||
    isDict(value) ||
    value instanceof Tuple ||
    value instanceof DictView ||
    value instanceof Range;
  if (!reversible) {
    if (value instanceof Undefined) return new Undefined("No last item, sequence was empty.");
    return typeFault(`'${typeName(value)}' object is not reversible`);
  }
  return given(toArray(value).at(-1), new Undefined("No last item, sequence was empty."));
}

function length(value: Value): Value {
  return lengthOf(value) ?? typeFault(`object of type '${typeName(value)}' has no len()`);
}

export const sequenceFilters: readonly Filter[] = [
  ...["length", "count"].map((name) => filter(name, "obj", (_rt, [value]) => length(value!), false)),
  filter("first", "seq", (_rt, [value]) => first(value!)),
  filter("last", "seq", (_rt, [value]) => last(value!)),
  filter("list", "value", (_rt, [value]) => toArray(value!)),
  filter("join", "value d? attribute?", (rt, [value, separator, attribute]) => {
    const items = toArray(value!);
    const get = attributeGetter(rt, attribute);
    return joinText(
      rt,
      attribute === undefined || attribute === null ? items : items.map(get),
      given(separator, ""),
    );
  }),
  filter("items", "value", (_rt, [value]) =>
    lazily(function* () {
      if (value instanceof Undefined) return;
      if (!isDict(value)) typeFault("Can only get item pairs from a mapping.");
      else for (const pair of dictEntries(value)) yield new Tuple(pair);
    }),
  ),
  filter("dictsort", "value case_sensitive? by? reverse?", dictsort),
  filter("sort", "value reverse? case_sensitive? attribute?", sort),
  filter("unique", "value case_sensitive? attribute?", unique),
  filter("groupby", "value attribute default? case_sensitive?", groupby),
  filter("min", "value case_sensitive? attribute?", (rt, args) => extreme(rt, "<", args)),
  filter("max", "value case_sensitive? attribute?", (rt, args) => extreme(rt, ">", args)),
  filter("sum", "iterable attribute? start?", sum),
  filter("batch", "value linecount fill_with?", batch),
  filter("slice", "value slices fill_with?", sliceFilter),
  filter("random", "seq", (_rt, [value]) => {
    const items =
      Array.isArray(value) || isStr(value) || value instanceof Tuple ? toArray(value) : notIterable(value!);
    return given(items[0], new Undefined("No random item, sequence was empty."));
  }),
];
