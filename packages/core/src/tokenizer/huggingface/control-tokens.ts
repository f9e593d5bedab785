// Which added tokens are control tokens: those that text from users must never become.

import type { AddedToken } from "./added-tokens.ts";

/** `<…>`, `[…]`, `<|…|>`, `⟨…⟩`: the shapes that markers of chat formats have. */
const marker = /^\s*(?:<.+>|\[.+\]|｟.+｠|【.+】|«.+»)\s*$/su;

export interface ControlTokenRule {
  /** Added tokens to treat as control tokens besides those found by the rule: a chat template's markers. */
  readonly isMarker?: ((content: string) => boolean) | undefined;
  /** Whether a token is part of the base vocabulary too. */
  readonly inVocabulary: (content: string) => boolean;
}

/**
 * A token is a control token if the file marks it special, if the caller says that it is a marker, or if it has the shape of a marker and
 * exists only because it was added. Words that the file lists as added tokens although the vocabulary has them (tags
 * and line breaks in Gemma's files) stay words.
 */
export function controlTokenTest({
  isMarker,
  inVocabulary,
}: ControlTokenRule): (token: AddedToken) => boolean {
  return ({ content, special }) => {
    if (special || isMarker?.(content) === true) return true;
    return marker.test(content) && !inVocabulary(content);
  };
}
