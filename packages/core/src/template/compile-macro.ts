// Definitions of macros and call blocks to closures.

import type { CallBlock, MacroStmt, Stmt } from "./ast.ts";
import { findUndeclared } from "./children.ts";
import { compileExpression } from "./compile-expression.ts";
import { enterScope, inner, type Place } from "./compiler-state.ts";
import { fault } from "./fault.ts";
import type { Frame, Step } from "./frame.ts";
import { Macro, type MacroCode } from "./macro.ts";
import { macroScope } from "./scope.ts";
import { Undefined, type Value } from "./values.ts";

type CompileBody = (place: Place, body: readonly Stmt[]) => Step;

/** Code that makes the macro in the frame where its definition stands. */
export function compileMacro(
  compileBody: CompileBody,
  place: Place,
  node: MacroStmt | CallBlock,
): (frame: Frame) => Value {
  const params = node.params.map(({ name }) => name);
  if (new Set(params).size < params.length)
    fault("SyntaxError", "duplicate argument in a macro definition", node.at);
  const used = findUndeclared(node.body, ["caller", "kwargs", "varargs"]);
  const isSpecial = (name: string): boolean => used.has(name) && !params.includes(name);
  const callerAt = params.indexOf("caller");
  if (used.has("caller") && callerAt !== -1 && callerAt < params.length - node.defaults.length) {
    fault(
      "TemplateAssertionError",
      'When defining macros or call blocks the special "caller" argument must be omitted or be given a default.',
      node.at,
    );
  }
  const specials = ["caller", "kwargs", "varargs"].filter(isSpecial);
  const scope = macroScope(node, specials, place.scope);
  const bodyPlace = inner(place, scope, { inLoop: false });
  const enter = enterScope(bodyPlace);
  const slotOf = (name: string): number => scope.find(name)!.index;
  const firstDefault = params.length - node.defaults.length;
  const fillers = params.map((name, at) => {
    const slot = slotOf(name);
    const value = at >= firstDefault ? compileExpression(bodyPlace, node.defaults[at - firstDefault]!) : null;
    const missing = new Undefined(`parameter '${name}' was not provided`);
    return (frame: Frame): void => {
      if (frame.slots[slot] === undefined) frame.slots[slot] = value === null ? missing : value(frame);
    };
  });
  const body = compileBody(bodyPlace, node.body);
  const special = (name: string): number | null => (isSpecial(name) ? slotOf(name) : null);
  const code: MacroCode = {
    name: node.kind === "macro" ? node.name : "",
    params,
    slots: params.map(slotOf),
    callerSlot: special("caller"),
    kwargsSlot: special("kwargs"),
    varargsSlot: special("varargs"),
    size: 0,
    run: (frame) => {
      enter?.(frame);
      for (const fill of fillers) fill(frame);
      body(frame);
    },
  };
  // Inner scopes have added their slots to the unit only now.
  const sized = { ...code, size: scope.unit.size };
  return (frame) => new Macro(sized, frame);
}
