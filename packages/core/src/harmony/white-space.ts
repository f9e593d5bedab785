// White space as Unicode (and Rust) defines it: unlike JavaScript's `\s` and `trim`, U+0085 counts and U+FEFF does
// not.

const unicodeSpace = "\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const leading = new RegExp(`^[${unicodeSpace}]+`);
const trailing = new RegExp(`[${unicodeSpace}]+$`);
const all = new RegExp(`^[${unicodeSpace}]*$`);

/** `text` without white space at both ends. */
export function trimUnicode(text: string): string {
  return text.replace(leading, "").replace(trailing, "");
}

/** True for a white-space character; false for the empty string. */
export function isUnicodeSpace(character: string): boolean {
  const code = character.charCodeAt(0);
  if (code < 0x80) return code === 0x20 || (code >= 0x09 && code <= 0x0d);
  return all.test(character) && character !== "";
}

/** True when nothing but white space is in `text`. */
export function isBlank(text: string): boolean {
  return all.test(text);
}

/** Pieces between runs of tab, line feed, form feed, carriage return and space. */
export function splitAsciiSpace(text: string): string[] {
  return text.split(/[\t\n\f\r ]+/).filter((word) => word !== "");
}
