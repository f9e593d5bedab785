// Statements to closures.

import type { CallBlock, Expr, IfStmt, SetBlock, Stmt, WithStmt } from "./ast.ts";
import { findUndeclared } from "./children.ts";
import { compileCall } from "./compile-call.ts";
import { compileCondition, compileExpression } from "./compile-expression.ts";
import { compileFilter } from "./compile-filter.ts";
import { compileFor } from "./compile-loop.ts";
import { compileMacro } from "./compile-macro.ts";
import { compileOutput } from "./compile-output.ts";
import { compileTarget, compileTargetCheck } from "./compile-target.ts";
import { enterScope, inner, type Place, writeName } from "./compiler-state.ts";
import { fault } from "./fault.ts";
import { broke, continued, done, type Frame, newFrame, type Step } from "./frame.ts";
import { bodyScope, Scope, Unit, withScope } from "./scope.ts";
import { generated, isStr, type Str } from "./text.ts";
import { truth, typeName, type Value } from "./values.ts";

/** Code that runs statements one after the other until one leaves the loop. */
export function compileBody(place: Place, body: readonly Stmt[]): Step {
  const steps = body.map((node) => compileStatement(place, node));
  if (steps.length === 1) return steps[0]!;
  return (frame) => {
    for (let at = 0; at < steps.length; at++) {
      const ending = steps[at]!(frame);
      if (ending !== done) return ending;
    }
    return done;
  };
}

function compileStatement(place: Place, node: Stmt): Step {
  switch (node.kind) {
    case "output":
      return compileOutput(place, node.items);
    case "if":
      return compileIf(place, node);
    case "for":
      return compileFor(compileBody, place, node);
    case "set": {
      const check = compileTargetCheck(place, node.target);
      const value = compileExpression(place, node.value);
      const assign = compileTarget(place, node.target, node.at);
      return (frame) => {
        check?.(frame);
        frame.rt.step(1);
        assign(frame, value(frame));
        return done;
      };
    }
    case "macro": {
      const make = compileMacro(compileBody, place, node);
      const write = writeName(place, node.name);
      return (frame) => {
        write(frame, make(frame));
        return done;
      };
    }
    case "break":
    case "continue": {
      if (!place.inLoop) {
        const message = node.kind === "break" ? "'break' outside loop" : "'continue' not properly in loop";
        fault("SyntaxError", message, node.at);
      }
      const ending = node.kind === "break" ? broke : continued;
      return () => ending;
    }
    default:
      return compileBlock(place, node);
  }
}

function compileBlock(place: Place, node: Stmt): Step {
  switch (node.kind) {
    case "setblock":
      return compileSetBlock(place, node);
    case "callblock":
      return compileCallBlock(place, node);
    case "with":
      return compileWith(place, node);
    case "filterblock": {
      const bodyPlace = inner(place, filterBlockScope(place, node));
      const captured = compileCaptured(bodyPlace, node.body);
      const filter = compileFilter(compileExpression, bodyPlace, node.filter, captured);
      return (frame) => {
        printJoined(frame, filter(frame));
        return done;
      };
    }
    case "generation":
      return compileGeneration(place, node.body);
    case "autoescape":
      return compileAutoescape(place, node.value, node.body);
    case "block":
      return compileNamedBlock(place, node.body);
    default:
      return (frame) => {
        frame.rt.at = node.at;
        return fault("TypeError", "no loader for this environment specified");
      };
  }
}

/** What a block prints must be a string already: it is joined, not converted. */
function printJoined({ out }: Frame, value: Value): void {
  if (isStr(value)) out.write(value);
  else out.spoil(typeName(value));
}

/** The arguments of a block filter are read in the scope of its body. */
function filterBlockScope(place: Place, node: Extract<Stmt, { readonly kind: "filterblock" }>): Scope {
  const scope = bodyScope(node.body, place.scope);
  scope.visit(node.filter);
  return scope;
}

function compileAutoescape(place: Place, valueNode: Expr, bodyNodes: readonly Stmt[]): Step {
  const scope = new Scope(place.scope.unit, place.scope);
  scope.visit(valueNode);
  scope.visitAll(bodyNodes);
  const bodyPlace = inner(place, scope);
  const enter = enterScope(bodyPlace);
  const value = compileExpression(bodyPlace, valueNode);
  const body = compileBody(bodyPlace, bodyNodes);
  return (frame) => {
    const before = frame.rt.autoescape;
    enter?.(frame);
    frame.rt.autoescape = truth(value(frame));
    const ending = body(frame);
    frame.rt.autoescape = before;
    return ending;
  };
}

