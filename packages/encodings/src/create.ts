// Makes encodings from definitions and vocabularies, each once; encodings over one vocabulary share its tables.

import {
  createPackedEncoding,
  type Encoding,
  knownPatterns,
  replaceSpecialTokens,
} from "@tokenwire/core/tokenizer/packed";
import type { EncodingDefinition } from "./definition.ts";

const made: Map<string, Encoding> = new Map();

/** The encoding of a definition, if `createOnce` has made it. */
export function existing(name: string): Encoding | undefined {
  return made.get(name);
}

/** The encoding of a definition; `vocabulary` reads its packed vocabulary, asked for only if nothing can be shared. */
export function createOnce(definition: EncodingDefinition, vocabulary: () => Uint8Array): Encoding {
  const known = made.get(definition.name);
  if (known !== undefined) return known;
  const { name, idLimit, normalization } = definition;
  const specialTokens = definition.specialTokens();
  const family = `${definition.vocabulary} ${idLimit ?? ""}`;
  const relative = made.get(family);
  const encoding =
    relative === undefined
      ? createPackedEncoding({
          name,
          pattern: knownPatterns[definition.pattern],
          vocabulary: vocabulary(),
          idLimit,
          normalization,
          specialTokens,
        })
      : replaceSpecialTokens(relative, { name, specialTokens });
  made.set(family, encoding);
  made.set(name, encoding);
  return encoding;
}
