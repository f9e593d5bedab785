// Choices and regular expressions as llama.cpp's grammars. https://github.com/ggml-org/llama.cpp/tree/master/grammars

import { GrammarError, quoted, regexExpression, writeExpression } from "@tokenwire/core/grammar";
import { EngineError } from "../engine.ts";

/** One of the given texts. */
export function choiceGrammar(choices: readonly string[]): string {
  return `root ::= ${choices.map(quoted).join(" | ")}`;
}

/**
 * A text that matches a pattern from its beginning to its end. Groups, classes, alternatives and repetitions are
 * understood; what looks around or back is not.
 *
 * @throws EngineError `unsupported` for a pattern that says more, `invalid_request` for one that is none.
 * @example regexGrammar("[a-c]{2}-\\d+") // root ::= [a-c]{2} "-" [0-9]+
 */
export function regexGrammar(pattern: string): string {
  try {
    new RegExp(pattern, "u");
  } catch (error) {
    throw new EngineError("invalid_request", `llama-server: ${(error as Error).message}`, { cause: error });
  }
  try {
    return `root ::= ${writeExpression(regexExpression(pattern, { lazy: true }))}`;
  } catch (error) {
    if (!(error instanceof GrammarError)) throw error;
    throw new EngineError(
      "unsupported",
      `llama-server cannot be held to the pattern ${JSON.stringify(pattern)}: ${error.reason}`,
      { cause: error },
    );
  }
}
