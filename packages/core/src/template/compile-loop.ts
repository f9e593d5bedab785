// `for` to closures. The three shapes differ in cost: a plain loop over a list, one with a condition or items that are
// computed, and a recursive one, which is a function.

import type { Expr, ForStmt, Stmt } from "./ast.ts";
import { findUndeclared, someNode } from "./children.ts";
import { compileCondition, compileExpression } from "./compile-expression.ts";
import { compileTarget } from "./compile-target.ts";
import { enterScope, inner, type Place } from "./compiler-state.ts";
import { fault } from "./fault.ts";
import { broke, done, type Ending, type Frame, newFrame, type Step } from "./frame.ts";
import { iterate, knownItems } from "./iteration.ts";
import { LoopContext, type Recurse } from "./loop-context.ts";
import { loopScope, type Scope, Unit } from "./scope.ts";
import type { Value } from "./values.ts";

type CompileBody = (place: Place, body: readonly Stmt[]) => Step;

/** Runs a loop over `items` in a frame. */
type Run = (frame: Frame, items: Value, recurse: Recurse | null, depth: number) => Ending;

export function compileFor(compileBody: CompileBody, place: Place, node: ForStmt): Step {
  const assigned = someNode(
    [node],
    (item) => item.kind === "name" && item.use === "store" && item.name === "loop",
  );
  if (assigned) {
    fault("TemplateAssertionError", "Can't assign to special loop variable in for-loop target", node.at);
  }
  const items = compileExpression(place, node.iter);
  const { at } = node;
  if (!node.recursive) {
    const run = compileRun(compileBody, place, node, place.scope.unit);
    return (frame) => {
      const value = items(frame);
      frame.rt.at = at;
      return run(frame, value, null, 0);
    };
  }
  const unit = new Unit(place.scope.unit);
  const run = compileRun(compileBody, place, node, unit);
  return (frame) => {
    const value = items(frame);
    const recurse: Recurse = (rt, inner, depth) => {
      const loopFrame = newFrame(rt, unit.size, frame, rt.output());
      rt.enterCall();
      rt.at = at;
      run(loopFrame, inner, recurse, depth);
      rt.leaveCall();
      return loopFrame.out.take(rt.autoescape);
    };
    const printed = recurse(frame.rt, value, 0);
    frame.out.write(printed as string);
    return done;
  };
}

function compileRun(compileBody: CompileBody, place: Place, node: ForStmt, unit: Unit): Run {
  const hasLoop =
    node.recursive ||
    findUndeclared(node.body, ["loop"]).size > 0 ||
    someNode([node], (item) => item.kind === "block" && item.scoped);
  const scope = loopScope(node, "body", hasLoop, unit, place.scope);
  const bodyPlace = inner(place, scope, { inLoop: true });
  const enter = enterScope(bodyPlace);
  const assign = compileTarget(bodyPlace, node.target, node.at);
  const body = compileBody(bodyPlace, node.body);
  const otherwise = compileElse(compileBody, place, node, unit);
  const filter = node.test === null ? null : compileTest(place, node, node.test, unit);
  const loopSlot = hasLoop ? scope.find("loop")!.index : null;
  // Statements of the body count as steps of the iteration: one subtraction instead of one per statement.
  const cost = 1 + (node.body.length >> 1);

  /** Runs one iteration. */
  const once = (frame: Frame, item: Value): Ending => {
    frame.rt.step(cost);
    assign(frame, item);
    enter?.(frame);
    return body(frame);
  };

  const overItems = (frame: Frame, items: readonly Value[]): boolean => {
    let finished = false;
    for (let at = 0; at < items.length; at++) {
      const ending = once(frame, items[at]!);
      if (ending === done) finished = true;
      else if (ending === broke) break;
    }
    return finished;
  };

  const overLoop = (frame: Frame, loop: LoopContext): boolean => {
    let finished = false;
    for (let item = loop.advance(); item !== undefined; item = loop.advance()) {
      if (loopSlot !== null) frame.slots[loopSlot] = loop;
      const ending = once(frame, item);
      if (ending === done) finished = true;
      else if (ending === broke) break;
    }
    return finished;
  };

  return (frame, value, recurse, depth) => {
    const known = knownItems(value);
    if (known !== undefined) frame.rt.step(known.length >> 3);
    let finished: boolean;
    if (loopSlot === null && filter === null && known !== undefined) finished = overItems(frame, known);
    else {
      const source = known?.[Symbol.iterator]() ?? iterate(value);
      const length = filter === null ? known?.length : undefined;
      const items = filter === null ? source : filter(frame, source);
      finished = overLoop(frame, new LoopContext(items, length, recurse, depth));
    }
    // `else` runs when no iteration reached its end.
    return finished || otherwise === null ? done : otherwise(frame);
  };
}

function compileElse(compileBody: CompileBody, place: Place, node: ForStmt, unit: Unit): Step | null {
  if (node.otherwise.length === 0) return null;
  const scope = loopScope(node, "else", false, unit, place.scope);
  const elsePlace = inner(place, scope, { inLoop: place.inLoop && !node.recursive });
  const enter = enterScope(elsePlace);
  const body = compileBody(elsePlace, node.otherwise);
  return (frame) => {
    enter?.(frame);
    return body(frame);
  };
}

/** The items for which the condition holds, looked at one by one as the loop asks for them. */
function compileTest(
  place: Place,
  node: ForStmt,
  testNode: Expr,
  unit: Unit,
): (frame: Frame, source: Iterator<Value>) => Iterator<Value> {
  const scope: Scope = loopScope(node, "test", false, unit, place.scope);
  const testPlace = inner(place, scope);
  const enter = enterScope(testPlace);
  const assign = compileTarget(testPlace, node.target, node.at);
  const test = compileCondition(testPlace, testNode);
  return (frame, source) => ({
    next: () => {
      for (let next = source.next(); !next.done; next = source.next()) {
        frame.rt.step(1);
        enter?.(frame);
        assign(frame, next.value);
        if (test(frame)) return next;
      }
      return { done: true, value: undefined };
    },
  });
}
