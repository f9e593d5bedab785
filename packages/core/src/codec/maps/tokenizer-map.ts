// A dialect map: the vocabulary and rules of one tokenizer as JSON, pinned by the SHA-256 of its bytes. Keys are those
// of the wire.

import { decodeUtf8Strict, encodeUtf8, sha256Hex } from "../../bytes/index.ts";
import { TokenizerMapValidationError } from "./map-error.ts";
import { validateMap } from "./validate-map.ts";

/** How a model writes tool calls. Both markers are keys of `special_tokens`. */
export interface ToolCallingBlock {
  readonly convention:
    | "llama3"
    | "qwen25"
    | "phi4"
    | "mistral_nemo"
    | "deepseek_v3"
    | "deepseek_r1"
    | "custom";
  readonly markers: { readonly start: string; readonly end: string };
  readonly args_format: "json" | "python_args";
  readonly result_format: "text" | "json";
}

export interface ZstdDictionaryEntry {
  readonly format: "msgpack" | "protobuf";
  readonly url: string;
  readonly hash: string;
  readonly size_bytes?: number;
  readonly trained_at?: string;
  readonly corpus_summary?: string;
}

export type MapNormalizer =
  | { readonly type: "nfc" | "nfd" | "nfkc" | "nfkd" | "lowercase" | "strip_accents" }
  | { readonly type: "replace"; readonly from: string; readonly to: string }
  | { readonly type: "prepend"; readonly text: string };

export interface MapAddedToken {
  readonly id: number;
  readonly content: string;
  readonly special?: boolean;
  readonly normalized?: boolean;
  readonly lstrip?: boolean;
  readonly rstrip?: boolean;
  readonly single_word?: boolean;
}

/** Facts that the format proper cannot express and without which text or IDs come out wrong. All optional. */
export interface MapExtension {
  readonly schema?: number;
  readonly source?: {
    readonly kind: "hf" | "tiktoken" | "sentencepiece";
    readonly name: string;
    readonly revision?: string;
    readonly sha256?: string;
  };
  readonly max_id?: number;
  readonly model?: "bpe" | "unigram" | "wordpiece";
  readonly unk_id?: number;
  /** A pre-token that is a vocabulary entry becomes that ID without merging. */
  readonly ignore_merges?: boolean;
  readonly normalizers?: readonly MapNormalizer[];
  readonly metaspace?: { readonly prepend?: "always" | "first" | "never"; readonly replacement?: string };
  /** Byte-level only. */
  readonly add_prefix_space?: boolean;
  readonly decoder?: {
    readonly strip_left?: number;
    readonly strip_right?: number;
    readonly byte_fallback_errors?: "whatwg" | "per_byte";
  };
  readonly added_tokens?: readonly MapAddedToken[];
  readonly pattern_flags?: string;
  /** Only when the 256 IDs are not contiguous and ascending. */
  readonly byte_fallback_ids?: readonly number[];
  readonly bos_id?: number;
  readonly eos_ids?: readonly number[];
  readonly regions?: readonly {
    readonly name: string;
    readonly start: readonly string[];
    readonly end: Readonly<Record<string, string>>;
  }[];
}

export interface TokenizerMap {
  /** `org/family`, lowercase. */
  readonly id: string;
  readonly version: string;
  /** Documented as one more than the largest ID, which maps in the wild contradict: never size an array by it. */
  readonly vocab_size: number;
  readonly vocab?: Readonly<Record<string, number>>;
  /** The legacy form: ID to decoded text. */
  readonly tokens?: Readonly<Record<string, string>>;
  readonly encoder?: "byte_level" | "metaspace";
  readonly merges?: readonly string[];
  readonly pre_tokenizer_pattern?: string;
  readonly pre_tokenizer_program?: unknown;
  readonly byte_fallback_start?: number;
  readonly byte_fallback_end?: number;
  readonly special_tokens?: Readonly<Record<string, number>>;
  readonly tool_calling?: ToolCallingBlock;
  readonly zstd_dictionaries?: readonly ZstdDictionaryEntry[];
  readonly published_at?: string;
  readonly ext?: MapExtension;
}

const BYTE_ORDER_MARK = "\ufeff";

function fromJson(source: Uint8Array | string | object): TokenizerMap {
  const value = typeof source === "object" && !(source instanceof Uint8Array) ? source : parse(source);
  validateMap(value);
  return value;
}

function parse(source: Uint8Array | string): unknown {
  try {
    const text = typeof source === "string" ? source : decodeUtf8Strict(source);
    return JSON.parse(text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TokenizerMapValidationError(`it is not JSON (${reason}).`);
  }
}

/** Parsing and checking of maps: `TokenizerMap.fromJson(bytes | text | object)`. */
export const TokenizerMap: {
  /** A map from its JSON. Raises `TokenizerMapValidationError`. */
  readonly fromJson: (source: Uint8Array | string | object) => TokenizerMap;
} = { fromJson };

/** A map made in memory, checked. */
export function makeMap(spec: TokenizerMap): TokenizerMap {
  validateMap(spec);
  return spec;
}

/** The bytes that represent a map wherever we write one: JSON indented by two spaces, without a newline at the end. */
export function serializeMap(map: TokenizerMap): Uint8Array {
  return encodeUtf8(JSON.stringify(map, null, 2));
}

/** `sha256:` and the lowercase hex digest of some bytes. */
export function hashBytes(bytes: Uint8Array): string {
  return `sha256:${sha256Hex(bytes)}`;
}

/**
 * The hash of `serializeMap(map)`. To verify a map that was received, hash its bytes: parsing and writing JSON again
 * does not give the same bytes in every language.
 */
export function hashMap(map: TokenizerMap): string {
  return hashBytes(serializeMap(map));
}
