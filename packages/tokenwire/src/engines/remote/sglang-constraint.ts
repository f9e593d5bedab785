// Constraints in the fields that SGLang and its relatives have for them, over HTTP and gRPC alike. All are text.

import { type Constraint, EngineError } from "../engine.ts";

/** At most one of `json_schema`, `regex`, `ebnf` and `structural_tag`. */
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
    case "regex":
      return { regex: constraint.pattern };
    case "structural_tag":
      return { structural_tag: JSON.stringify(constraint.tag) };
    default:
      if (constraint.kind === "grammar" && constraint.syntax === "ebnf") return { ebnf: constraint.source };
      throw new EngineError("unsupported", `${engine} takes grammars as EBNF only.`);
  }
}
