// A token as Python would show it: a quoted string, or a bytes literal when its bytes are no text of their own.

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const escapes: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function hex(code: number, width: number): string {
  return code.toString(16).padStart(width, "0");
}

/** Python's repr of a string. */
function textRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let result = "";
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (character === quote) result += `\\${character}`;
    else if (escapes[character] !== undefined) result += escapes[character];
    else if (/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Zs}]/u.test(character) && character !== " ") {
      result +=
        code < 0x100 ? `\\x${hex(code, 2)}` : code < 0x1_0000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
    } else result += character;
  }
  return quote + result + quote;
}

/** Python's repr of bytes. */
function bytesRepr(bytes: Uint8Array): string {
  let result = "";
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    if (character === "'") result += "\\'";
    else if (escapes[character] !== undefined) result += escapes[character];
    else result += byte >= 0x20 && byte < 0x7f ? character : `\\x${hex(byte, 2)}`;
  }
  return `b'${result}'`;
}

/** `' world'` for text, `b'\xf0\x9f'` for a part of a character. */
export function tokenRepr(bytes: Uint8Array): string {
  let text: string;
  try {
    text = strict.decode(bytes);
  } catch {
    return bytesRepr(bytes);
  }
  return textRepr(text);
}
