// The table of normalizers.

import { type ComponentTable, type JsonNode, readComponent } from "../json-node.ts";
import { BertNormalizer } from "./bert.ts";
import { ByteLevelNormalizer } from "./byte-level.ts";
import { LowercaseNormalizer } from "./lowercase.ts";
import { NmtNormalizer } from "./nmt.ts";
import type { Normalizer } from "./normalizer.ts";
import { PrecompiledNormalizer } from "./precompiled.ts";
import { PrependNormalizer } from "./prepend.ts";
import { ReplaceNormalizer } from "./replace.ts";
import { SequenceNormalizer } from "./sequence.ts";
import { StripNormalizer } from "./strip.ts";
import { StripAccentsNormalizer } from "./strip-accents.ts";
import { UnicodeFormNormalizer } from "./unicode-form.ts";

const normalizers: ComponentTable<Normalizer> = {
  BertNormalizer: (node) => BertNormalizer.fromJson(node),
  ByteLevel: () => new ByteLevelNormalizer(),
  Lowercase: () => new LowercaseNormalizer(),
  NFC: () => new UnicodeFormNormalizer("NFC"),
  NFD: () => new UnicodeFormNormalizer("NFD"),
  NFKC: () => new UnicodeFormNormalizer("NFKC"),
  NFKD: () => new UnicodeFormNormalizer("NFKD"),
  Nmt: () => new NmtNormalizer(),
  Precompiled: (node) => PrecompiledNormalizer.fromJson(node),
  Prepend: (node) => new PrependNormalizer(node.child("prepend").string()),
  Replace: (node) => ReplaceNormalizer.fromJson(node),
  Sequence: (node) => new SequenceNormalizer(node.child("normalizers").list().map(readStep)),
  Strip: (node) => StripNormalizer.fromJson(node),
  StripAccents: () => new StripAccentsNormalizer(),
};

function readStep(node: JsonNode): Normalizer {
  return readComponent(node, normalizers);
}

/** The normalizer of a file, or undefined where there is none or it does nothing. */
export function readNormalizer(node: JsonNode): Normalizer | undefined {
  if (node.isNull) return undefined;
  const normalizer = readStep(node);
  return normalizer instanceof SequenceNormalizer && normalizer.isEmpty ? undefined : normalizer;
}

export type { Normalizer };
