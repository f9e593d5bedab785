// Reads the BPE model of a tokenizer.json.

import { MergeTable } from "../../bpe/merge-table.ts";
import { invalidTokenizer } from "../faults.ts";
import type { JsonNode } from "../json-node.ts";
import { BpeModel } from "./bpe.ts";
import { MergeEntries } from "./merge-entries.ts";
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
  if (node.value instanceof MergeEntries) return node.value.toTable(reserved);
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
  const { index } = vocabulary;
  for (let rank = 0; rank < merges.length; rank++) {
    const text = joinedMerge(merges[rank]);
    const space = text?.indexOf(" ") ?? -1;
    if (text === undefined || space < 0 || text.includes(" ", space + 1))
      throw notAMerge(merges[rank], path, rank);
    const left = index.find(text, 0, space);
    const right = index.find(text, space + 1, text.length);
    const merged = index.findJoined(text, 0, space, space + 1 + continuingPrefix.length, text.length);
    if (left < 0 || right < 0 || merged < 0) throw missingToken(text, path, rank);
    if (reserved?.has(merged) !== true) table.set(left, right, rank, merged);
  }
  return table;
}

/** A merge as one string. Tokens that contain a space cannot be merged in either notation. */
function joinedMerge(merge: unknown): string | undefined {
  if (typeof merge === "string") return merge;
  if (!Array.isArray(merge) || merge.length !== 2) return undefined;
  const [left, right] = merge as unknown[];
  return typeof left === "string" && typeof right === "string" ? `${left} ${right}` : undefined;
}

function notAMerge(merge: unknown, path: string, rank: number): Error {
  const shown = JSON.stringify(merge) ?? "nothing";
  return invalidTokenizer(`${path}[${rank}]`, `expected "left right" or ["left", "right"], got ${shown}.`);
}

function missingToken(text: string, path: string, rank: number): Error {
  return invalidTokenizer(
    `${path}[${rank}]`,
    `the merge ${JSON.stringify(text)} needs both parts and the whole in the vocabulary.`,
  );
}
