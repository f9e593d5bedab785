// The reference vocabularies with their expected IDs, each through the tokenizer built from its GGUF's own metadata.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readGguf } from "@tokenwire/core/gguf";
import { loadGgufTokenizer } from "@tokenwire/core/tokenizer";
import { describe, expect, it } from "vitest";

const folder = join(import.meta.dirname, "../../../shared/acceptance/tokenizers");
const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".gguf")) : [];

function readCases(file: string): { text: string; ids: number[] }[] {
  const texts = readFileSync(`${join(folder, file)}.inp`, "utf8").split("\n__ggml_vocab_test__\n");
  const lines = readFileSync(`${join(folder, file)}.out`, "utf8").split("\n");
  return texts.map((text, i) => ({
    text,
    ids: (lines[i] ?? "").trim().split(" ").filter(Boolean).map(Number),
  }));
}

describe.skipIf(files.length === 0)("vocabularies from GGUF metadata", () => {
  it.each(files)("%s", (file) => {
    const gguf = readGguf(readFileSync(join(folder, file)));
    const tokenizer = loadGgufTokenizer(gguf?.metadata ?? new Map());
    for (const { text, ids } of readCases(file)) {
      expect([text, ...tokenizer.encodeOrdinary(text)]).toEqual([text, ...ids]);
      expect(tokenizer.count(text)).toBe(ids.length);
    }
  });
});
