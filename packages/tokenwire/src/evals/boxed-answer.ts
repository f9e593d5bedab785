// The integer in `\boxed{…}`, by the rules of the published AIME eval and by a brace-aware reading beside it.

/** The last non-empty box's part after its last comma; without boxes, the last run of digits; else empty. */
export function extractBoxed(answer: string): string {
  const boxes = [...answer.matchAll(/(?:boxed|framebox)\{([^}]*)\}/g)].map((match) => match[1]!);
  const content = boxes.reverse().find((box) => box !== "");
  if (content !== undefined) return content.split(",").at(-1)!.trim();
  return /(\d+)\D*$/.exec(answer)?.[1] ?? "";
}

/** As Python's `int(text)`: surrounding spaces, a sign, leading zeros, single underscores. Null: not an integer. */
export function parsePythonInteger(text: string): number | null {
  const trimmed = text.trim();
  return /^[+-]?\d+(?:_\d+)*$/.test(trimmed) ? Number(trimmed.replaceAll("_", "")) : null;
}

/** Leading digits of a dataset's answer, such as `468` of `468^\circ`; null: the row is unusable. */
export function normalizeNumber(answer: string): string | null {
  return /^\d+/.exec(answer)?.[0] ?? null;
}

/** The integer of the last box with its braces balanced and TeX wrappers and thousands separators removed. */
export function extractBoxedStrictly(answer: string): number | null {
  const start = answer.lastIndexOf("\\boxed{");
  if (start === -1) return null;
  let depth = 0;
  for (let index = start + "\\boxed".length; index < answer.length; index += 1) {
    if (answer[index] === "{") depth += 1;
    if (answer[index] !== "}") continue;
    depth -= 1;
    if (depth > 0) continue;
    const content = answer.slice(start + "\\boxed{".length, index);
    const plain = content.replace(/\\(?:text|textbf|mathbf|mathrm)\b|[{}$\s]|\\[,;! ]|,(?=\d{3}\b)/g, "");
    return parsePythonInteger(plain.replace(/\^\\circ$/, ""));
  }
  return null;
}
