// Calls to closures.

import type { Arguments, CallExpr, Expr } from "./ast.ts";
import { callMethod, callValue } from "./call.ts";
import type { Place } from "./compiler-state.ts";
import { fault, typeFault } from "./fault.ts";
import type { Code, Frame } from "./frame.ts";
import { each } from "./iteration.ts";
import { isStr, plain } from "./text.ts";
import { dictEntries, isDict, type Kwargs, noKwargs, typeName, Undefined, type Value } from "./values.ts";

export type Compile = (place: Place, node: Expr) => Code;

/** Evaluated arguments of a call. */
export interface Evaluated {
  readonly args: Value[];
  readonly kwargs: Kwargs;
}

/** Code for arguments; `first` values come before them. */
export function compileArguments(
  compile: Compile,
  place: Place,
  node: Arguments,
): (frame: Frame, first: readonly Value[]) => Evaluated {
  const positional = node.args.map((arg) => compile(place, arg));
  const named = node.kwargs.map(({ name, value }) => [name, compile(place, value)] as const);
  const duplicate = node.kwargs.find(
    ({ name }, at) => node.kwargs.findIndex((other) => other.name === name) < at,
  );
  if (duplicate !== undefined)
    fault("SyntaxError", `keyword argument repeated: ${duplicate.name}`, duplicate.value.at);
  const dynArgs = node.dynArgs && compile(place, node.dynArgs);
  const dynKwargs = node.dynKwargs && compile(place, node.dynKwargs);
  return (frame, first) => {
    const args = [...first];
    for (let at = 0; at < positional.length; at++) args.push(positional[at]!(frame));
    if (dynArgs !== null) for (const item of each(dynArgs(frame))) args.push(item);
    if (named.length === 0 && dynKwargs === null) return { args, kwargs: noKwargs };
    const kwargs = new Map<string, Value>();
    for (const [name, value] of named) kwargs.set(name, value(frame));
    if (dynKwargs !== null) spread(dynKwargs(frame), kwargs);
    frame.rt.checkItems(args.length + kwargs.size);
    return { args, kwargs };
  };
}

function spread(value: Value, kwargs: Map<string, Value>): void {
  if (value instanceof Undefined) value.fail();
  const entries = isDict(value)
    ? dictEntries(value)
    : typeFault(`argument after ** must be a mapping, not ${typeName(value)}`);
  for (const [key, member] of entries) {
    const name = isStr(key) ? plain(key) : typeFault("keywords must be strings");
    if (kwargs.has(name)) typeFault(`got multiple values for keyword argument '${name}'`);
    kwargs.set(name, member);
  }
}

/** `callee(…)`. `caller` gives the body of a call block, passed as the keyword argument of that name. */
export function compileCall(
  compile: Compile,
  place: Place,
  node: CallExpr,
  caller: ((frame: Frame) => Value) | null,
): Code {
  const { at } = node;
  const evaluateArguments = compileArguments(compile, place, node);
  const isPlain = node.kwargs.length === 0 && node.dynArgs === null && node.dynKwargs === null;
  if (isPlain && caller === null && node.node.kind === "getattr") {
    return compileMethodCall(compile, place, node.node, node.args, at);
  }
  const callee = compile(place, node.node);
  return (frame) => {
    const target = callee(frame);
    const { args, kwargs } = evaluateArguments(frame, []);
    frame.rt.at = at;
    if (caller === null) return callValue(frame.rt, target, args, kwargs);
    return callValue(frame.rt, target, args, new Map([...kwargs, ["caller", caller(frame)]]));
  };
}

function compileMethodCall(
  compile: Compile,
  place: Place,
  method: Extract<Expr, { readonly kind: "getattr" }>,
  argNodes: readonly Expr[],
  at: number,
): Code {
  const object = compile(place, method.node);
  const { name } = method;
  const args = argNodes.map((arg) => compile(place, arg));
  return (frame) => {
    const target = object(frame);
    // The method is looked up before the arguments are evaluated: that an undefined object fails first is visible.
    if (target instanceof Undefined) {
      frame.rt.at = method.at;
      target.fail();
    }
    const values: Value[] = [];
    for (let index = 0; index < args.length; index++) values.push(args[index]!(frame));
    frame.rt.at = at;
    return callMethod(frame.rt, target, name, values, noKwargs);
  };
}
