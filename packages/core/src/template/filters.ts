// The table of filters, and those that run other filters and tests.

import { getOnlyAttribute } from "./access.ts";
import { fault } from "./fault.ts";
import { anyFilter, type Filter, filter, runFilter } from "./filter.ts";
import { htmlFilters } from "./html-filters.ts";
import { each } from "./iteration.ts";
import { jsonFilter } from "./json-filter.ts";
import { numberFilters } from "./number-filters.ts";
import { prettyPrint } from "./pprint.ts";
import { plainStr, repr } from "./repr.ts";
import type { Runtime } from "./runtime.ts";
import { attributeGetter, lazily, sequenceFilters } from "./sequence-filters.ts";
import { findTest, runTest } from "./tests.ts";
import { isStr, plain } from "./text.ts";
import { textFilters } from "./text-filters.ts";
import { given, hashKey, type Kwargs, truth, Undefined, type Value } from "./values.ts";

function named<T>(
  rt: Runtime,
  kind: "filter" | "test",
  name: Value,
  find: (name: string) => T | undefined,
): T {
  if (!isStr(name)) hashKey(name);
  const found = isStr(name) ? find(plain(name)) : undefined;
  return found ?? fault("TemplateRuntimeError", `No ${kind} named ${plain(repr(rt, name))}.`);
}

/** `map(attribute=…, default=…)` or `map(filter, *args)`. */
function map(rt: Runtime, [value, ...args]: readonly Value[], kwargs: Kwargs): Value {
  return lazily(function* () {
    if (!truth(value!)) return;
    const transform = mapper(rt, args, kwargs);
    for (const item of each(value!)) {
      rt.step(1);
      yield transform(item);
    }
  });
}

function mapper(rt: Runtime, args: readonly Value[], kwargs: Kwargs): (item: Value) => Value {
  const [name, ...rest] = args;
  if (name === undefined && kwargs.has("attribute")) {
    for (const key of kwargs.keys()) {
      if (key !== "attribute" && key !== "default") {
        fault("FilterArgumentError", `Unexpected keyword argument '${key}'`);
      }
    }
    return attributeGetter(rt, kwargs.get("attribute"), kwargs.get("default"));
  }
  if (name === undefined) return fault("FilterArgumentError", "map requires a filter argument");
  return (item) => runFilter(rt, named(rt, "filter", name, findFilter), [item, ...rest], kwargs);
}

/** `select`, `reject`, `selectattr` and `rejectattr`: keep items by a test, or by truth without one. */
function selector(name: string, ofAttribute: boolean, keep: boolean): Filter {
  return anyFilter(name, (rt, [value, ...args], kwargs) =>
    lazily(function* () {
      if (!truth(value!)) return;
      const passes = predicate(rt, args, kwargs, ofAttribute);
      for (const item of each(value!)) {
        rt.step(1);
        if (passes(item) === keep) yield item;
      }
    }),
  );
}

function predicate(
  rt: Runtime,
  args: readonly Value[],
  kwargs: Kwargs,
  ofAttribute: boolean,
): (item: Value) => boolean {
  const rest = [...args];
  let get = (item: Value): Value => item;
  if (ofAttribute) {
    const attribute = rest.shift();
    if (attribute === undefined) fault("FilterArgumentError", "Missing parameter for attribute name");
    get = attributeGetter(rt, attribute);
  }
  const testName = rest.shift();
  if (testName === undefined) return (item) => truth(get(item));
  return (item) => {
    const subject = get(item);
    return runTest(rt, named(rt, "test", testName, findTest), [subject, ...rest], kwargs);
  };
}

const generalFilters: readonly Filter[] = [
  ...["default", "d"].map((name) =>
    filter(name, "value default_value? boolean?", (_rt, [value, fallback, boolean]) => {
      const replaced = value instanceof Undefined || (truth(boolean ?? false) && !truth(value!));
      return replaced ? given(fallback, "") : value!;
    }),
  ),
  filter("attr", "obj name", (rt, [object, name]) =>
    getOnlyAttribute(rt, object!, plain(plainStr(rt, name!))),
  ),
  filter("pprint", "value", (rt, [value]) => prettyPrint(rt, value!)),
  anyFilter("map", map),
  selector("select", false, true),
  selector("reject", false, false),
  selector("selectattr", true, true),
  selector("rejectattr", true, false),
  jsonFilter,
];

const filters: ReadonlyMap<string, Filter> = new Map(
  [generalFilters, textFilters, htmlFilters, sequenceFilters, numberFilters]
    .flat()
    .map((entry) => [entry.name, entry]),
);

export function findFilter(name: string): Filter | undefined {
  return filters.get(name);
}

export const filterNames: ReadonlySet<string> = new Set(filters.keys());
