// Constraints as grammars in the EBNF that XGrammar, llama.cpp and llguidance all read. XGrammar's own readings of
// regular expressions differ from what they say: `[\^a]` excludes, `\u00e0-\u00ff` in a class is no range, `.` is a line
// break too, and `\A` is the letter. https://github.com/ggml-org/llama.cpp/tree/master/grammars

import {
  GrammarError,
  quoted,
  readLark,
  regexExpression,
  writeEbnf,
  writeExpression,
} from "@tokenwire/core/grammar";
import { type Constraint, EngineError } from "../engine.ts";

/** Constraints that are the same as a grammar. */
type GrammarLike = Extract<Constraint, { kind: "regex" | "grammar" | "choice" }>;

/**
 * The grammar that a constraint is.
 *
 * @param engine for errors
 * @throws EngineError `unsupported` for a pattern that no grammar says, `invalid_request` for what is no pattern or no
 *   Lark grammar.
 * @example grammarText("vllm", { kind: "regex", pattern: "[a-c]{2}-\\d+" }) // root ::= [a-c]{2} "-" [0-9]+
 */
export function grammarText(engine: string, constraint: GrammarLike): string {
  switch (constraint.kind) {
    case "regex":
      return regexGrammar(engine, constraint.pattern);
    case "choice":
      if (constraint.choices.length > 0) return `root ::= ${constraint.choices.map(quoted).join(" | ")}`;
      throw wrong("invalid_request", `${engine}: a choice needs at least one alternative.`);
    case "grammar":
      // What is called EBNF here is, extensions aside, llama.cpp's own notation.
      return constraint.syntax === "lark" ? larkGrammar(engine, constraint.source) : constraint.source;
  }
}

/** A structural tag whose regular expressions are grammars. */
export function tagText(engine: string, tag: unknown): string {
  return JSON.stringify(withGrammars(engine, tag));
}

function withGrammars(engine: string, part: unknown): unknown {
  if (Array.isArray(part)) return part.map((entry) => withGrammars(engine, entry));
  if (typeof part !== "object" || part === null) return part;
  const { type, pattern } = part as Readonly<Record<string, unknown>>;
  if (type === "regex" && typeof pattern === "string")
    return { type: "grammar", grammar: regexGrammar(engine, pattern) };
  // Schemas may hold anything as a value.
  const isSchema = (key: string): boolean => key === "json_schema" || key === "schema";
  return Object.fromEntries(
    Object.entries(part).map(([key, value]) => [key, isSchema(key) ? value : withGrammars(engine, value)]),
  );
}

/** A text that matches a pattern from its beginning to its end. */
function regexGrammar(engine: string, pattern: string): string {
  try {
    new RegExp(pattern, "u");
  } catch (error) {
    throw wrong("invalid_request", `${engine}: ${(error as Error).message}`, error);
  }
  try {
    return `root ::= ${writeExpression(regexExpression(pattern, { lazy: true }))}`;
  } catch (error) {
    if (!(error instanceof GrammarError)) throw error;
    const message = `${engine} cannot be held to the pattern ${JSON.stringify(pattern)}: ${error.reason}`;
    throw wrong("unsupported", message, error);
  }
}

function larkGrammar(engine: string, source: string): string {
  try {
    return writeEbnf(readLark(source));
  } catch (error) {
    if (!(error instanceof GrammarError)) throw error;
    throw wrong("invalid_request", `${engine}: the Lark grammar cannot be used: ${error.message}`, error);
  }
}

function wrong(code: "unsupported" | "invalid_request", message: string, cause?: unknown): EngineError {
  return new EngineError(code, message, { about: "constraint", cause });
}
