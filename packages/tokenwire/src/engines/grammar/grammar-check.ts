// What is wrong with a grammar, said before the compiler sees it: xgrammar aborts without a reason, and generates from
// rules that never end until no token is left.

import {
  endlessRule,
  expandedSize,
  type Grammar,
  GrammarError,
  readEbnf,
  regexExpression,
  writeEbnf,
} from "@tokenwire/core/grammar";
import { EngineError } from "../engine.ts";
import { withExactClasses } from "./exact-classes.ts";

const maxLength = 1 << 20;
const maxExpansion = 20_000;

/** A grammar as it goes to the compiler. */
export interface CheckedGrammar {
  readonly source: string;
  /** What cannot be read of it here; the compiler may know more. */
  readonly unread?: GrammarError;
}

/** Throws `EngineError` for a grammar that no text matches, that cannot be enforced, or that is too large. */
export function checkGrammar(source: string): CheckedGrammar {
  if (source.length > maxLength) {
    throw invalid(`it has ${source.length} characters, at most ${maxLength} are allowed.`);
  }
  let grammar: Grammar;
  try {
    grammar = readEbnf(source);
  } catch (error) {
    if (error instanceof GrammarError) return { source, unread: error };
    throw error;
  }
  const size = expandedSize(grammar);
  if (size > maxExpansion) {
    throw invalid(
      `it has about ${size} parts when its repetitions are written out, at most ${maxExpansion} are allowed.`,
    );
  }
  const endless = endlessRule(grammar);
  if (endless !== undefined) {
    throw invalid(`the rule "${endless}" has a part that no text matches, so what begins it never ends.`);
  }
  return { source: writeEbnf(withExactClasses(grammar)) };
}

/**
 * A pattern as a grammar: xgrammar's own reading takes `[\\^a]` for `[^a]`, and aborts at what it does not know.
 *
 * @throws EngineError `unsupported` for what a grammar cannot say.
 */
export function regexGrammar(pattern: string): string {
  try {
    const root = regexExpression(pattern, { lazy: true });
    return writeEbnf(withExactClasses({ start: "root", rules: new Map([["root", root]]) }));
  } catch (error) {
    if (!(error instanceof GrammarError)) throw error;
    const message = `regex: ${JSON.stringify(pattern)} cannot be enforced: ${error.reason}`;
    throw new EngineError("unsupported", message, { about: "constraint", cause: error });
  }
}

/** The error for a grammar that the compiler refused. */
export function refusedGrammar(reason: GrammarError | undefined, cause: unknown): EngineError {
  return invalid(reason?.message ?? "the compiler refused it without a reason.", cause);
}

function invalid(reason: string, cause?: unknown): EngineError {
  return new EngineError("invalid_request", `The grammar cannot be used: ${reason}`, {
    about: "constraint",
    cause,
  });
}
