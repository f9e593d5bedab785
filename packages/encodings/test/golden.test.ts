// Published facts: IDs from tiktoken's own tests and documentation.

import { getEncoding } from "@tokenwire/encodings";
import { describe, expect, it } from "vitest";

const golden: readonly (readonly [encoding: string, text: string, ids: readonly number[]])[] = [
  ["gpt2", "hello world", [31373, 995]],
  ["r50k_base", "hello world", [31373, 995]],
  ["cl100k_base", "hello world", [15339, 1917]],
  ["cl100k_base", "rer", [38149]],
  ["cl100k_base", "'rer", [2351, 81]],
  ["cl100k_base", "today\n ", [31213, 198, 220]],
  ["cl100k_base", "today\n \n", [31213, 27907]],
  ["cl100k_base", "today\n  \n", [31213, 14211]],
  ["cl100k_base", " \u00850", [220, 126, 227, 15]],
  ["cl100k_base", "👍", [9468, 239, 235]],
  ["o200k_base", "hello world", [24912, 2375]],
  ["o200k_base", "💖", [31446, 244]],
  ["o200k_harmony", "hello world", [24912, 2375]],
  ["o200k_base", "", []],
];

describe("golden values", () => {
  it.each(golden)("%s %j", (name, text, ids) => {
    const encoding = getEncoding(name);
    expect([...encoding.encode(text)]).toEqual(ids);
    expect(encoding.decode(ids)).toBe(text);
  });

  it("encodes runs of zeros as GPT-2 does", () => {
    const expected = [
      [15],
      [405],
      [830],
      [2388],
      [20483],
      [10535],
      [24598],
      [8269],
      [10535, 830],
      [8269, 405],
      [8269, 830],
      [8269, 2388],
      [8269, 20483],
      [8269, 10535],
      [8269, 24598],
      [25645],
      [8269, 10535, 830],
    ];
    const encoding = getEncoding("gpt2");
    expect(expected.map((_, i) => [...encoding.encode("0".repeat(i + 1))])).toEqual(expected);
  });

  it("encodes special tokens that are allowed", () => {
    expect([...getEncoding("gpt2").encode("hello <|endoftext|>", { allowedSpecial: "all" })]).toEqual([
      31373, 220, 50256,
    ]);
    expect([...getEncoding("cl100k_base").encode("hello <|endoftext|>", { allowedSpecial: "all" })]).toEqual([
      15339, 220, 100257,
    ]);
  });

  it("has tiktoken's vocabulary sizes", () => {
    const sizes = { gpt2: 50257, r50k_base: 50257, p50k_base: 50281, p50k_edit: 50284, cl100k_base: 100277 };
    for (const [name, size] of Object.entries(sizes)) expect(getEncoding(name).vocabSize).toBe(size);
    expect(getEncoding("o200k_base").vocabSize).toBe(200_019);
    expect(getEncoding("o200k_harmony").vocabSize).toBe(201_088);
    expect(getEncoding("voyage3_base").vocabSize).toBe(151_643);
  });

  it("names harmony's tokens and treats them as text by default", () => {
    const encoding = getEncoding("o200k_harmony");
    expect([...encoding.encode("<|start|>", { allowedSpecial: "all" })]).toEqual([200_006]);
    expect([...encoding.encodeOrdinary("<|start|>")]).toEqual([27, 91, 5236, 91, 29]);
    expect(encoding.decode([200_018, 200_012, 201_087])).toBe("<|endofprompt|><|call|><|reserved_201087|>");
  });
});
