// Encodings made from others: the same vocabulary and pattern, other special tokens,
// or the same ones on behalf of a model.

import { Encoding } from "./encoding.ts";
import { requireFreeIds, type SpecialTokenMap, specialTokenMap } from "./special-token-map.ts";

/**
 * The same encoding with more special tokens, under another name. Shares all tables; the given one is not changed.
 *
 *     extendEncoding(getEncoding("cl100k_base"), { name: "chat", specialTokens: { "<|im_start|>": 100264 } });
 *
 * Raises INVALID_ARGUMENT for the ID of an ordinary token.
 */
export function extendEncoding(
  encoding: Encoding,
  { name, specialTokens }: { readonly name: string; readonly specialTokens: SpecialTokenMap },
): Encoding {
  const added = specialTokenMap(specialTokens);
  requireFreeIds(added, encoding.base, encoding.name);
  const merged = new Map([...encoding.specialTokens, ...added]);
  return new Encoding(name, encoding.base, merged);
}

/** As `extendEncoding`, with the given special tokens only. */
export function replaceSpecialTokens(
  encoding: Encoding,
  { name, specialTokens }: { readonly name: string; readonly specialTokens: SpecialTokenMap },
): Encoding {
  return new Encoding(name, encoding.base, specialTokenMap(specialTokens));
}

/** The same encoding as the one of a model, which metrics then name. Shares all tables. */
export function encodingOfModel(encoding: Encoding, model: string): Encoding {
  return new Encoding(encoding.name, encoding.base, encoding.specialTokens, model);
}
