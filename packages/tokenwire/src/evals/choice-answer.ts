// Which of A, B, C, D an answer chose. The published extractor is kept with its quirks, because scores are compared
// across implementations; a stricter one runs beside it and the rate of disagreement is reported.

/** In order of priority; the first that matches anywhere wins. 0 to 4 ignore case. */
const patterns: readonly RegExp[] = [
  /(?:\*{1,2}|_{1,2})answer[s]?\s*[:\-–]?(?:\*{1,2}|_{1,2})\s*([abcd])\b/i,
  /(?<![^\n])\s*(?:\*{1,2}|_{1,2})?answer:?(?:\*{1,2}|_{1,2})?\s*:?\s*(?:\*{1,2}|_{1,2})?([abcd])(?:\*{1,2}|_{1,2})?\s*/i,
  /\banswer[s]?\b\s*[:\-–]?\s*\(\s*([abcd])\s*\)/i,
  /\banswer[s]?\b\s*[:\-–]?\s*([abcd])\b/i,
  /\b(?:option|choice)\b\s*[:\-–]?\s*([abcd])\b/i,
  /\\boxed\{[^}]*?([ABCD])[^}]*\}/,
  /\\boxed\{[^}]*?\\textbf\{[^}]*?([ABCD])[^}]*\}[^}]*\}/,
  /\\boxed\{[^}]*?\\text\{[^}]*?([ABCD])[^}]*\}[^}]*\}/,
  /(?<![A-Za-z0-9])[([]\s*([ABCD])\s*[)\]](?![A-Za-z0-9])/,
  /(?<![A-Za-z0-9])(?:\*{1,2}|_{1,2})([ABCD])(?:\*{1,2}|_{1,2})(?![A-Za-z0-9])/,
  /\\textbf\{[^}]*?([ABCD])[^}]*\}/,
  /(?<![A-Za-z0-9])(?:\*{1,2}|_{1,2})\s*([ABCD])\)[^*_\n]+?(?:\*{1,2}|_{1,2})(?![A-Za-z0-9])/,
  /(?<![^\n])\s*(?:\*{1,2}|_{1,2})?([ABCD])(?:\*{1,2}|_{1,2})?\s*[.)\-–:]?\s*[^\n]*(?![^\n])/,
];

/** Long runs of white space or of one mark would make some patterns quadratic; no pattern needs more of them. */
const longRun = /(\s)\s{63,}|([{}\\])\2{63,}/g;

/**
 * The letter chosen, by the published rules. Without a match it is the first character after a leading `**`, whatever
 * that is.
 */
export function extractChoice(answer: string): string {
  const text = answer.replace(longRun, (run) => run.slice(0, 64));
  for (const pattern of patterns) {
    const letter = boundedMatch(pattern, text)?.[1];
    if (letter !== undefined) return letter.toUpperCase();
  }
  return Array.from(answer.replace(/^\*\*/, "").slice(0, 2))[0] ?? "";
}

/** The box patterns scan to the end from every `{`; without a closing brace they cannot match at all. */
function boundedMatch(pattern: RegExp, text: string): RegExpExecArray | null {
  if (!pattern.source.startsWith("\\\\")) return pattern.exec(text);
  const end = text.lastIndexOf("}");
  return end === -1 ? null : pattern.exec(text.slice(0, end + 1));
}

/** The letter chosen when it is stated clearly at the end of the answer; null otherwise. */
export function extractChoiceStrictly(answer: string): string | null {
  const stated = [...answer.matchAll(/\banswer\b(?:\s+is)?\W{0,6}([A-D])\b|\\boxed\{\W*([A-D])\W*\}/gi)].at(
    -1,
  );
  if (stated !== undefined) return (stated[1] ?? stated[2])!.toUpperCase();
  const last = answer.trim().split("\n").at(-1) ?? "";
  return /^\W*([A-D])\W*$/.exec(last)?.[1] ?? null;
}
