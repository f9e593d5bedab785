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
    let leading = characters.findIndex((character) => !space.test(character));
    if (leading < 0) leading = characters.length;
    const trailing =
      leading === characters.length ? 0 : [...characters].reverse().findIndex((c) => !space.test(c));
    const [start, end] = offset;
    const atTextStart = index === 0 || start === 0;
    const kept = leading > 0 && atTextStart && this.addPrefixSpace ? leading - 1 : leading;
    const trimmed = Math.min(start + kept, end);
    return [trimmed, trailing > 0 && end >= trailing ? Math.max(end - trailing, trimmed) : end];
  }
}
