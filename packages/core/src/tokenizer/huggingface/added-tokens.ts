// Tokens that are matched in text before anything else happens to it. `special` ones are control tokens; plain ones
// are words the vocabulary lacked. Matching is leftmost-longest over a trie.

import { characterLength } from "./aligned-text.ts";
import { invalidTokenizer } from "./faults.ts";
import type { JsonNode } from "./json-node.ts";
import { TokenTrie } from "./models/token-trie.ts";

export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Matched only where no word character touches it. */
  readonly singleWord: boolean;
  /** White space to the left, or to the right, belongs to the match. */
  readonly leftStrip: boolean;
  readonly rightStrip: boolean;
  /** Matched in normalized text rather than in the text as given. */
  readonly normalized: boolean;
  /** Left out of decoded text where special tokens are skipped. */
  readonly special: boolean;
}

/** Reads `added_tokens`. */
export function readAddedTokens(node: JsonNode): AddedToken[] {
  if (node.isNull) return [];
  return node.list().map((entry) => {
    const special = entry.child("special").boolean(false);
    return {
      id: entry.child("id").index(),
      content: entry.child("content").string(),
      singleWord: entry.child("single_word").boolean(false),
      leftStrip: entry.child("lstrip").boolean(false),
      rightStrip: entry.child("rstrip").boolean(false),
      normalized: entry.child("normalized").boolean(!special),
      special,
    };
  });
}

/** The settings of a control token that a format lists by name only. */
export function controlToken(id: number, content: string): AddedToken {
  return {
    id,
    content,
    singleWord: false,
    leftStrip: false,
    rightStrip: false,
    normalized: false,
    special: true,
  };
}

/** A stretch of text: an added token, or what lies between. */
export interface Segment {
  readonly start: number;
  readonly end: number;
  readonly token: AddedToken | undefined;
}

export type TokenFilter = (token: AddedToken) => boolean;

const wordCharacter = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;
const whiteSpace = /\p{White_Space}/u;

/** Finds a set of added tokens in text. */
export class AddedTokenMatcher {
  private readonly trie = new TokenTrie();
  private readonly tokens: AddedToken[] = [];

  /** `contentOf` gives the text to look for: the content itself, or its normalized form. */
  constructor(tokens: Iterable<AddedToken>, contentOf: (token: AddedToken) => string) {
    for (const token of tokens) {
      const content = contentOf(token);
      if (content === "") continue;
      this.trie.insert(content, this.tokens.length);
      this.tokens.push(token);
    }
  }

  get isEmpty(): boolean {
    return this.tokens.length === 0;
  }

  /** Cuts `text` at the tokens that `wanted` lets through. */
  split(text: string, wanted: TokenFilter): Segment[] {
    const segments: Segment[] = [];
    let covered = 0;
    for (let at = 0; at < text.length; ) {
      const match = this.matchAt(text, at, wanted);
      if (match === undefined) {
        at++;
        continue;
      }
      at = match.end;
      if (match.token.singleWord && !standsAlone(text, match)) continue;
      const start = match.token.leftStrip ? Math.max(covered, spaceBefore(text, match.start)) : match.start;
      const end = match.token.rightStrip ? spaceAfter(text, match.end) : match.end;
      if (start > covered) segments.push({ start: covered, end: start, token: undefined });
      segments.push({ start, end, token: match.token });
      covered = Math.max(covered, end);
      at = Math.max(at, end);
    }
    if (covered < text.length) segments.push({ start: covered, end: text.length, token: undefined });
    return segments;
  }

  /** The longest wanted token at `start`. */
  private matchAt(
    text: string,
    start: number,
    wanted: TokenFilter,
  ): (Segment & { token: AddedToken }) | undefined {
    const { trie } = this;
    let found: (Segment & { token: AddedToken }) | undefined;
    let node = 0;
    for (let at = start; at < text.length; ) {
      node = trie.child(node, text.charCodeAt(at++));
      if (node === 0) break;
      const index = trie.idAt(node);
      const token = index < 0 ? undefined : this.tokens[index];
      if (token !== undefined && wanted(token)) found = { start, end: at, token };
    }
    return found;
  }
}

function standsAlone(text: string, { start, end }: Segment): boolean {
  const before = start > 0 ? text.slice(characterBefore(text, start), start) : "";
  const after = text.slice(end, end + characterLength(text, end));
  return !wordCharacter.test(before) && !wordCharacter.test(after);
}

function characterBefore(text: string, end: number): number {
  const isPair = end > 1 && characterLength(text, end - 2) === 2;
  return end - (isPair ? 2 : 1);
}

function spaceBefore(text: string, end: number): number {
  let start = end;
  while (start > 0 && whiteSpace.test(text.charAt(start - 1))) start--;
  return start;
}

function spaceAfter(text: string, start: number): number {
  let end = start;
  while (end < text.length && whiteSpace.test(text.charAt(end))) end++;
  return end;
}

/** Refuses a list in which one text has two IDs or one ID two texts that the model contradicts. */
export function checkAddedTokens(
  tokens: readonly AddedToken[],
  idOf: (token: string) => number | undefined,
): void {
  const seen = new Map<string, number>();
  for (const { content, id } of tokens) {
    const known = seen.get(content) ?? idOf(content);
    if (known !== undefined && known !== id) {
      throw invalidTokenizer(
        "$.added_tokens",
        `${JSON.stringify(content)} has the ID ${id}, elsewhere ${known}.`,
      );
    }
    seen.set(content, id);
  }
}
