// The one-pass scanner against the three expressions that it stands for.

import { describe, expect, it } from "vitest";
import { AlignedText } from "../../../src/tokenizer/huggingface/aligned-text.ts";
import { scanDeepseek } from "../../../src/tokenizer/huggingface/deepseek-scanner.ts";
import { deepseek3 } from "../../../src/tokenizer/huggingface/formats/split-patterns.ts";
import { regexPattern } from "../../../src/tokenizer/huggingface/pattern.ts";
import { SplitPreTokenizer } from "../../../src/tokenizer/huggingface/pretokenizers/split.ts";
import { generateTexts } from "./generate-texts.ts";

const splits = deepseek3.map((source) => new SplitPreTokenizer(regexPattern(source, "$"), "Isolated"));

function bySplits(text: string): string[] {
  let pieces = [new AlignedText(text, true)];
  for (const split of splits) {
    const next: AlignedText[] = [];
    for (const piece of pieces) split.split(piece, next);
    pieces = next;
  }
  return pieces.map((piece) => piece.text);
}

function byScanner(text: string): string[] {
  const bytes = Buffer.concat([Buffer.from(text), Buffer.alloc(64)]);
  const length = Buffer.byteLength(text);
  const pieces: string[] = [];
  for (let start = 0; start < length; ) {
    const end = scanDeepseek(bytes, start, length);
    pieces.push(bytes.toString("utf8", start, end));
    start = end;
  }
  return pieces;
}

describe("scanDeepseek", () => {
  it("cuts generated texts as the expressions do", () => {
    for (const text of generateTexts(Number(process.env["TOKENWIRE_FUZZ"] ?? 3000))) {
      expect(byScanner(text)).toEqual(bySplits(text));
    }
  });

  it("cuts around every kind of character as the expressions do", () => {
    const step = process.env["TOKENWIRE_FUZZ"] === undefined ? 37 : 1;
    for (let code = 0; code < 0x32000; code += step) {
      if (code >= 0xd800 && code < 0xe000) continue;
      const c = String.fromCodePoint(code);
      const text = `a${c}B ${c}中${c}1${c}${c} !${c}?  ${c}\n ${c}`;
      expect(byScanner(text)).toEqual(bySplits(text));
    }
  }, 600_000);
});
