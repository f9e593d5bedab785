// Classes and single characters of a translated expression, always written so that JavaScript's `v` flag takes them
// literally.

/** White space, word and digit characters as Oniguruma and Rust's regex define them, as contents of a class. */
export const shorthandClasses: Readonly<Record<string, string>> = {
  s: "\\p{White_Space}",
  S: "\\P{White_Space}",
  d: "\\p{Nd}",
  D: "\\P{Nd}",
  w: "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}",
  W: "[^\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]",
  h: "0-9a-fA-F",
  H: "[^0-9a-fA-F]",
};

/** The POSIX classes `[:name:]`, as contents of a class. */
export const posixClasses: Readonly<Record<string, string>> = {
  alnum: "\\p{Alphabetic}\\p{Nd}",
  alpha: "\\p{Alphabetic}",
  blank: "\\t\\p{Zs}",
  cntrl: "\\p{Cc}",
  digit: "\\p{Nd}",
  lower: "\\p{Lowercase}",
  punct: "\\p{P}$+<=>\\^`\\|~",
  space: "\\p{White_Space}",
  upper: "\\p{Uppercase}",
  word: shorthandClasses["w"] as string,
  xdigit: "0-9a-fA-F",
};

/** Letters that fold together besides a letter's own upper and lower case. */
const foldingExtras: Readonly<Record<string, string>> = {
  s: "\u017f",
  k: "\u212a",
  å: "\u212b",
  ß: "\u1e9e",
  ω: "\u2126",
};

/** A code point as an escape that means nothing else. */
export function escapeCode(code: number): string {
  return `\\u{${code.toString(16)}}`;
}

/** All characters that match `character` when case is ignored, itself included. */
export function caseVariants(character: string): string[] {
  const lower = [...character.toLowerCase()].length === 1 ? character.toLowerCase() : character;
  const upper = [...character.toUpperCase()].length === 1 ? character.toUpperCase() : character;
  const variants = [character, lower, upper, ...(foldingExtras[lower] ?? "")];
  for (const [base, extras] of Object.entries(foldingExtras)) {
    if (extras.includes(character)) variants.push(base, base.toUpperCase());
  }
  return [...new Set(variants)].filter((variant) => [...variant].length === 1);
}

/** One character outside a class. */
export function literal(character: string, ignoreCase: boolean): string {
  const variants = ignoreCase ? caseVariants(character) : [character];
  const codes = variants.map((variant) => escapeCode(variant.codePointAt(0) as number));
  return codes.length === 1 ? (codes[0] as string) : `[${codes.join("")}]`;
}

/** A range in a class. Without regard to case, the parts of it that are ASCII letters are there in both cases. */
export function classRange(first: number, last: number, ignoreCase: boolean): string {
  const range = first === last ? escapeCode(first) : `${escapeCode(first)}-${escapeCode(last)}`;
  if (!ignoreCase) return range;
  let folded = "";
  for (let code = first; code <= Math.min(last, 0x17f); code++) {
    for (const variant of caseVariants(String.fromCodePoint(code))) {
      const other = variant.codePointAt(0) as number;
      if (other < first || other > last) folded += escapeCode(other);
    }
  }
  return range + folded;
}
