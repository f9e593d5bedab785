// Reads the BPE model of a tokenizer.json.

import { invalidTokenizer } from "../faults.ts";
import type { JsonNode } from "../json-node.ts";
import { BpeModel } from "./bpe.ts";
import { MergeTable } from "./merge-table.ts";
import { TokenVocabulary } from "./vocabulary.ts";

export function readBpe(node: JsonNode, reserved: ReadonlySet<number>): BpeModel {
  const vocabulary = TokenVocabulary.fromJson(node.child("vocab"));
  const continuingPrefix = nonEmpty(node.child("continuing_subword_prefix"));
  const unknownToken = node.child("unk_token").optionalString();
  if (unknownToken !== undefined && vocabulary.idOf(unknownToken) === undefined) {
    throw invalidTokenizer(node.child("unk_token").path, `"${unknownToken}" is not in the vocabulary.`);
  }
  return new BpeModel({
    vocabulary,
    merges: readMerges(node.child("merges"), vocabulary, reserved, continuingPrefix ?? ""),
    unknownToken,
    fuseUnknown: node.child("fuse_unk").boolean(false),
    byteFallback: node.child("byte_fallback").boolean(false),
    ignoreMerges: node.child("ignore_merges").boolean(false),
    continuingPrefix,
    wordSuffix: nonEmpty(node.child("end_of_word_suffix")),
    reserved,
  });
}

function nonEmpty(node: JsonNode): string | undefined {
  const text = node.optionalString();
  return text === "" ? undefined : text;
}

function readMerges(
  node: JsonNode,
  vocabulary: TokenVocabulary,
  reserved: ReadonlySet<number>,
  continuingPrefix: string,
): MergeTable {
  if (!Array.isArray(node.value)) node.expected("an array of merges");
  return buildMergeTable(node.value as unknown[], vocabulary, {
    reserved,
    continuingPrefix,
    path: node.path,
  });
}

export interface MergeTableOptions {
  readonly reserved?: ReadonlySet<number>;
  readonly continuingPrefix?: string;
  readonly path: string;
}

/** Merges as `"left right"` or `[left, right]`, the first of lowest rank. */
export function buildMergeTable(
  merges: readonly unknown[],
  vocabulary: TokenVocabulary,
  { reserved, continuingPrefix = "", path }: MergeTableOptions,
): MergeTable {
  const table = new MergeTable(merges.length);
  for (let rank = 0; rank < merges.length; rank++) {
    const [left, right] = parts(merges[rank], `${path}[${rank}]`);
    const leftId = vocabulary.idOf(left);
    const rightId = vocabulary.idOf(right);
    const mergedId = vocabulary.idOf(left + right.slice(continuingPrefix.length));
    if (leftId === undefined || rightId === undefined || mergedId === undefined) {
      throw invalidTokenizer(
        `${path}[${rank}]`,
        `the merge of ${JSON.stringify(left)} and ${JSON.stringify(right)} needs all three tokens in the vocabulary.`,
      );
    }
    if (reserved?.has(mergedId) !== true) table.set(leftId, rightId, rank, mergedId);
  }
  return table;
}

function parts(merge: unknown, path: string): readonly [string, string] {
  if (typeof merge === "string") {
    const space = merge.indexOf(" ");
    if (space >= 0 && merge.indexOf(" ", space + 1) === -1)
      return [merge.slice(0, space), merge.slice(space + 1)];
  } else if (Array.isArray(merge) && merge.length === 2) {
    const [left, right] = merge as unknown[];
    if (typeof left === "string" && typeof right === "string") return [left, right];
  }
  throw invalidTokenizer(path, `expected "left right" or ["left", "right"], got ${JSON.stringify(merge)}.`);
}
