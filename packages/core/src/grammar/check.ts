// What can be known to be wrong with a grammar that was read: rules no text can come of, and sizes beyond measure.

import { charactersOf } from "./characters.ts";
import { type Expression, type Grammar, partsOf } from "./expression.ts";

/**
 * A rule that the start needs and that has a part which no text can match, such as `a ::= "x" a` or `a ::= "x" []`:
 * what has begun such a part can never end. Undefined where there is none.
 */
export function endlessRule(grammar: Grammar): string | undefined {
  const { rules } = grammar;
  const ending = new Set<string>();
  for (let before = -1; before < ending.size; ) {
    before = ending.size;
    for (const [name, expression] of rules) {
      if (!ending.has(name) && canEnd(expression, ending)) ending.add(name);
    }
  }
  const needed = reachable(grammar);
  const isEndless = (expression: Expression): boolean =>
    !canEnd(expression, ending) || partsOf(expression).some(isEndless);
  const endless = [...rules].filter(([name, expression]) => needed.has(name) && isEndless(expression));
  // A rule that leads back to itself is the reason for those that lead to it.
  const [culprit] = endless.find(([name]) => !ending.has(name) && leadsTo(grammar, name)) ?? endless[0] ?? [];
  return culprit;
}

/** Whether a rule needs itself. */
function leadsTo({ rules }: Grammar, name: string): boolean {
  const inside = "";
  const around = new Map([...rules, [inside, rules.get(name) as Expression]]);
  around.delete(name);
  return reachable({ start: inside, rules: around }).has(name);
}

/** Whether some text matches, made of rules that are known to end. */
function canEnd(expression: Expression, ending: ReadonlySet<string>): boolean {
  switch (expression.kind) {
    case "text":
      return true;
    case "class":
      return charactersOf(expression.negated, expression.ranges).length > 0;
    case "rule":
      return ending.has(expression.name);
    case "sequence":
      return expression.parts.every((part) => canEnd(part, ending));
    case "choice":
      return expression.options.some((option) => canEnd(option, ending));
    case "repeat":
      return expression.least === 0 || canEnd(expression.of, ending);
  }
}

/** The rules that a grammar's start needs, itself among them. */
export function reachable({ start, rules }: Grammar): ReadonlySet<string> {
  const found = new Set([start]);
  // A set visits what is added while it is read.
  for (const name of found) {
    const waiting = [rules.get(name)];
    for (let expression = waiting.pop(); expression !== undefined; expression = waiting.pop()) {
      if (expression.kind === "rule") found.add(expression.name);
      waiting.push(...partsOf(expression));
    }
  }
  return found;
}

/** About how many characters and classes a grammar has when its repetitions are written out. */
export function expandedSize({ rules }: Grammar): number {
  let total = 0;
  for (const expression of rules.values()) total += sizeOf(expression);
  return total;
}

function sizeOf(expression: Expression): number {
  if (expression.kind === "text") return Math.max(1, expression.text.length);
  if (expression.kind === "class" || expression.kind === "rule") return 1;
  const inside = partsOf(expression).reduce((sum, part) => sum + sizeOf(part), 0);
  return expression.kind === "repeat" ? inside * Math.max(1, expression.least, expression.most ?? 0) : inside;
}
