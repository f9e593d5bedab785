// The inside of JSON strings. Most pieces need no escape, and finding that out must cost less than escaping them.

/** `text` as it stands inside a JSON string, quotes not included. */
export function jsonInner(text: string): string {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 32 || code === 34 || code === 92 || isSurrogate(code))
      return JSON.stringify(text).slice(1, -1);
  }
  return text;
}

/** True when `text` contains half of a surrogate pair, paired or not. */
export function hasSurrogate(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (isSurrogate(text.charCodeAt(at))) return true;
  return false;
}

function isSurrogate(code: number): boolean {
  return (code & 0xf800) === 0xd800;
}
