// `{{ … }}` and the text between tags to closures. A sum of strings is printed piece by piece, without building it.

import { add } from "./arithmetic.ts";
import type { Data, Expr } from "./ast.ts";
import { compileExpression, constantValue } from "./compile-expression.ts";
import type { Place } from "./compiler-state.ts";
import { escapeHtml } from "./escape.ts";
import { type Code, done, type Frame, type Step } from "./frame.ts";
import { str } from "./repr.ts";
import { Text, trusted } from "./text.ts";
import type { Value } from "./values.ts";

export function compileOutput(place: Place, items: readonly (Data | Expr)[]): Step {
  const parts = items.map((item) => compilePart(place, item));
  if (parts.length === 1) {
    const [part] = parts;
    return (frame) => {
      part!(frame);
      return done;
    };
  }
  return (frame) => {
    for (let at = 0; at < parts.length; at++) parts[at]!(frame);
    return done;
  };
}

function compilePart(place: Place, node: Data | Expr): (frame: Frame) => void {
  if (node.kind === "data") {
    const { value } = node;
    return (frame) => frame.out.writeRun(value, trusted);
  }
  if (node.kind === "chain" && node.rest.every(({ operator }) => operator === "+")) {
    return compileSum(place, node.first, node.rest);
  }
  const code = compileExpression(place, node);
  return (frame) => print(frame, code(frame));
}

function print(frame: Frame, value: Value): void {
  const { rt, out } = frame;
  if (typeof value === "string" && !rt.autoescape) out.writeRun(value, 0);
  else if (rt.autoescape) out.write(escapeHtml(str(rt, value)));
  else out.write(str(rt, value));
}

interface Addend {
  readonly node: Expr;
  readonly at: number;
}

/** `{{ a + b + c }}`: strings that are not safe are collected and printed one after the other. */
function compileSum(place: Place, first: Expr, rest: readonly Addend[]): (frame: Frame) => void {
  const codes = [first, ...rest.map(({ node }) => node)].map((node): Code => {
    if (node.kind !== "const") return compileExpression(place, node);
    const value = constantValue(node);
    return () => value;
  });
  const places = rest.map(({ at }) => at);
  return (frame) => {
    const { rt } = frame;
    const values: Value[] = [codes[0]!(frame)];
    let collecting = isPlainText(values[0]!) && !rt.autoescape;
    for (let at = 1; at < codes.length; at++) {
      const value = codes[at]!(frame);
      if (collecting && isPlainText(value)) values.push(value);
      else {
        // Not a plain sum of strings after all: add up what was collected, then go on as written.
        rt.at = places[at - 1]!;
        let sum = values[0] as Value;
        for (let index = 1; index < values.length; index++) sum = add(rt, sum, values[index]!);
        values.length = 1;
        values[0] = add(rt, sum, value);
        collecting = false;
      }
    }
    for (let at = 0; at < values.length; at++) print(frame, values[at]!);
  };
}

function isPlainText(value: Value): boolean {
  return typeof value === "string" || (value instanceof Text && !value.safe);
}
