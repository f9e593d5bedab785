// Encoding text that may go on: which tokens are certain, and which ways of completing the rest one token can take.
// The definition is tiktoken's `encode_with_unstable`.

import { continuesUtf8, validUtf8Length } from "../bytes/index.ts";
import { joinBytes, joinIds } from "./join-arrays.ts";
import { classify, SPACE } from "./pretokenize/character-classes.ts";
import type { SortedTokens } from "./vocabulary/sorted-tokens.ts";

/** Result of `Encoding.encodeWithUnstable`. */
export interface UnstableEncoding {
  /** Tokens that stay whatever text follows. */
  readonly stable: Uint32Array;
  /** Ways to encode the rest of the text together with what may follow it, each once, in no particular order. */
  readonly completions: readonly Uint32Array[];
}

/** What completing needs from the encoding. */
export interface CompletionTools {
  readonly sorted: SortedTokens;
  encodeText(bytes: Uint8Array): Uint32Array;
  encodePiece(bytes: Uint8Array): Uint32Array;
  lengthOf(id: number): number;
}

/** All completions of the bytes `rest`, the text after the stable tokens. */
export function completionsOf(rest: Uint8Array, tools: CompletionTools): Uint32Array[] {
  const found = new Map<string, Uint32Array>();
  const add = (ids: Uint32Array): void => {
    found.set(ids.join(), ids);
  };
  for (const id of tools.sorted.withPrefix(rest)) add(Uint32Array.of(id));
  for (let cut = 1; cut < rest.length; cut++) {
    const prefix = rest.subarray(0, cut);
    for (const id of tools.sorted.withPrefix(rest.subarray(cut))) {
      add(shortestCover(joinBytes([prefix, tools.sorted.bytesOf(id)]), rest.length, tools));
    }
  }
  const last = lastCharacterStart(rest);
  // A white-space run gives its last character to the next piece once text follows.
  if (last > 0 && isWhiteSpace(rest.subarray(last))) {
    add(joinIds([tools.encodePiece(rest.subarray(0, last)), tools.encodePiece(rest.subarray(last))]));
  }
  return [...found.values()];
}

/** The first tokens of `bytes` that together reach at least `length` bytes. */
function shortestCover(bytes: Uint8Array, length: number, tools: CompletionTools): Uint32Array {
  const isText = validUtf8Length(bytes) === bytes.length;
  const ids = isText ? tools.encodeText(bytes) : tools.encodePiece(bytes);
  let covered = 0;
  let count = 0;
  while (count < ids.length && covered < length) covered += tools.lengthOf(ids[count++]!);
  return ids.slice(0, count);
}

function lastCharacterStart(bytes: Uint8Array): number {
  let start = bytes.length - 1;
  while (start > 0 && continuesUtf8(bytes[start]!)) start--;
  return start;
}

function isWhiteSpace(character: Uint8Array): boolean {
  if (validUtf8Length(character) !== character.length) return false;
  return ((classify(character, 0) >> 3) & SPACE) !== 0;
}
