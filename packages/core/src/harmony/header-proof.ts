// When is text in header position provably no header? Then it is content and can be shown at once.

import type { HarmonyDiagnosticCode } from "../errors.ts";
import type { HeaderElement } from "./header-elements.ts";
import { isBareWord, isPlainWord, longestHeader } from "./header-words.ts";

/**
 * Why the header so far can be none, or undefined while it can be one. Once a reason holds it holds for everything
 * that could follow, so the result does not depend on how the text arrives.
 *
 * @param length characters so far, markers included
 * @param authorFirst the first word may be the name of a tool
 */
export function proofOfNoHeader(
  elements: readonly HeaderElement[],
  length: number,
  authorFirst: boolean,
): HarmonyDiagnosticCode | undefined {
  if (length > longestHeader) return "header-too-long";
  let bare = 0;
  let words = 0;
  let limit = 2;
  let constrained = false;
  for (const { kind, text, open } of elements) {
    if (kind === "channel") continue;
    const exempt = text === "" || (kind === "word" && text.startsWith("to="));
    if (!exempt && !isPlainWord(text)) return "invalid-header-word";
    if (kind === "constrain") {
      constrained = true;
      continue;
    }
    if (constrained) return "extra-header-words";
    if (text.startsWith("to=")) limit = 1;
    else if (!(authorFirst && words === 0) && isBareWord(text, open)) bare++;
    words++;
  }
  return bare > limit ? "extra-header-words" : undefined;
}