function compileIf(place: Place, node: IfStmt): Step {
  const soft = { ...place, soft: true };
  const branches = node.branches.map((branch) => ({
    test: compileCondition(soft, branch.test),
    body: compileBody(soft, branch.body),
  }));
  const otherwise = node.otherwise.length > 0 ? compileBody(soft, node.otherwise) : null;
  if (branches.length === 1) {
    const [{ test, body }] = branches as [(typeof branches)[number]];
    return (frame) => {
      if (test(frame)) return body(frame);
      return otherwise === null ? done : otherwise(frame);
    };
  }
  return (frame) => {
    for (let at = 0; at < branches.length; at++) {
      if (branches[at]!.test(frame)) return branches[at]!.body(frame);
    }
    return otherwise === null ? done : otherwise(frame);
  };
}

/** Code that runs a body and returns what it printed. */
function compileCaptured(place: Place, body: readonly Stmt[]): (frame: Frame) => Str {
  // A break out of a captured body would lose its text: in Jinja too it leaves the loop before the assignment.
  const enter = enterScope(place);
  const run = compileBody(place, body);
  return (frame) => {
    const { out } = frame;
    const captured = frame.rt.output();
    frame.out = captured;
    enter?.(frame);
    run(frame);
    frame.out = out;
    return captured.take(frame.rt.autoescape);
  };
}

function compileSetBlock(place: Place, node: SetBlock): Step {
  const check = compileTargetCheck(place, node.target);
  const bodyPlace = inner(place, bodyScope(node.body, place.scope));
  const captured = compileCaptured(bodyPlace, node.body);
  const value =
    node.filter === null ? captured : compileFilter(compileExpression, bodyPlace, node.filter, captured);
  const assign = compileTarget(place, node.target, node.at);
  return (frame) => {
    const text: Value = value(frame);
    check?.(frame);
    assign(frame, text);
    return done;
  };
}

function compileCallBlock(place: Place, node: CallBlock): Step {
  const caller = compileMacro(compileBody, place, node);
  const call = compileCall(compileExpression, place, node.call, caller);
  return (frame) => {
    printJoined(frame, call(frame));
    return done;
  };
}

function compileWith(place: Place, node: WithStmt): Step {
  const bodyPlace = inner(place, withScope(node, place.scope));
  const enter = enterScope(bodyPlace);
  const targets = node.targets.map((target) => compileTarget(bodyPlace, target, node.at));
  const values = node.values.map((value) => compileExpression(place, value));
  const body = compileBody(bodyPlace, node.body);
  return (frame) => {
    enter?.(frame);
    for (let at = 0; at < targets.length; at++) targets[at]!(frame, values[at]!(frame));
    return body(frame);
  };
}

/** Text printed here is marked. In transformers the block is a function, so a loop cannot be left from inside. */
function compileGeneration(place: Place, body: readonly Stmt[]): Step {
  place.info.hasGeneration = true;
  const scope = new Scope(place.scope.unit, place.scope);
  const specials = findUndeclared(body, ["caller", "kwargs", "varargs"]);
  scope.visitAll(body);
  for (const name of specials) scope.param(name);
  const bodyPlace = inner(place, scope, { inLoop: false });
  const enter = enterScope(bodyPlace);
  const run = compileBody(bodyPlace, body);
  return (frame) => {
    const { out } = frame;
    const { mark, spoiledBy } = out;
    out.mark |= generated;
    out.spoiledBy = null;
    frame.rt.step(1);
    enter?.(frame);
    run(frame);
    // The pieces of the block are joined before what follows it runs.
    out.check();
    out.mark = mark;
    out.spoiledBy = spoiledBy;
    return done;
  };
}

function compileNamedBlock(place: Place, body: readonly Stmt[]): Step {
  const unit = new Unit(null, true);
  const scope = new Scope(unit, null);
  scope.visitAll(body);
  const blockPlace: Place = { info: place.info, scope, soft: false, inLoop: false, topLevel: false };
  const enter = enterScope(blockPlace);
  const run = compileBody(blockPlace, body);
  return (frame) => {
    const { rt } = frame;
    rt.enterCall();
    const blockFrame = newFrame(rt, unit.size, null, frame.out);
    enter?.(blockFrame);
    run(blockFrame);
    rt.leaveCall();
    return done;
  };
}
