// Expressions to closures. Operands are evaluated from left to right; `rt.at` is set before an operation that can
// fail, after its operands.

import { getAttribute, getItem, getSlice, isDictAttribute, missingKey, trustedRole } from "./access.ts";
import {
  add,
  divide,
  floorDivide,
  modulo,
  multiply,
  negate,
  positive,
  power,
  subtract,
} from "./arithmetic.ts";
import type { ArithmeticOperator, CompareExpr, CompareOperator, CondExpr, ConstExpr, Expr } from "./ast.ts";
import { trustedText } from "./code-points.ts";
import { contains, equal, order } from "./compare.ts";
import { compileCall } from "./compile-call.ts";
import { compileFilter, compileTest } from "./compile-filter.ts";
import { type Place, readName } from "./compiler-state.ts";
import { escapeHtml } from "./escape.ts";
import { fault } from "./fault.ts";
import type { Code, Frame } from "./frame.ts";
import { str } from "./repr.ts";
import type { Runtime } from "./runtime.ts";
import { Text } from "./text.ts";
import { Dict, dictSet, Tuple, toFloat, truth, Undefined, type Value } from "./values.ts";

/** The value of a literal. */
export function constantValue({ value }: ConstExpr): Value {
  if (typeof value === "string") return trustedText(value);
  return typeof value === "object" && value !== null ? toFloat(value.float) : value;
}

export function compileExpression(place: Place, node: Expr): Code {
  switch (node.kind) {
    case "const": {
      const value = constantValue(node);
      return () => value;
    }
    case "name":
      return readName(place, node.name);
    case "getattr":
      return compileGetAttribute(compileExpression(place, node.node), node.name, node.at);
    case "getitem":
      return compileGetItem(place, node.node, node.arg, node.at);
    case "chain":
      return compileChain(place, node.first, node.rest);
    case "concat":
      return compileConcat(compileAll(place, node.items), node.at);
    case "compare":
      return compileCompare(place, node);
    case "and":
    case "or":
      return compileLogical(compileAll(place, node.items), node.kind === "and");
    case "not": {
      const test = compileCondition(place, node.node);
      return (frame) => !test(frame);
    }
    case "cond":
      return compileCond(place, node);
    case "call":
      return compileCall(compileExpression, place, node, null);
    case "filter":
      return compileFilter(compileExpression, place, node, null);
    case "test":
      return compileTest(compileExpression, place, node);
    default:
      return compileOther(place, node);
  }
}

function compileOther(place: Place, node: Expr): Code {
  switch (node.kind) {
    case "tuple": {
      const items = compileAll(place, node.items);
      return (frame) => new Tuple(evaluate(items, frame));
    }
    case "list": {
      const items = compileAll(place, node.items);
      return (frame) => evaluate(items, frame);
    }
    case "dict":
      return compileDict(place, node.pairs, node.at);
    case "neg":
    case "pos": {
      const operand = compileExpression(place, node.node);
      const apply = node.kind === "neg" ? negate : positive;
      return (frame) => {
        const value = operand(frame);
        frame.rt.at = node.at;
        return apply(value);
      };
    }
    case "slice":
      // A slice inside a tuple index: nothing can be found under it.
      return () => new Undefined("slice object has no value of its own");
    default:
      return fault("TemplateSyntaxError", `unexpected ${node.kind}`, node.at);
  }
}

export function compileAll(place: Place, nodes: readonly Expr[]): Code[] {
  return nodes.map((node) => compileExpression(place, node));
}

export function evaluate(codes: readonly Code[], frame: Frame): Value[] {
  const values: Value[] = [];
  for (let at = 0; at < codes.length; at++) values.push(codes[at]!(frame));
  return values;
}

/** Code for a condition, with short cuts that need no boxed result. */
export function compileCondition(place: Place, node: Expr): (frame: Frame) => boolean {
  if (node.kind === "not") {
    const test = compileCondition(place, node.node);
    return (frame) => !test(frame);
  }
  if (node.kind === "test") return compileTest(compileExpression, place, node);
  if (node.kind === "and" || node.kind === "or") {
    const tests = node.items.map((item) => compileCondition(place, item));
    const ends = node.kind === "or";
    return (frame) => {
      for (let at = 0; at < tests.length; at++) if (tests[at]!(frame) === ends) return ends;
      return !ends;
    };
  }
  const code = compileExpression(place, node);
  return (frame) => {
    const value = code(frame);
    return typeof value === "boolean" ? value : truth(value);
  };
}

function compileLogical(items: readonly Code[], isAnd: boolean): Code {
  return (frame) => {
    let value = items[0]!(frame);
    for (let at = 1; at < items.length && truth(value) === isAnd; at++) value = items[at]!(frame);
    return value;
  };
}

function compileGetAttribute(object: Code, name: string, at: number): Code {
  if (isDictAttribute(name)) {
    return (frame) => {
      const value = object(frame);
      frame.rt.at = at;
      return getAttribute(frame.rt, value, name);
    };
  }
  const isRole = name === "role";
  return (frame) => {
    const value = object(frame);
    if (value instanceof Map) {
      const member = value.get(name);
      if (member === undefined) return missingKey(frame.rt, value, name);
      return isRole ? trustedRole(member) : member;
    }
    frame.rt.at = at;
    return getAttribute(frame.rt, value, name);
  };
}

