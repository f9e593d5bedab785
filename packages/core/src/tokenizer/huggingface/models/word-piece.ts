// WordPiece: the longest token from the left, again and again; a word that cannot be spelled so is one unknown token.

import { characterLength } from "../aligned-text.ts";
import { invalidTokenizer } from "../faults.ts";
import type { JsonNode } from "../json-node.ts";
import type { TokenModel } from "./model.ts";
import type { PieceTokens } from "./piece-tokens.ts";
import { TokenTrie } from "./token-trie.ts";
import { TokenVocabulary } from "./vocabulary.ts";

export interface WordPieceSettings {
  readonly vocabulary: TokenVocabulary;
  readonly unknownToken: string;
  readonly continuingPrefix: string;
  /** Longer words, in characters, are unknown. */
  readonly maxWordLength: number;
  readonly reserved?: ReadonlySet<number>;
}

export class WordPieceModel implements TokenModel {
  readonly vocabulary: TokenVocabulary;
  private readonly settings: WordPieceSettings;
  private readonly unknownId: number;
  /** Tokens that begin a word, and tokens that continue one, without their prefix. */
  private readonly initial = new TokenTrie();
  private readonly continuing = new TokenTrie();

  constructor(settings: WordPieceSettings, path: string) {
    this.settings = settings;
    this.vocabulary = settings.vocabulary;
    const { vocabulary, continuingPrefix, reserved, unknownToken } = settings;
    const unknownId = vocabulary.idOf(unknownToken);
    if (unknownId === undefined) throw invalidTokenizer(path, `"${unknownToken}" is not in the vocabulary.`);
    this.unknownId = unknownId;
    vocabulary.tokens.forEach((token, id) => {
      if (token === undefined || reserved?.has(id) === true) return;
      this.initial.insert(token, id);
      if (token.startsWith(continuingPrefix))
        this.continuing.insert(token.slice(continuingPrefix.length), id);
    });
  }

  static fromJson(node: JsonNode, reserved: ReadonlySet<number>): WordPieceModel {
    const limit = node.child("max_input_chars_per_word");
    return new WordPieceModel(
      {
        vocabulary: TokenVocabulary.fromJson(node.child("vocab")),
        unknownToken: node.child("unk_token").optionalString() ?? "[UNK]",
        continuingPrefix: node.child("continuing_subword_prefix").optionalString() ?? "##",
        maxWordLength: limit.isNull ? 100 : limit.index(),
        reserved,
      },
      node.child("unk_token").path,
    );
  }

  encodePiece(piece: string, out: PieceTokens): void {
    const before = out.count;
    const isWord = characterCount(piece) <= this.settings.maxWordLength;
    let start = 0;
    while (isWord && start < piece.length) {
      const [id, end] = longestFrom(start === 0 ? this.initial : this.continuing, piece, start);
      if (id < 0) break;
      out.add(id, start, end);
      start = end;
    }
    if (start === piece.length) return;
    out.count = before;
    out.add(this.unknownId, 0, piece.length);
  }
}

function longestFrom(trie: TokenTrie, text: string, start: number): readonly [id: number, end: number] {
  let found = -1;
  let foundEnd = start;
  let node = 0;
  for (let at = start; at < text.length; ) {
    node = trie.child(node, text.charCodeAt(at++));
    if (node === 0) break;
    const id = trie.idAt(node);
    if (id >= 0) {
      found = id;
      foundEnd = at;
    }
  }
  return [found, foundEnd];
}

function characterCount(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at += characterLength(text, at)) count++;
  return count;
}
