// Backslash escapes that mean the same inside and outside a class.

import { shorthandClasses } from "./characters.ts";
import { newerCharacters } from "./newer-characters.ts";
import type { RegexReader } from "./reader.ts";

/** What an escape stands for: one code point, or the contents of a class. */
export type Escape =
  | { readonly kind: "code"; readonly code: number }
  | { readonly kind: "class"; readonly contents: string };

const controls: Readonly<Record<string, number>> = {
  n: 10,
  r: 13,
  t: 9,
  f: 12,
  v: 11,
  a: 7,
  e: 27,
  "0": 0,
};

const braced = /\{([0-9a-fA-F]{1,8})\}/y;
const twoDigits = /[0-9a-fA-F]{2}/y;
const fourDigits = /[0-9a-fA-F]{4}/y;
const eightDigits = /[0-9a-fA-F]{8}/y;
const propertyName = /\{(\^?)([A-Za-z0-9_= -]+)\}|([A-Z])/y;

/** Scripts that files name without `Script=`. */
const scriptNames =
  /^(?:Han|Hiragana|Katakana|Hangul|Latin|Greek|Cyrillic|Arabic|Hebrew|Thai|Devanagari|Bengali)$/;
const posixProperties: Readonly<Record<string, string>> = {
  Alnum: "\\p{Alphabetic}\\p{Nd}",
  Alpha: "\\p{Alphabetic}",
  Digit: "\\p{Nd}",
  Lower: "\\p{Lowercase}",
  Punct: "\\p{P}",
  Space: "\\p{White_Space}",
  Upper: "\\p{Uppercase}",
};

/** Reads what follows a backslash. */
export function readEscape(reader: RegexReader): Escape {
  const letter = reader.next();
  const shorthand = Object.hasOwn(shorthandClasses, letter) ? shorthandClasses[letter] : undefined;
  if (shorthand !== undefined) return { kind: "class", contents: shorthand };
  const control = Object.hasOwn(controls, letter) ? controls[letter] : undefined;
  if (control !== undefined) return { kind: "code", code: control };
  if (letter === "p" || letter === "P")
    return { kind: "class", contents: readProperty(reader, letter === "P") };
  const digits = hexDigits(reader, letter);
  if (digits !== undefined) return { kind: "code", code: codeOf(reader, digits) };
  if (/[A-Za-z0-9]/.test(letter)) reader.unsupported(`the escape \\${letter}`);
  return { kind: "code", code: letter.codePointAt(0) as number };
}

function hexDigits(reader: RegexReader, letter: string): string | undefined {
  if (letter === "x") return reader.match(braced)?.[1] ?? reader.match(twoDigits)?.[0];
  if (letter === "u") return reader.match(braced)?.[1] ?? reader.match(fourDigits)?.[0];
  return letter === "U" ? reader.match(eightDigits)?.[0] : undefined;
}

function codeOf(reader: RegexReader, digits: string): number {
  const code = Number.parseInt(digits, 16);
  if (code > 0x10ffff) reader.unsupported(`the code point ${digits}`);
  return code;
}

function readProperty(reader: RegexReader, negated: boolean): string {
  const found = reader.match(propertyName);
  if (found === null) reader.unsupported("a property without a name");
  const name = (found?.[2] ?? found?.[3] ?? "").trim();
  const inverted = negated !== (found?.[1] === "^");
  const posix = Object.hasOwn(posixProperties, name) ? posixProperties[name] : undefined;
  if (posix !== undefined) return inverted ? `[^${posix}]` : posix;
  const property = scriptNames.test(name) ? `Script=${name}` : name;
  try {
    new RegExp(`\\p{${property}}`, "v");
  } catch {
    reader.unsupported(`the property \\p{${name}}`);
  }
  return pinned(`\\p{${property}}`, inverted);
}

/** A property, or its complement, as of the pinned Unicode version. */
function pinned(property: string, inverted: boolean): string {
  const newer = newerCharacters();
  const set = newer === "" ? `[${property}]` : `[${property}--[${newer}]]`;
  return inverted ? `[^${set}]` : set;
}
