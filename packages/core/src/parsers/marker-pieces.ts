// Which parts of a marker are special tokens of a tokenizer: those must arrive as tokens, not as look-alike text.

import type { Tokenizer } from "../tokenizer/index.ts";
import type { MarkerPieces } from "./reader.ts";

type Piece = readonly [offset: number, length: number];

const caches = new WeakMap<Tokenizer, Map<string, readonly Piece[]>>();
const none: readonly Piece[] = [];

/** A function from markers to their special pieces; without a tokenizer every marker is ordinary text. */
export function markerPieces(tokenizer: Tokenizer | undefined): MarkerPieces {
  if (tokenizer === undefined) return () => none;
  const cache = caches.get(tokenizer) ?? new Map<string, readonly Piece[]>();
  caches.set(tokenizer, cache);
  return (marker) => {
    const known = cache.get(marker);
    if (known !== undefined) return known;
    const pieces = splitMarker(marker, tokenizer.specialTokens);
    cache.set(marker, pieces);
    return pieces;
  };
}

/** Leftmost longest special tokens: `<｜DSML｜invoke name="` has one special piece and an ordinary rest. */
function splitMarker(marker: string, specials: ReadonlyMap<string, number>): Piece[] {
  const inside = [...specials.keys()].filter((token) => token !== "" && marker.includes(token));
  inside.sort((a, b) => b.length - a.length);
  const pieces: Piece[] = [];
  for (let at = 0; at < marker.length; ) {
    const token = inside.find((candidate) => marker.startsWith(candidate, at));
    if (token !== undefined) pieces.push([at, token.length]);
    at += token?.length ?? 1;
  }
  return pieces;
}

/** True when a marker contains a special token of the tokenizer: then specials must not be stripped before parsing. */
export function hasSpecialMarkers(markers: readonly string[], tokenizer: Tokenizer): boolean {
  const pieces = markerPieces(tokenizer);
  return markers.some((marker) => pieces(marker).length > 0);
}
