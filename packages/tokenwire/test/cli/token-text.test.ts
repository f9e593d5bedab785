import { describe, expect, it } from "vitest";
import { tokenRepr } from "../../src/cli/token-text.ts";

const repr = (text: string): string => tokenRepr(new TextEncoder().encode(text));

describe("tokenRepr", () => {
  it("quotes as Python does", () => {
    expect(repr(" world")).toBe("' world'");
    expect(repr("it's")).toBe('"it\'s"');
    expect(repr(`'"`)).toBe(`'\\'"'`);
    expect(repr("a\\b\n\t\r")).toBe("'a\\\\b\\n\\t\\r'");
    expect(repr("\u0000\u001b\u00a0\u200b\ufeff")).toBe("'\\x00\\x1b\\xa0\\u200b\\ufeff'");
    expect(repr("é🐔")).toBe("'é🐔'");
  });

  it("shows a part of a character as bytes", () => {
    expect(tokenRepr(Uint8Array.of(0x20, 0xf0, 0x9f))).toBe("b' \\xf0\\x9f'");
  });
});
