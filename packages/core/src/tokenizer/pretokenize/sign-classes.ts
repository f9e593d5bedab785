// Punctuation and symbols, for patterns that name them. Apart from the other classes, which every pattern needs: bundles
// with a packed vocabulary do without these.

import { characterClassFlags, characterClassRuns } from "../generated/character-classes.ts";
import { signClassFlags, signClassRuns } from "../generated/sign-classes.ts";
import { classify, codePointAt, expandRuns } from "./character-classes.ts";

export const PUNCTUATION = 64;
export const SYMBOL = 128;

/** The flags of every code point, those of signs among them. */
export const allCharacterClasses: Uint8Array = expandRuns(
  signClassRuns,
  signClassFlags,
  expandRuns(characterClassRuns, characterClassFlags),
);

/** As `classify`, with the flags of signs. */
export function classifySigns(bytes: Uint8Array, position: number): number {
  const found = classify(bytes, position);
  return found > 7 ? found : (allCharacterClasses[codePointAt(bytes, position)]! << 3) | found;
}
