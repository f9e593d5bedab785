// The escapes of Python string literals, as Jinja reads them.

import { fault } from "./fault.ts";

const simple: Readonly<Record<string, string>> = {
  "\n": "",
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** An escape, with its digits where it has some. The last part also takes what no rule knows. */
const escapeSequence =
  /\\(?:([0-7]{1,3})|x([\da-fA-F]{0,2})|u([\da-fA-F]{0,4})|U([\da-fA-F]{0,8})|([\s\S]))/gu;

/** The text of a literal, given what stands between its quotes. */
export function unescapeString(body: string): string {
  if (!body.includes("\\")) return body;
  return body.replace(escapeSequence, (_all, octal, hex2, hex4, hex8, other) => {
    if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
    if (hex2 !== undefined) return fromHex(hex2, 2, "truncated \\xXX escape");
    if (hex4 !== undefined) return fromHex(hex4, 4, "truncated \\uXXXX escape");
    if (hex8 !== undefined) return fromHex(hex8, 8, "truncated \\UXXXXXXXX escape");
    if (other === "N") return fault("TemplateSyntaxError", "escapes with \\N{name} are not supported");
    return simple[other] ?? unknownEscape(other);
  });
}

function fromHex(hex: string, digits: number, problem: string): string {
  if (hex.length < digits) fault("TemplateSyntaxError", problem);
  const point = Number.parseInt(hex, 16);
  if (point > 0x10ffff) fault("TemplateSyntaxError", "illegal Unicode character");
  return String.fromCodePoint(point);
}

/** An unknown escape keeps its backslash. Beyond ASCII, Jinja shows the character's own escape instead of it. */
function unknownEscape(character: string): string {
  const point = character.codePointAt(0)!;
  if (point < 0x80) return `\\${character}`;
  const hex = point.toString(16);
  if (point < 0x100) return `\\x${hex.padStart(2, "0")}`;
  return point < 0x10000 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}
