// Constraints in the fields that SGLang and its relatives have for them, over HTTP and gRPC alike. All are text.

import type { Constraint } from "../engine.ts";
import { grammarText, tagText } from "./grammars.ts";

/** What SGLang's grammars can hold an answer to. */
export const sglangConstraints: readonly Constraint["kind"][] = [
  "json_object",
  "json_schema",
  "regex",
  "grammar",
  "choice",
  "structural_tag",
];

/** At most one of `json_schema`, `ebnf` and `structural_tag`. */
export function sglangConstraint(
  engine: string,
  constraint: Constraint | undefined,
): Readonly<Record<string, string>> {
  if (constraint === undefined) return {};
  switch (constraint.kind) {
    case "json_object":
      return { json_schema: '{"type":"object"}' };
    case "json_schema":
      return { json_schema: JSON.stringify(constraint.schema) };
    case "structural_tag":
      return { structural_tag: tagText(engine, constraint.tag) };
    default:
      return { ebnf: grammarText(engine, constraint) };
  }
}
