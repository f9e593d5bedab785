// The tokenizer that the metadata of a GGUF file describes.
// Source of the keys: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md

import { type AddedToken, controlToken } from "../added-tokens.ts";
import { ByteFallbackDecoder } from "../decoders/byte-fallback.ts";
import { ByteLevelDecoder } from "../decoders/byte-level.ts";
import { MapDecoder } from "../decoders/decoder.ts";
import { chainDecoders, type Decoder } from "../decoders/index.ts";
import { StripDecoder } from "../decoders/strip.ts";
import { createWordPieceDecoder } from "../decoders/word-piece.ts";
import { unsupportedTokenizer } from "../faults.ts";
import { HuggingFaceTokenizer, type TokenizerParts } from "../huggingface-tokenizer.ts";
import { BpeModel } from "../models/bpe.ts";
import { buildMergeTable } from "../models/bpe-file.ts";
import { ScoredTokens } from "../models/scored-tokens.ts";
import { UnigramModel } from "../models/unigram.ts";
import { TokenVocabulary } from "../models/vocabulary.ts";
import { WordPieceModel } from "../models/word-piece.ts";
import { BertNormalizer } from "../normalizers/bert.ts";
import type { Normalizer } from "../normalizers/normalizer.ts";
import { PrecompiledNormalizer } from "../normalizers/precompiled.ts";
import { PrependNormalizer } from "../normalizers/prepend.ts";
import { ReplaceNormalizer } from "../normalizers/replace.ts";
import { SequenceNormalizer } from "../normalizers/sequence.ts";
import { StripNormalizer } from "../normalizers/strip.ts";
import { UnicodeFormNormalizer } from "../normalizers/unicode-form.ts";
import { literalPattern, regexPattern } from "../pattern.ts";
import type { PostProcessor } from "../postprocessors/index.ts";
import { TemplateProcessor } from "../postprocessors/template.ts";
import { ByteLevelPreTokenizer } from "../pretokenizers/byte-level.ts";
import { MetaspacePreTokenizer } from "../pretokenizers/metaspace.ts";
import { bertPreTokenizer, SplitPreTokenizer } from "../pretokenizers/split.ts";
import { GgufTokenizerMetadata, tokenType } from "./gguf-metadata.ts";
import { scoredMerges } from "./scored-merges.ts";
import { nfcNames, splitPatternNames, splitPatternsOf, wholePieceNames } from "./split-patterns.ts";

export interface GgufTokenizerOptions {
  /** The tokenizer's `name`. Default: `"gguf"`. */
  readonly name?: string;
  /** Whether a user-defined token is a control token although the file calls it a word. */
  readonly isMarker?: (content: string) => boolean;
}

/** What the kinds of tokenizers fill in; the rest is common. */
type KindParts = Omit<TokenizerParts, "addedTokens" | "isControl" | "name">;

interface Source {
  readonly metadata: GgufTokenizerMetadata;
  /** IDs that text must never become. */
  readonly reserved: ReadonlySet<number>;
}

const kinds: Readonly<Record<string, (source: Source) => KindParts>> = {
  bert: wordPieceParts,
  gpt2: byteLevelParts,
  llama: sentencePieceParts,
  t5: unigramParts,
};

/**
 * The tokenizer of a GGUF file, from its metadata (`readGguf(bytes).metadata`).
 *
 * @throws TokenwireError UNSUPPORTED_TOKENIZER naming a kind of tokenizer or pre-tokenizer that is not known
 */
export function loadGgufTokenizer(
  metadata: ReadonlyMap<string, unknown>,
  options: GgufTokenizerOptions = {},
): HuggingFaceTokenizer {
  const fields = new GgufTokenizerMetadata(metadata);
  const kind = Object.hasOwn(kinds, fields.model) ? kinds[fields.model] : undefined;
  if (kind === undefined) {
    const known = Object.keys(kinds).join(", ");
    throw unsupportedTokenizer(
      "tokenizer.ggml.model",
      `"${fields.model}" is not supported. Supported: ${known}.`,
    );
  }
  const addedTokens = addedTokensOf(fields);
  const isControl = (token: AddedToken): boolean =>
    token.special || options.isMarker?.(token.content) === true;
  const reserved = new Set(addedTokens.filter(isControl).map(({ id }) => id));
  return new HuggingFaceTokenizer({
    ...kind({ metadata: fields, reserved }),
    name: options.name ?? "gguf",
    addedTokens,
    isControl,
  });
}

/** Control tokens and the words that are matched before the text is cut. */
function addedTokensOf(metadata: GgufTokenizerMetadata): AddedToken[] {
  const types = metadata.numbers("token_type") ?? [];
  const added: AddedToken[] = [];
  metadata.tokens.forEach((content, id) => {
    const special = types[id] === tokenType.control || types[id] === tokenType.unknown;
    if (special || types[id] === tokenType.userDefined) added.push({ ...controlToken(id, content), special });
  });
  return added;
}

function byteLevelParts({ metadata, reserved }: Source): KindParts {
  const name = metadata.text("pre") ?? "default";
  const patterns = splitPatternsOf(name);
  if (patterns === undefined) {
    throw unsupportedTokenizer(
      "tokenizer.ggml.pre",
      `"${name}" is not supported. Supported: ${splitPatternNames().join(", ")}.`,
    );
  }
  const splits = patterns.map((pattern) => new SplitPreTokenizer(regexPattern(pattern, name), "Isolated"));
  const vocabulary = new TokenVocabulary(metadata.tokens);
  const merges = buildMergeTable(metadata.merges, vocabulary, { reserved, path: "tokenizer.ggml.merges" });
  return {
    normalizer: nfcNames.has(name) ? new UnicodeFormNormalizer("NFC") : undefined,
    preTokenizers: [...splits, new ByteLevelPreTokenizer(false, false)],
    model: new BpeModel({ vocabulary, merges, reserved, ignoreMerges: wholePieceNames.has(name) }),
    postProcessors: markersAround(metadata, false),
    decoder: new ByteLevelDecoder(),
  };
}

