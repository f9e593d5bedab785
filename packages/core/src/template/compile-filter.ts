// Filters and tests to closures. Their names are looked up when the template is compiled.

import type { Arguments, FilterExpr, TestExpr } from "./ast.ts";
import { type Compile, compileArguments } from "./compile-call.ts";
import type { Place } from "./compiler-state.ts";
import { fault } from "./fault.ts";
import { type Filter, filterCost, runFilter } from "./filter.ts";
import { findFilter } from "./filters.ts";
import type { Code, Frame } from "./frame.ts";
import { findTest, runTest } from "./tests.ts";
import { isStr } from "./text.ts";
import { isDict, Undefined, type Value } from "./values.ts";

function isPlain(node: Arguments): boolean {
  return node.kwargs.length === 0 && node.dynArgs === null && node.dynKwargs === null;
}

/** `value | name(…)`. `block` gives the value when the node stands for the text of a block. */
export function compileFilter(compile: Compile, place: Place, node: FilterExpr, block: Code | null): Code {
  const { at, name } = node;
  const found = findFilter(name);
  if (found === undefined && !place.soft) {
    fault("TemplateAssertionError", `No filter named '${name}'.`, at);
  }
  const value = filterInput(compile, place, node, block);
  const filter: Filter = found ?? {
    name,
    signature: null,
    body: () => fault("TemplateRuntimeError", `No filter named '${name}' found.`),
  };
  if (isPlain(node) && filter.signature !== null) {
    const bound = compileBound(compile, place, node, filter, value);
    if (bound !== null) return bound;
  }
  const evaluateArguments = compileArguments(compile, place, node);
  return (frame) => {
    const { args, kwargs } = evaluateArguments(frame, [value(frame)]);
    frame.rt.at = at;
    return runFilter(frame.rt, filter, args, kwargs);
  };
}

function filterInput(compile: Compile, place: Place, node: FilterExpr, block: Code | null): Code {
  if (node.node === null) return block ?? (() => new Undefined("a filter without a value"));
  return node.node.kind === "filter"
    ? compileFilter(compile, place, node.node, block)
    : compile(place, node.node);
}

/** A call whose positional arguments are known to fit: no binding is left for run time. */
function compileBound(
  compile: Compile,
  place: Place,
  node: FilterExpr,
  { signature, body }: Filter,
  value: Code,
): Code | null {
  const count = node.args.length + 1;
  if (signature === null || count < signature.required || count > signature.names.length) return null;
  const args = node.args.map((arg) => compile(place, arg));
  const { at } = node;
  return (frame) => {
    const values: Value[] = [value(frame)];
    for (let index = 0; index < args.length; index++) values.push(args[index]!(frame));
    const { rt } = frame;
    rt.at = at;
    rt.step(filterCost(values[0]!));
    return body(rt, values, noKwargs);
  };
}
const noKwargs: ReadonlyMap<string, Value> = new Map();

/** Tests without arguments that only look at the type of the value. */
const quickTests: Readonly<Record<string, (value: Value) => boolean>> = {
  defined: (value) => !(value instanceof Undefined),
  undefined: (value) => value instanceof Undefined,
  none: (value) => value === null,
  string: (value) => isStr(value),
  mapping: (value) => isDict(value),
  true: (value) => value === true,
  false: (value) => value === false,
};

/** `value is name(…)`. */
export function compileTest(compile: Compile, place: Place, node: TestExpr): (frame: Frame) => boolean {
  const { at, name } = node;
  const found = findTest(name);
  if (found === undefined && !place.soft) fault("TemplateAssertionError", `No test named '${name}'.`, at);
  const value = compile(place, node.node);
  const evaluateArguments = compileArguments(compile, place, node);
  if (found === undefined) {
    return (frame) => {
      evaluateArguments(frame, [value(frame)]);
      frame.rt.at = at;
      return fault("TemplateRuntimeError", `No test named '${name}' found.`);
    };
  }
  if (isPlain(node) && node.args.length === 0 && Object.hasOwn(quickTests, name)) {
    const quick = quickTests[name]!;
    return (frame) => quick(value(frame));
  }
  return (frame) => {
    const { args, kwargs } = evaluateArguments(frame, [value(frame)]);
    frame.rt.at = at;
    return runTest(frame.rt, found, args, kwargs);
  };
}
