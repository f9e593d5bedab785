// Every fixture in fixtures/tokenizer/huggingface: tiny tokenizers with what the reference makes of a few texts, and
// the laws that hold for all of them.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadTokenizerJson } from "@tokenwire/core/tokenizer";
import { describe, expect, it } from "vitest";
import { readDecoder } from "../../../src/tokenizer/huggingface/decoders/index.ts";
import { JsonNode } from "../../../src/tokenizer/huggingface/json-node.ts";
import { readModel } from "../../../src/tokenizer/huggingface/models/index.ts";
import { readNormalizer } from "../../../src/tokenizer/huggingface/normalizers/index.ts";
import { readPostProcessors } from "../../../src/tokenizer/huggingface/postprocessors/index.ts";
import { readPreTokenizers } from "../../../src/tokenizer/huggingface/pretokenizers/index.ts";
import { generateTexts } from "./generate-texts.ts";

interface Fixture {
  readonly tokenizer: unknown;
  readonly cases: readonly {
    readonly text: string;
    readonly ids: number[];
    readonly offsets: [number, number][];
    readonly decoded: string;
    readonly pair: { readonly ids: number[]; readonly typeIds: number[]; readonly decoded: string };
  }[];
}

const folder = join(import.meta.dirname, "../../../fixtures/tokenizer/huggingface");
const fixtures = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .map((name) => {
    const fixture = JSON.parse(readFileSync(join(folder, name), "utf8")) as Fixture;
    return { name: name.replace(".json", ""), ...fixture };
  });

/** The reference shifts offsets behind characters that a character map deletes or inserts; ours stay with the text. */
const inexactOffsets = new Set(["precompiled"]);

describe.each(fixtures)("fixture $name", ({ name, tokenizer: file, cases }) => {
  const tokenizer = loadTokenizerJson(JSON.stringify(file), { name });

  it.each(cases)("encodes and decodes $text", ({ text, ids, offsets, decoded, pair }) => {
    expect([...tokenizer.encode(text, { allowedSpecial: "all" })]).toEqual(ids);
    expect(tokenizer.decode(ids)).toBe(decoded);
    const plain = tokenizer.encodeDetailed(text, { addSpecialTokens: false, offsetUnit: "codepoint" });
    expect(plain.ids).toEqual(ids);
    if (!inexactOffsets.has(name)) expect(plain.offsets).toEqual(offsets);
    const both = tokenizer.encodeDetailed(text, { pair: "pair text" });
    expect(both.ids).toEqual(pair.ids);
    expect(both.typeIds).toEqual(pair.typeIds);
    expect(tokenizer.decode(pair.ids, { skipSpecialTokens: true })).toBe(pair.decoded);
  });

  const texts = generateTexts(60, [...tokenizer.specialTokens.keys()], name.length);

  it("encodes what arrives in parts as it encodes the whole", () => {
    // Longer than what an encoder holds before it looks for a cut.
    const long = Array.from({ length: 40 }, () => texts.join(" "))
      .join("\n")
      .slice(0, 40_000);
    for (const options of [{ allowedSpecial: "all" as const }, { disallowedSpecial: [] }]) {
      const encoder = tokenizer.createEncoder(options);
      const parts: number[] = [];
      for (let at = 0, size = 1; at < long.length; at += size, size = ((size * 7) % 4_999) + 1) {
        parts.push(...encoder.push(long.slice(at, at + size)));
      }
      parts.push(...encoder.end());
      expect(parts).toEqual([...tokenizer.encode(long, options)]);
    }
  });

  it("streams what it decodes, one ID at a time", () => {
    for (const text of texts) {
      const ids = tokenizer.encodeOrdinary(text);
      const decoder = tokenizer.createDecoder();
      const streamed = [...ids].map((id) => decoder.push([id])).join("") + decoder.end();
      expect(streamed).toBe(tokenizer.decode(ids));
      const strict = tokenizer.createDecoder({ errors: "strict" });
      expect([...ids].map((id) => strict.push([id])).join("") + strict.end()).toBe(streamed);
    }
  });

  it("counts what it encodes, whole, up to a limit, and as the text grows", () => {
    const counter = tokenizer.createCounter();
    let whole = "";
    for (const text of texts) {
      const { length } = tokenizer.encodeOrdinary(text);
      expect(tokenizer.count(text)).toBe(length);
      expect(tokenizer.countUpTo(text, length)).toBe(length);
      if (length > 0) expect(tokenizer.countUpTo(text, length - 1)).toBeUndefined();
      const mark = counter.mark();
      counter.append(`${text}\n`);
      counter.rollback(mark);
      counter.append(text);
      whole += text;
      expect(counter.count).toBe(tokenizer.count(whole));
    }
  });

  it("never makes a control token out of ordinary text", () => {
    for (const text of [...texts, ...tokenizer.specialTokens.keys()]) {
      const control = [...tokenizer.encodeOrdinary(text)].filter((id) => tokenizer.isSpecialToken(id));
      const unknown = tokenizer.specialTokens.get("<unk>") ?? tokenizer.specialTokens.get("[UNK]");
      expect(control.filter((id) => id !== unknown)).toEqual([]);
    }
  });

  it("refuses control tokens in text unless they are allowed", () => {
    for (const [token, id] of tokenizer.specialTokens) {
      expect(() => tokenizer.encode(`a ${token} b`)).toThrow(/disallowed special token/);
      const allowed = [...tokenizer.encode(`a ${token} b`, { allowedSpecial: [token] })];
      expect(allowed).toContain(id);
      expect(() => tokenizer.encode(`a ${token} b`, { disallowedSpecial: [] })).not.toThrow();
    }
  });
});

/** The names that a table has rows for, from the message about a name that it has none for. */
function namesIn(read: (node: JsonNode) => unknown): string[] {
  try {
    read(new JsonNode({ type: "NoSuchComponent" }));
  } catch (error) {
    return /Supported(?: here)?: (.*)\./.exec((error as Error).message)?.[1]?.split(", ") ?? [];
  }
  return [];
}

describe("component tables", () => {
  const used = JSON.stringify(fixtures.map(({ tokenizer }) => tokenizer));
  it.each([
    ["normalizer", readNormalizer, 14],
    ["pre-tokenizer", readPreTokenizers, 12],
    ["decoder", readDecoder, 10],
    ["post-processor", readPostProcessors, 5],
    ["model", (node: JsonNode) => readModel(node, new Set()), 4],
  ])("has a fixture for every %s", (_kind, read, atLeast) => {
    const names = namesIn(read as (node: JsonNode) => unknown);
    expect(names.length).toBeGreaterThanOrEqual(atLeast);
    expect(names.filter((name) => !used.includes(`"type":"${name}"`))).toEqual([]);
  });
});
