import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MarkdownStyler } from "../../../src/cli/chat/markdown.ts";

const styled = (...parts: string[]) => {
  const styler = new MarkdownStyler();
  return parts.map((part) => styler.push(part)).join("") + styler.end();
};
// biome-ignore lint/suspicious/noControlCharactersInRegex: style sequences are what is looked for
const withoutStyle = (text: string) => text.replace(/\u001b\[\d*m/g, "");
const visible = (text: string) => text.replaceAll("\u001b[", "⟨").replace(/⟨(\d+)m/g, "⟨$1⟩");

describe("MarkdownStyler", () => {
  it.each([
    ["plain text\n", "plain text\n"],
    ["# Title\ntext", "⟨1⟩# Title⟨0⟩\ntext"],
    ["a **b** c", "a ⟨1⟩**b**⟨0⟩ c"],
    ["a `b**c` d", "a ⟨36⟩`b**c`⟨0⟩ d"],
    ["**a `b` c**", "⟨1⟩**a ⟨36⟩`b`⟨0⟩⟨1⟩ c**⟨0⟩"],
    ["```js\nlet a = **b**;\n```\nend", "⟨2⟩```js⟨0⟩\n⟨36⟩let a = **b**;⟨0⟩\n⟨2⟩```⟨0⟩\nend"],
    ["2 * 3 * 4", "2 * 3 * 4"],
    ["**never closed\nnext", "⟨1⟩**never closed⟨0⟩\nnext"],
    ["#hashtag", "#hashtag"],
  ])("%j", (source, expected) => expect(visible(styled(source))).toBe(expected));

  it("shows plain text at once", () => {
    expect(new MarkdownStyler().push("Hel")).toBe("Hel");
    expect(new MarkdownStyler().push("#")).toBe("");
  });

  const source = fc.string({ unit: fc.constantFrom("a", " ", "*", "`", "#", "\n", "~", "é", "x") });
  it("loses nothing and does not depend on cuts", () => {
    fc.assert(
      fc.property(source, fc.array(fc.nat(60)), (text, cuts) => {
        const at = [...new Set(cuts.map((cut) => Math.min(cut, text.length)))].sort((a, b) => a - b);
        const parts = [0, ...at].map((start, index) => text.slice(start, at[index] ?? text.length));
        const whole = styled(text);
        expect(withoutStyle(whole)).toBe(text);
        expect(styled(...parts)).toBe(whole);
      }),
      { numRuns: 500, seed: 7 },
    );
  });
});
