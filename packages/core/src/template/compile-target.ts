// Assignment to names, tuples of names, and attributes of namespaces.

import type { Expr } from "./ast.ts";
import { type Place, readName, writeName } from "./compiler-state.ts";
import { fault, typeFault } from "./fault.ts";
import type { Frame } from "./frame.ts";
import { isIterable, iterate } from "./iteration.ts";
import { Namespace, typeName, type Value } from "./values.ts";

export type Assign = (frame: Frame, value: Value) => void;

export function compileTarget(place: Place, node: Expr, at: number): Assign {
  if (node.kind === "name") return writeName(place, node.name);
  if (node.kind === "nsref") return compileNamespaceTarget(place, node.name, node.attribute);
  if (node.kind !== "tuple") return fault("TemplateSyntaxError", `can't assign to '${node.kind}'`, node.at);
  const targets = node.items.map((item) => compileTarget(place, item, at));
  return (frame, value) => {
    frame.rt.at = at;
    const items = unpack(value, targets.length);
    for (let index = 0; index < targets.length; index++) targets[index]!(frame, items[index]!);
  };
}

function compileNamespaceTarget(place: Place, name: string, attribute: string): Assign {
  const read = readName(place, name);
  return (frame, value) => {
    const namespace = read(frame);
    if (namespace instanceof Namespace) namespace.attributes.set(attribute, value);
  };
}

function unpack(value: Value, count: number): Value[] {
  if (!isIterable(value)) return typeFault(`cannot unpack non-iterable ${typeName(value)} object`);
  const iterator = iterate(value);
  const items: Value[] = [];
  for (let next = iterator.next(); !next.done; next = iterator.next()) {
    if (items.length === count) return fault("ValueError", `too many values to unpack (expected ${count})`);
    items.push(next.value);
  }
  if (items.length < count) {
    return fault("ValueError", `not enough values to unpack (expected ${count}, got ${items.length})`);
  }
  return items;
}

/** Code that checks, before the value is evaluated, that attributes are set on namespaces only. */
export function compileTargetCheck(place: Place, node: Expr): ((frame: Frame) => void) | null {
  const checks: ((frame: Frame) => void)[] = [];
  const visit = (target: Expr): void => {
    if (target.kind === "tuple") target.items.forEach(visit);
    if (target.kind !== "nsref") return;
    const read = readName(place, target.name);
    checks.push((frame) => {
      if (read(frame) instanceof Namespace) return;
      frame.rt.at = target.at;
      fault("TemplateRuntimeError", "cannot assign attribute on non-namespace object");
    });
  };
  visit(node);
  return checks.length === 0
    ? null
    : (frame) => {
        for (const check of checks) check(frame);
      };
}
