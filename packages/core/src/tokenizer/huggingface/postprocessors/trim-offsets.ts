// Offsets without the spaces that byte-level tokens include.

import type { EncodedTokens } from "../encoded.ts";
import type { JsonNode } from "../json-node.ts";
import type { PostProcessor, TokenLookup } from "./index.ts";

const space = /^[\p{White_Space}Ġ]$/u;

export class TrimOffsets implements PostProcessor {
  /** Whether the first token may keep one leading space: the one that the pre-tokenizer put there. */
  private readonly addPrefixSpace: boolean;

  constructor(addPrefixSpace: boolean) {
    this.addPrefixSpace = addPrefixSpace;
  }

  static fromJson(node: JsonNode): TrimOffsets {
    return new TrimOffsets(node.child("add_prefix_space").boolean(true));
  }

  process(
    texts: readonly EncodedTokens[],
    _addSpecialTokens: boolean,
    tokenOf: TokenLookup,
  ): readonly EncodedTokens[] {
    return texts.map((text) => ({
      ...text,
      offsets: text.offsets.map((offset, index) => this.trim(offset, index, tokenOf(text.ids[index]!) ?? "")),
    }));
  }

  private trim(offset: readonly [number, number], index: number, token: string): readonly [number, number] {
    const characters = [...token];
    const leading = spaceCount(characters);
    const trailing = spaceCount(characters.reverse());
    const [start, end] = offset;
    const isFirst = index === 0 || start === 0;
    const prefixOnly = isFirst && this.addPrefixSpace && leading === 1;
    const trimmed = Math.min(start + (prefixOnly ? 0 : leading), end);
    return [trimmed, trailing > 0 && end >= trailing ? Math.max(end - trailing, trimmed) : end];
  }
}

/** How many spaces the list begins with. */
function spaceCount(characters: readonly string[]): number {
  const first = characters.findIndex((character) => !space.test(character));
  return first < 0 ? characters.length : first;
}
