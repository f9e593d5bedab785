// Refusals of a constraint. Servers do not name the field that they are about, and seldom say what is wrong with a
// grammar.

import { GrammarError, readEbnf } from "@tokenwire/core/grammar";
import { type Constraint, EngineError } from "../engine.ts";

const words = /grammar|regex|schema|structur/i;

/** The same error, said to be about the constraint where its words are, with what can be seen to be wrong with it. */
export function aboutConstraint(error: EngineError, constraint: Constraint | undefined): EngineError {
  if (constraint === undefined || error.code !== "invalid_request" || !words.test(error.message))
    return error;
  const { code, message, status, retryable } = error;
  const reason = reasonIn(constraint);
  return new EngineError(code, reason === undefined ? message : `${message} (${reason})`, {
    ...(status !== undefined && { status }),
    retryable,
    about: "constraint",
    cause: error,
  });
}

/** What is wrong with the first grammar that cannot be read. */
function reasonIn(constraint: Constraint): string | undefined {
  for (const source of sourcesIn(constraint)) {
    try {
      readEbnf(source);
    } catch (error) {
      if (!(error instanceof GrammarError)) throw error;
      return error.message;
    }
  }
  return undefined;
}

function* sourcesIn(constraint: Constraint): Generator<string> {
  if (constraint.kind === "grammar" && constraint.syntax === "ebnf") yield constraint.source;
  if (constraint.kind === "structural_tag") yield* sourcesInTag(constraint.tag);
}

function* sourcesInTag(part: unknown): Generator<string> {
  if (typeof part !== "object" || part === null) return;
  const { type, grammar } = part as Readonly<Record<string, unknown>>;
  if (type === "grammar" && typeof grammar === "string") yield grammar;
  for (const value of Object.values(part)) yield* sourcesInTag(value);
}
