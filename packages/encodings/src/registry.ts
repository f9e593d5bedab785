// Encodings by name.

import { didYouMean, type Encoding, TokenwireError } from "@tokenwire/core/tokenizer/packed";
import { createOnce, existing } from "./create.ts";
import type { VocabularyName } from "./definition.ts";
import { definitions, type EncodingName } from "./definitions.ts";
import { readVocabulary } from "./read-vocabulary.ts";

/** Each import is spelled out so that bundlers can split the vocabularies into files of their own. */
const modules: Readonly<Record<EncodingName, () => Promise<{ readonly encoding: Encoding }>>> = {
  cl100k_base: () => import("./cl100k_base.ts"),
  gpt2: () => import("./gpt2.ts"),
  o200k_base: () => import("./o200k_base.ts"),
  o200k_harmony: () => import("./o200k_harmony.ts"),
  p50k_base: () => import("./p50k_base.ts"),
  p50k_edit: () => import("./p50k_edit.ts"),
  r50k_base: () => import("./r50k_base.ts"),
  voyage3_base: () => import("./voyage3_base.ts"),
};

/** Names of all encodings, sorted. */
export function listEncodingNames(): EncodingName[] {
  return Object.keys(definitions).sort() as EncodingName[];
}

function checkName(name: string): EncodingName {
  if (Object.hasOwn(definitions, name)) return name as EncodingName;
  throw new TokenwireError(
    "UNKNOWN_ENCODING",
    `Unknown encoding ${JSON.stringify(name)}. Known encodings: ${listEncodingNames().join(", ")}.${didYouMean(String(name), listEncodingNames())}`,
  );
}

/**
 * The encoding of this name, without waiting. Works where Node's file system is (Node, Deno, Bun) and for encodings
 * that are loaded already. Every call returns the same object.
 *
 *     getEncoding("o200k_base").encode("hello world"); // Uint32Array [24912, 2375]
 *
 * Raises UNKNOWN_ENCODING, and DAMAGED_VOCABULARY if the data file is missing or altered.
 */
export function getEncoding(name: string): Encoding {
  const definition = definitions[checkName(name)];
  return existing(definition.name) ?? createOnce(definition, () => read(definition.vocabulary));
}

function read(name: VocabularyName): Uint8Array {
  return readVocabulary(name, new URL(`../data/${name}.bin`, import.meta.url));
}

/** As `getEncoding`, everywhere: the vocabulary is imported on first use. */
export async function loadEncoding(name: string): Promise<Encoding> {
  const { encoding } = await modules[checkName(name)]();
  return encoding;
}