function sentencePieceParts({ metadata, reserved }: Source): KindParts {
  const vocabulary = new TokenVocabulary(metadata.tokens);
  const scores = metadata.numbers("scores") ?? metadata.tokens.map((_, id) => -id);
  const spacePrefix = metadata.flag("add_space_prefix", true);
  const escapeSpaces = new ReplaceNormalizer(literalPattern(" "), "▁");
  const unknown = metadata.tokenId("unknown_token_id");
  return {
    normalizer: spacePrefix
      ? new SequenceNormalizer([new PrependNormalizer("▁"), escapeSpaces])
      : escapeSpaces,
    preTokenizers: [],
    model: new BpeModel({
      vocabulary,
      merges: scoredMerges(vocabulary, scores, reserved),
      reserved,
      byteFallback: true,
      fuseUnknown: true,
      unknownToken: unknown === undefined ? undefined : vocabulary.tokenOf(unknown),
    }),
    postProcessors: markersAround(metadata, true),
    decoder: sentencePieceDecoder(spacePrefix),
  };
}

function sentencePieceDecoder(stripsPrefix: boolean): Decoder {
  const spaces = new MapDecoder((token) => token.replaceAll("▁", " "));
  const strip = new StripDecoder({ content: " ", start: 1, stop: 0, whole: true });
  return chainDecoders([spaces, new ByteFallbackDecoder(), ...(stripsPrefix ? [strip] : [])]);
}

function unigramParts({ metadata, reserved }: Source): KindParts {
  const charsMap = metadata.charsMap;
  const normalizers: Normalizer[] = [];
  if (charsMap !== undefined) {
    normalizers.push(new PrecompiledNormalizer(charsMap, "tokenizer.ggml.precompiled_charsmap"));
  }
  if (metadata.flag("remove_extra_whitespaces", true)) {
    normalizers.push(
      new StripNormalizer(true, true),
      new ReplaceNormalizer(regexPattern(" {2,}", "spaces"), " "),
    );
  }
  const scheme = metadata.flag("add_space_prefix", true) ? "always" : "never";
  const scores = metadata.numbers("scores");
  if (scores === undefined)
    throw unsupportedTokenizer("tokenizer.ggml.scores", "a Unigram model needs scores.");
  return {
    normalizer: new SequenceNormalizer(normalizers),
    preTokenizers: [new MetaspacePreTokenizer("▁", scheme, true)],
    model: new UnigramModel(
      {
        tokens: new ScoredTokens(new TokenVocabulary(metadata.tokens), Float64Array.from(scores)),
        reserved,
        unknownId: metadata.tokenId("unknown_token_id"),
      },
      "tokenizer.ggml",
    ),
    postProcessors: markersAround(metadata, false),
    decoder: new MapDecoder((token, first) => {
      const text = token.replaceAll("▁", " ");
      return first && text.startsWith(" ") ? text.slice(1) : text;
    }),
  };
}

/** GGUF marks tokens that begin a word with `▁`; WordPiece marks those that do not with `##`. */
function wordPieceToken(token: string): string {
  if (token.startsWith("[") && token.endsWith("]")) return token;
  return token.startsWith("▁") ? token.slice(1) : `##${token}`;
}

function wordPieceParts({ metadata, reserved }: Source): KindParts {
  const tokens = metadata.tokens.map(wordPieceToken);
  const unknown = metadata.tokenId("unknown_token_id");
  const hasCase = tokens.some((token) => /[A-Z]/.test(token) && !token.startsWith("["));
  return {
    normalizer: new BertNormalizer({
      cleanText: true,
      setApartCjk: true,
      stripAccents: !hasCase,
      lowercase: !hasCase,
    }),
    preTokenizers: bertPreTokenizer(),
    model: new WordPieceModel(
      {
        vocabulary: new TokenVocabulary(tokens),
        unknownToken: (unknown === undefined ? undefined : tokens[unknown]) ?? "[UNK]",
        continuingPrefix: "##",
        maxWordLength: 100,
        reserved,
      },
      "tokenizer.ggml.unknown_token_id",
    ),
    postProcessors: clsAndSep(metadata),
    decoder: createWordPieceDecoder("##", true),
  };
}

/** BOS before and EOS after a text, where the file asks for them. */
function markersAround(metadata: GgufTokenizerMetadata, bosByDefault: boolean): PostProcessor[] {
  const bos = metadata.flag("add_bos_token", bosByDefault) ? metadata.tokenId("bos_token_id") : undefined;
  const eos = metadata.flag("add_eos_token", false) ? metadata.tokenId("eos_token_id") : undefined;
  return [around(bos, eos)];
}

function clsAndSep(metadata: GgufTokenizerMetadata): PostProcessor[] {
  // The published key has this spelling; a later one corrects it.
  const sep = metadata.tokenId("seperator_token_id") ?? metadata.tokenId("separator_token_id");
  return [around(metadata.tokenId("cls_token_id") ?? metadata.tokenId("bos_token_id"), sep, 1)];
}

function around(before: number | undefined, after: number | undefined, pairType = 0): PostProcessor {
  const special = (id: number | undefined, typeId: number) =>
    id === undefined ? [] : [{ ids: [id], typeId }];
  const single = [...special(before, 0), { sequence: 0 as const, typeId: 0 }, ...special(after, 0)];
  return new TemplateProcessor(single, [
    ...single,
    { sequence: 1 as const, typeId: pairType },
    ...special(after, pairType),
  ]);
}
