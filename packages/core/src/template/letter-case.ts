// Changes of case and character classes as Python's str has them, from the host's Unicode tables plus the few
// characters where Python's rules differ.

import { spaceClass } from "./white-space.ts";

/** Upper case of a single character at the start of a word. */
export function titleCharacter(character: string): string {
  const point = character.codePointAt(0)!;
  const digraph = titleDigraphs.get(point);
  if (digraph !== undefined) return digraph;
  // Georgian has capitals for all-capitals text only; U+0149 has none.
  if (point >= 0x10d0 && point <= 0x10ff) return character;
  const upper = character.toUpperCase();
  const first = String.fromCodePoint(upper.codePointAt(0)!);
  if (upper.length === first.length || point === 0x149) return upper;
  if (point >= 0x1f80 && point <= 0x1fff) return greekTitle(point, upper);
  return first + upper.slice(first.length).toLowerCase();
}

const titleDigraphs: ReadonlyMap<number, string> = new Map(
  [0x1c5, 0x1c8, 0x1cb, 0x1f2].flatMap((title) =>
    [title - 1, title, title + 1].map((point) => [point, String.fromCodePoint(title)] as const),
  ),
);

/** Letters with an iota below keep it there at the start of a word. */
function greekTitle(point: number, upper: string): string {
  if (point < 0x1fb0) return String.fromCodePoint(point | 8);
  switch (point) {
    case 0x1fb3:
    case 0x1fbc:
    case 0x1fc3:
    case 0x1fcc:
    case 0x1ff3:
    case 0x1ffc:
      return String.fromCodePoint((point & 0xfff0) | 0xc);
    default:
      return upper.endsWith("\u0399")
        ? `${upper.slice(0, -1)}\u0345`
        : upper[0] + upper.slice(1).toLowerCase();
  }
}

export function capitalize(value: string): string {
  if (value === "") return "";
  const first = String.fromCodePoint(value.codePointAt(0)!);
  // Lower-cased whole, because a final sigma depends on what is before it.
  return titleCharacter(first) + value.toLowerCase().slice(first.toLowerCase().length);
}

const cased = /[\p{Lowercase}\p{Uppercase}\p{Lt}]/u;
const lower = /\p{Lowercase}/u;
const upperOrTitle = /[\p{Uppercase}\p{Lt}]/u;
const upper = /\p{Uppercase}/u;
const words = /[\p{Lowercase}\p{Uppercase}\p{Lt}]+/gu;

/** `str.title`: a capital after everything that is not a letter with case. */
export function titleWords(value: string): string {
  return value.replace(words, capitalize);
}

export function swapCase(value: string): string {
  let result = "";
  for (const character of value) {
    if (upper.test(character)) result += character.toLowerCase();
    else result += lower.test(character) ? character.toUpperCase() : character;
  }
  return result;
}

/** Cherokee folds to capitals; the dotless i is not folded. */
export function caseFold(value: string): string {
  let result = "";
  for (const character of value) {
    if (/[\u13a0-\u13fd\uab70-\uabbf]/.test(character)) result += character.toUpperCase();
    else if (character === "\u1e9e") result += "ss";
    else result += character === "\u0131" ? character : character.toUpperCase().toLowerCase();
  }
  return result;
}

export function isLower(value: string): boolean {
  return lower.test(value) && !upperOrTitle.test(value);
}

export function isUpper(value: string): boolean {
  return upper.test(value) && !/[\p{Lowercase}\p{Lt}]/u.test(value);
}

/** Capitals only at the start of words, small letters only after a letter, at least one of them. */
export function isTitle(value: string): boolean {
  let found = false;
  let afterCased = false;
  for (const character of value) {
    if (upperOrTitle.test(character) ? afterCased : lower.test(character) && !afterCased) return false;
    afterCased = cased.test(character);
    found ||= afterCased;
  }
  return found;
}

const otherDigits =
  "\\u{b2}\\u{b3}\\u{b9}\\u{1369}-\\u{1371}\\u{19da}\\u{2070}\\u{2074}-\\u{2079}\\u{2080}-\\u{2089}\\u{2460}-\\u{2468}\\u{2474}-\\u{247c}\\u{2488}-\\u{2490}\\u{24ea}\\u{24f5}-\\u{24fd}\\u{24ff}\\u{2776}-\\u{277e}\\u{2780}-\\u{2788}\\u{278a}-\\u{2792}\\u{10a40}-\\u{10a43}\\u{10e60}-\\u{10e68}\\u{11052}-\\u{1105a}\\u{1f100}-\\u{1f10a}";

/** Chinese characters that stand for numbers. */
const numeralIdeographs =
  "\u3405\u3483\u382a\u3b4d\u4e00\u4e03\u4e07\u4e09\u4e5d\u4e8c\u4e94\u4e96\u4ebf\u4ec0\u4edf\u4ee8\u4f0d\u4f70\u5104\u5146\u5169\u516b\u516d\u5341\u5343-\u5345\u534c\u53c1-\u53c4\u56db\u58f1\u58f9\u5e7a\u5efe\u5eff\u5f0c-\u5f0e\u5f10\u62fe\u634c\u67d2\u6f06\u7396\u767e\u8086\u842c\u8cae\u8cb3\u8d30\u9621\u9646\u964c\u9678\u96f6\uf96b\uf973\uf978\uf9b2\uf9d1\uf9d3\uf9fd\u{20001}\u{20064}\u{200e2}\u{20121}\u{2092a}\u{20983}\u{2098c}\u{2099c}\u{20aea}\u{20afd}\u{20b19}\u{22390}\u{22998}\u{23b1b}\u{2626d}\u{2f890}";

const digit = new RegExp(`^[\\p{Nd}${otherDigits}]+$`, "u");
const numeric = new RegExp(`^[\\p{N}${numeralIdeographs}]+$`, "u");

const spaces = new RegExp(`^[${spaceClass}]+$`);

/** The `is…` methods that look at each character by itself. */
export const characterClasses: Readonly<Record<string, (value: string) => boolean>> = {
  isdigit: (value) => digit.test(value),
  isdecimal: (value) => /^\p{Nd}+$/u.test(value),
  isnumeric: (value) => numeric.test(value),
  isalpha: (value) => /^\p{L}+$/u.test(value),
  isalnum: (value) => /^[\p{L}\p{N}]+$/u.test(value),
  isspace: (value) => spaces.test(value),
  islower: isLower,
  isupper: isUpper,
  istitle: isTitle,
  isidentifier: (value) => /^[\p{XID_Start}_]\p{XID_Continue}*$/u.test(value),
  isprintable: (value) => !/[\p{C}\p{Z}]/u.test(value.replaceAll(" ", "")),
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII includes them
  isascii: (value) => /^[\u0000-\u007f]*$/.test(value),
};