function compileGetItem(place: Place, objectNode: Expr, arg: Expr, at: number): Code {
  const object = compileExpression(place, objectNode);
  if (arg.kind === "slice") {
    const parts = [arg.start, arg.stop, arg.step].map((part) => part && compileExpression(place, part));
    return (frame) => {
      const value = object(frame);
      const indexes = parts.map((part) => part?.(frame));
      frame.rt.at = at;
      return getSlice(frame.rt, value, indexes);
    };
  }
  if (arg.kind === "const" && typeof arg.value === "string") {
    return compileGetKey(object, arg.value, at);
  }
  const key = compileExpression(place, arg);
  return (frame) => {
    const value = object(frame);
    const index = key(frame);
    if (typeof index === "number" && index >= 0 && Array.isArray(value)) {
      const item = value[index];
      if (item !== undefined) return item;
    }
    frame.rt.at = at;
    return getItem(frame.rt, value, index);
  };
}

function compileGetKey(object: Code, name: string, at: number): Code {
  const key = trustedText(name);
  const isRole = name === "role";
  return (frame) => {
    const value = object(frame);
    if (value instanceof Map) {
      const member = value.get(name);
      if (member !== undefined) return isRole ? trustedRole(member) : member;
    }
    frame.rt.at = at;
    return getItem(frame.rt, value, key);
  };
}

const arithmetic: Readonly<Record<ArithmeticOperator, (rt: Runtime, left: Value, right: Value) => Value>> = {
  "+": add,
  "-": (_rt, left, right) => subtract(left, right),
  "*": multiply,
  "/": (_rt, left, right) => divide(left, right),
  "//": (_rt, left, right) => floorDivide(left, right),
  "%": modulo,
  "**": (_rt, left, right) => power(left, right),
};

interface Operand {
  readonly operator: ArithmeticOperator;
  readonly node: Expr;
  readonly at: number;
}

function compileChain(place: Place, firstNode: Expr, rest: readonly Operand[]): Code {
  const first = compileExpression(place, firstNode);
  const operands = rest.map(({ node }) => compileExpression(place, node));
  const operators = rest.map(({ operator }) => arithmetic[operator]);
  const places = rest.map(({ at }) => at);
  if (operands.length === 1) {
    const [operand] = operands;
    const [apply] = operators;
    const [at] = places;
    return (frame) => {
      const left = first(frame);
      const right = operand!(frame);
      frame.rt.at = at!;
      return apply!(frame.rt, left, right);
    };
  }
  return (frame) => {
    let value = first(frame);
    for (let at = 0; at < operands.length; at++) {
      const right = operands[at]!(frame);
      frame.rt.at = places[at]!;
      value = operators[at]!(frame.rt, value, right);
    }
    return value;
  };
}

function compileConcat(items: readonly Code[], at: number): Code {
  return (frame) => {
    const { rt } = frame;
    const values = evaluate(items, frame);
    rt.at = at;
    const output = rt.output();
    for (const value of values) output.write(rt.autoescape ? escapeHtml(str(rt, value)) : str(rt, value));
    return output.take(rt.autoescape);
  };
}

function compileCompare(place: Place, { first, rest }: CompareExpr): Code {
  if (rest.length === 1) {
    const [{ operator, node, at }] = rest as [CompareExpr["rest"][number]];
    if (node.kind === "const" && typeof node.value === "string" && (operator === "==" || operator === "!=")) {
      return compareWithText(compileExpression(place, first), node.value, operator === "==");
    }
    const left = compileExpression(place, first);
    const right = compileExpression(place, node);
    const compare = comparison(operator);
    return (frame) => {
      const a = left(frame);
      const b = right(frame);
      frame.rt.at = at;
      return compare(frame.rt, a, b);
    };
  }
  const start = compileExpression(place, first);
  const steps = rest.map(({ operator, node, at }) => ({
    compare: comparison(operator),
    operand: compileExpression(place, node),
    at,
  }));
  return (frame) => {
    let left = start(frame);
    for (const { compare, operand, at } of steps) {
      const right = operand(frame);
      frame.rt.at = at;
      if (!compare(frame.rt, left, right)) return false;
      left = right;
    }
    return true;
  };
}

function compareWithText(left: Code, text: string, equals: boolean): Code {
  return (frame) => {
    const value = left(frame);
    if (typeof value === "string") return (value === text) === equals;
    return (value instanceof Text && value.value === text) === equals;
  };
}

function comparison(operator: CompareOperator): (rt: Runtime, left: Value, right: Value) => boolean {
  switch (operator) {
    case "==":
      return equal;
    case "!=":
      return (rt, left, right) => !equal(rt, left, right);
    case "in":
      return (rt, left, right) => contains(rt, right, left);
    case "not in":
      return (rt, left, right) => !contains(rt, right, left);
    default:
      return (rt, left, right) => order(rt, operator, left, right);
  }
}

function compileCond(place: Place, node: CondExpr): Code {
  const soft = { ...place, soft: true };
  const test = compileCondition(soft, node.test);
  const then = compileExpression(soft, node.then);
  if (node.otherwise !== null) {
    const otherwise = compileExpression(soft, node.otherwise);
    return (frame) => (test(frame) ? then(frame) : otherwise(frame));
  }
  const line = place.info.lineAt(node.at);
  const missing = new Undefined(
    `the inline if-expression on line ${line} evaluated to false and no else section was defined.`,
  );
  return (frame) => (test(frame) ? then(frame) : missing);
}

function compileDict(place: Place, pairs: readonly (readonly [Expr, Expr])[], at: number): Code {
  const codes = pairs.map(
    ([key, value]) => [compileExpression(place, key), compileExpression(place, value)] as const,
  );
  return (frame) => {
    const dict = new Dict();
    for (const [key, value] of codes) {
      const name = key(frame);
      const member = value(frame);
      frame.rt.at = at;
      dictSet(dict, name, member);
    }
    return dict;
  };
}
