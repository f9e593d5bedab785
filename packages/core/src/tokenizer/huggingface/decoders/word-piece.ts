// WordPiece tokens back to words.

import type { JsonNode } from "../json-node.ts";
import { MapDecoder } from "./decoder.ts";

const cleanUps: readonly (readonly [from: string, to: string])[] = [
  [" .", "."],
  [" ?", "?"],
  [" !", "!"],
  [" ,", ","],
  [" ' ", "'"],
  [" n't", "n't"],
  [" 'm", "'m"],
  [" do not", " don't"],
  [" 's", "'s"],
  [" 've", "'ve"],
  [" 're", "'re"],
];

/** Undoes the spaces that tokenization put before punctuation and contractions, in the reference's order. */
export function cleanUp(text: string): string {
  return cleanUps.reduce((current, [from, to]) => current.replaceAll(from, to), text);
}

export function wordPieceDecoder(node: JsonNode): MapDecoder {
  const prefix = node.child("prefix").optionalString() ?? "##";
  const cleanup = node.child("cleanup").boolean(true);
  return createWordPieceDecoder(prefix, cleanup);
}

export function createWordPieceDecoder(prefix: string, cleanup: boolean): MapDecoder {
  return new MapDecoder((token, first) => {
    const continued = token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`;
    const text = first ? token : continued;
    return cleanup ? cleanUp(text) : text;
  });
}
