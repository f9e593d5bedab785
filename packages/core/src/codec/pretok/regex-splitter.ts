// Splitting by a map's regular expression, for patterns that no program stands for. The expression comes from outside
// and may take exponential time, so the caller must have said that the map is trusted.

import { CodecError } from "../codec-error.ts";

/** `(?i:…)` over ASCII letters, spelled out: V8 in Node 20 and 22 rejects flag groups. */
function expandFlagGroups(pattern: string): string {
  return pattern.replace(/\(\?i:((?:[^()\\]|\\.)*)\)/g, (_, body: string) => {
    const folded = body.replace(/\\.|[A-Za-z]/g, (part) =>
      part.length === 1
        ? `[${part.toLowerCase()}${part.toUpperCase()}${part.toLowerCase() === "s" ? "\u017f" : ""}]`
        : part,
    );
    return `(?:${folded})`;
  });
}

/** Possessive quantifiers as what they mean for patterns that never need to give back; `\s` as Unicode has it. */
function translate(pattern: string): string {
  return expandFlagGroups(pattern)
    .replaceAll(/(\\.|[\])}])([?*+]|\{\d+(?:,\d*)?\})\+/g, "$1$2")
    .replaceAll(/\\s/g, "\\p{White_Space}")
    .replaceAll(/\\S/g, "\\P{White_Space}");
}

/** Compiles a pattern; matches and the gaps between them are the pieces. */
export function createRegexSplitter(pattern: string, flags = "u"): (text: string) => string[] {
  let expression: RegExp;
  try {
    expression = new RegExp(translate(pattern), flags.includes("g") ? flags : `${flags}g`);
  } catch (cause) {
    throw new CodecError(
      "CODEC_BAD_MAP",
      `pre_tokenizer_pattern cannot be compiled: ${pattern.slice(0, 80)}`,
      { cause },
    );
  }
  return (text) => {
    const pieces: string[] = [];
    let from = 0;
    for (const match of text.matchAll(expression)) {
      if (match[0] === "") continue;
      if (match.index > from) pieces.push(text.slice(from, match.index));
      pieces.push(match[0]);
      from = match.index + match[0].length;
    }
    if (from < text.length) pieces.push(text.slice(from));
    return pieces;
  };
}
