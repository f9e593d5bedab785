// JSON string literals as Python's json module writes them.

const shortEscapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\b": "\\b",
  "\f": "\\f",
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that JSON must escape
const special = /["\\\u0000-\u001f]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const allSpecial = /["\\\u0000-\u001f]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const asciiSpecial = /["\\\u0000-\u001f\u007f-\uffff]/g;

function escapeUnit(character: string): string {
  return shortEscapes[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/**
 * `text` as a JSON string literal. With `ensureAscii`, characters from U+007F up become `\uXXXX` in lower case,
 * otherwise they stand for themselves, lone surrogates included.
 */
export function quoteJson(text: string, ensureAscii: boolean): string {
  if (ensureAscii) return `"${text.replace(asciiSpecial, escapeUnit)}"`;
  return special.test(text) ? `"${text.replace(allSpecial, escapeUnit)}"` : `"${text}"`;
}
