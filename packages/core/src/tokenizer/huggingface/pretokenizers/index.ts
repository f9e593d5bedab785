// The table of pre-tokenizers. A file's tree of sequences becomes one flat list.

import { unsupportedTokenizer } from "../faults.ts";
import { type ComponentTable, type JsonNode, readComponent } from "../json-node.ts";
import { ByteLevelPreTokenizer } from "./byte-level.ts";
import { FixedLengthPreTokenizer } from "./fixed-length.ts";
import { MetaspacePreTokenizer } from "./metaspace.ts";
import type { PreTokenizer } from "./pre-tokenizer.ts";
import {
  bertPreTokenizer,
  charDelimiterSplit,
  digits,
  punctuation,
  SplitPreTokenizer,
  whitespace,
  whitespaceSplit,
} from "./split.ts";
import { UnicodeScriptsPreTokenizer } from "./unicode-scripts.ts";

const preTokenizers: ComponentTable<PreTokenizer[]> = {
  BertPreTokenizer: bertPreTokenizer,
  ByteLevel: (node) => [ByteLevelPreTokenizer.fromJson(node)],
  CharDelimiterSplit: (node) => [charDelimiterSplit(node)],
  Digits: (node) => [digits(node)],
  FixedLength: (node) => [new FixedLengthPreTokenizer(node)],
  Metaspace: (node) => [MetaspacePreTokenizer.fromJson(node)],
  Punctuation: (node) => [punctuation(node)],
  Sequence: (node) => node.child("pretokenizers").list().flatMap(readPreTokenizers),
  Split: (node) => [SplitPreTokenizer.fromJson(node)],
  UnicodeScripts: () => [new UnicodeScriptsPreTokenizer()],
  Whitespace: () => [whitespace()],
  WhitespaceSplit: () => [whitespaceSplit()],
};

const deepest = 64;

/** The pre-tokenizers of a file in order; none where there is no `pre_tokenizer`. */
export function readPreTokenizers(node: JsonNode): PreTokenizer[] {
  if (node.isNull) return [];
  if (node.path.split(".pretokenizers").length > deepest) {
    throw unsupportedTokenizer(node.path, `sequences nested deeper than ${deepest}.`);
  }
  return readComponent(node, preTokenizers);
}

export type { PreTokenizer };
