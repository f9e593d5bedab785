// What a grammar must offer to steer generation token by token. The engine knows no grammar itself: whoever creates it
// may hand in a compiler, so that the heavy part is loaded only where it is wanted.

import { type Constraint, EngineError, type TokenId } from "../engine.ts";

/** The state of one constrained answer. */
export interface TokenMatcher {
  /** Makes ready for the questions of one step; awaited before each. */
  prepare?(): Promise<void>;
  /** Whether the answer may go on with this id; ids that end generation are asked for too. */
  allows(id: TokenId): boolean;
  /** Moves on by an id that was allowed. */
  accept(id: TokenId): void;
  /** The state in words, for error messages. */
  describe(): string;
  /** Frees what the matcher holds; called once, after the last step. */
  dispose?(): void;
}

export interface ConstraintCompiler {
  readonly kinds: readonly Constraint["kind"][];
  /** A new matcher. Raises `EngineError` `invalid_request` for a constraint that makes no sense. */
  compile(constraint: Constraint, stops: ReadonlySet<TokenId>): Promise<TokenMatcher>;
}

/** The error where no token may follow: what a constraint demands cannot be written. */
export function deadEnd(matcher: TokenMatcher | undefined): EngineError {
  if (matcher === undefined) return new EngineError("internal", "No token is permitted at this point.");
  return new EngineError(
    "invalid_request",
    `The constraint permits no token here (${matcher.describe()}): no text that begins so matches it.`,
    { about: "constraint" },
  );
}
