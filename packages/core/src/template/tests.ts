// The tests of `x is …`. Adding one is one entry here and one probe.

import { modulo } from "./arithmetic.ts";
import { contains, equal, identical, order } from "./compare.ts";
import { isIterable, lengthOf } from "./iteration.ts";
import { isLower, isUpper } from "./letter-case.ts";
import { plainStr } from "./repr.ts";
import type { Runtime } from "./runtime.ts";
import { bind, type Parameters, parameters } from "./signature.ts";
import { isSafe, isStr, plain } from "./text.ts";
import {
  Callable,
  DictView,
  hashKey,
  isDict,
  isFloat,
  isInt,
  type Kwargs,
  Loop,
  Undefined,
  type Value,
} from "./values.ts";

interface Test {
  readonly signature: Parameters;
  readonly body: (rt: Runtime, args: readonly Value[]) => boolean;
}

function test(name: string, list: string, body: Test["body"], keywords = true): [string, Test] {
  return [name, { signature: parameters(name, list, keywords), body }];
}

function comparison(
  names: string,
  body: (rt: Runtime, left: Value, right: Value) => boolean,
): [string, Test][] {
  return names
    .split(" ")
    .map((name) => test(name, "a b", (rt, [left, right]) => body(rt, left!, right!), false));
}

function isRest(rt: Runtime, value: Value, divisor: Value, rest: Value): boolean {
  return equal(rt, modulo(rt, value, divisor), rest);
}

function isSequence(value: Value): boolean {
  return lengthOf(value) !== undefined && !(value instanceof DictView || value instanceof Loop);
}

const tests: ReadonlyMap<string, Test> = new Map([
  test("odd", "value", (rt, [value]) => isRest(rt, value!, 2, 1)),
  test("even", "value", (rt, [value]) => isRest(rt, value!, 2, 0)),
  test("divisibleby", "value num", (rt, [value, num]) => isRest(rt, value!, num!, 0)),
  test("defined", "value", (_rt, [value]) => !(value instanceof Undefined)),
  test("undefined", "value", (_rt, [value]) => value instanceof Undefined),
  test("none", "value", (_rt, [value]) => value === null),
  test("boolean", "value", (_rt, [value]) => typeof value === "boolean"),
  test("true", "value", (_rt, [value]) => value === true),
  test("false", "value", (_rt, [value]) => value === false),
  test("integer", "value", (_rt, [value]) => isInt(value!)),
  test("float", "value", (_rt, [value]) => isFloat(value!)),
  test("number", "value", (_rt, [value]) => typeof value === "boolean" || isInt(value!) || isFloat(value!)),
  test("string", "value", (_rt, [value]) => isStr(value)),
  test("mapping", "value", (_rt, [value]) => isDict(value)),
  test("sequence", "value", (_rt, [value]) => isSequence(value!)),
  test("iterable", "value", (_rt, [value]) => isIterable(value!)),
  test("callable", "obj", (_rt, [value]) => value instanceof Callable || value instanceof Undefined, false),
  test("lower", "value", (rt, [value]) => isLower(plain(plainStr(rt, value!)))),
  test("upper", "value", (rt, [value]) => isUpper(plain(plainStr(rt, value!)))),
  test("sameas", "value other", (_rt, [value, other]) => identical(value!, other!)),
  test("escaped", "value", (_rt, [value]) => isStr(value) && isSafe(value)),
  test("in", "value seq", (rt, [value, seq]) => contains(rt, seq!, value!)),
  test("filter", "value", (rt, [name]) => isKnown(name!, (known) => rt.filterNames.has(known))),
  test("test", "value", (_rt, [name]) => isKnown(name!, (known) => findTest(known) !== undefined)),
  ...comparison("eq equalto ==", equal),
  ...comparison("ne !=", (rt, left, right) => !equal(rt, left, right)),
  ...comparison("lt lessthan <", (rt, left, right) => order(rt, "<", left, right)),
  ...comparison("le <=", (rt, left, right) => order(rt, "<=", left, right)),
  ...comparison("gt greaterthan >", (rt, left, right) => order(rt, ">", left, right)),
  ...comparison("ge >=", (rt, left, right) => order(rt, ">=", left, right)),
]);

function isKnown(name: Value, known: (name: string) => boolean): boolean {
  hashKey(name);
  return isStr(name) && known(plain(name));
}

export function findTest(name: string): Test | undefined {
  return tests.get(name);
}

/** `args[0] is test(args[1:])`. */
export function runTest(rt: Runtime, test: Test, args: readonly Value[], kwargs: Kwargs): boolean {
  const { signature } = test;
  const direct =
    kwargs.size === 0 && args.length >= signature.required && args.length <= signature.names.length;
  return test.body(rt, direct ? args : (bind(signature, args, kwargs) as Value[]));
}
