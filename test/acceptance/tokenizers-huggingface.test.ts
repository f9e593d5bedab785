// Real tokenizer.json files against Python's `tokenizers`: IDs, offsets and decoded text over a generated corpus.
// TOKENWIRE_TOKENIZER_FILES names a folder with one folder per model; skipped where it or the package is absent.
// TOKENWIRE_TOKENIZER_CORPUS may name a folder of text files to encode whole as well.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type HuggingFaceTokenizer, loadTokenizerJson } from "@tokenwire/core/tokenizer";
import { describe, expect, it } from "vitest";
import { generateTexts } from "../../packages/core/test/tokenizer/huggingface/generate-texts.ts";

const folder = process.env["TOKENWIRE_TOKENIZER_FILES"] ?? "";
const corpus = process.env["TOKENWIRE_TOKENIZER_CORPUS"] ?? "";
const models = existsSync(folder)
  ? readdirSync(folder).filter((name) => existsSync(join(folder, name, "tokenizer.json")))
  : [];
const hasOracle = spawnSync("python3", ["-c", "import tokenizers"]).status === 0;
const iterations = Number(process.env["TOKENWIRE_FUZZ"] ?? 400);

const oracle = `
import json, sys
from tokenizers import Tokenizer
request = json.load(sys.stdin)
tokenizer = Tokenizer.from_file(request["file"])
tokenizer.no_truncation()
tokenizer.no_padding()
for text in request["texts"]:
    full = tokenizer.encode(text)
    plain = tokenizer.encode(text, add_special_tokens=False)
    print(json.dumps([plain.ids, plain.offsets, full.ids, full.offsets, full.type_ids,
        tokenizer.decode(plain.ids, skip_special_tokens=False), tokenizer.decode(full.ids)]))
`;

type Expected = [
  ids: number[],
  offsets: [number, number][],
  fullIds: number[],
  fullOffsets: [number, number][],
  typeIds: number[],
  decoded: string,
  skipped: string,
];

function askOracle(file: string, texts: string[]): Expected[] {
  const { stdout, status, stderr } = spawnSync("python3", ["-c", oracle], {
    input: JSON.stringify({ file, texts }),
    maxBuffer: 2 ** 30,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Expected);
}

function corpusTexts(): string[] {
  if (!existsSync(corpus)) return [];
  return readdirSync(corpus).map((name) => readFileSync(join(corpus, name), "utf8"));
}

function actual(tokenizer: HuggingFaceTokenizer, text: string): Expected {
  const plain = tokenizer.encodeDetailed(text, { addSpecialTokens: false, offsetUnit: "codepoint" });
  const full = tokenizer.encodeDetailed(text, { offsetUnit: "codepoint" });
  const ids = [...tokenizer.encode(text, { allowedSpecial: "all" })];
  expect(plain.ids).toEqual(ids);
  const decoded = tokenizer.decode(ids);
  const decoder = tokenizer.createDecoder();
  const streamed = ids.map((id) => decoder.push([id])).join("") + decoder.end();
  expect(streamed.replaceAll("\ufffd", "")).toBe(decoded.replaceAll("\ufffd", ""));
  return [
    ids,
    plain.offsets as [number, number][],
    full.ids,
    full.offsets as [number, number][],
    full.typeIds,
    decoded,
    tokenizer.decode(full.ids, { skipSpecialTokens: true }),
  ];
}

const partNames = ["ids", "offsets", "full ids", "full offsets", "types", "decoded", "skipped"];

function differences(text: string, got: Expected, expected: Expected, compareOffsets: boolean): string[] {
  return partNames.flatMap((name, part) => {
    if (!compareOffsets && name.includes("offsets")) return [];
    const [ours, theirs] = [JSON.stringify(got[part]), JSON.stringify(expected[part])];
    return ours === theirs ? [] : [`${name} of ${JSON.stringify(text)}: ${ours}, expected ${theirs}`];
  });
}

/** Where characters are dropped the reference's offsets shift by them; ours stay where the text is. */
function dropsCharacters(file: string): boolean {
  const json = readFileSync(file, "utf8");
  const { model } = JSON.parse(json) as { model: { vocab: Record<string, number>; unk_token?: string } };
  const lacksBytes =
    !Array.isArray(model.vocab) && model.unk_token == null && !Object.hasOwn(model.vocab, "Ĝ");
  return json.includes('"Precompiled"') || lacksBytes;
}

/** Models that fold characters by Unicode tables: the reference's tables are older than the JavaScript engine's. */
function foldsCharacters(file: string): boolean {
  return /"(?:NFK[CD]|StripAccents|BertNormalizer|Precompiled)"/.test(readFileSync(file, "utf8"));
}

describe.skipIf(models.length === 0 || !hasOracle)("tokenizer.json against Python tokenizers", () => {
  it.each(models)(
    "%s",
    (model) => {
      const file = join(folder, model, "tokenizer.json");
      const tokenizer = loadTokenizerJson(readFileSync(file));
      const specials = [...tokenizer.specialTokens.keys()].slice(0, 40);
      const texts = [
        ...generateTexts(iterations, specials, model.length, !foldsCharacters(file)),
        ...corpusTexts(),
      ];
      const compareOffsets = !dropsCharacters(file);
      const expected = askOracle(file, texts);
      const wrong = texts.flatMap((text, i) =>
        differences(text, actual(tokenizer, text), expected[i] as Expected, compareOffsets),
      );
      expect(wrong.slice(0, 5)).toEqual([]);
    },
    600_000,
  );
});
