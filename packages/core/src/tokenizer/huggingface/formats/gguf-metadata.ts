// The tokenizer keys of GGUF metadata, read with checks.

import { invalidTokenizer } from "../faults.ts";

/** Token types as GGUF numbers them. */
export const tokenType = { unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

const prefix = "tokenizer.ggml.";

export class GgufTokenizerMetadata {
  private readonly metadata: ReadonlyMap<string, unknown>;

  constructor(metadata: ReadonlyMap<string, unknown>) {
    this.metadata = metadata;
  }

  /** Which kind of tokenizer: `gpt2`, `llama`, `bert`, `t5`, … */
  get model(): string {
    const model = this.text("model");
    if (model === undefined) throw invalidTokenizer(`${prefix}model`, "the file has no tokenizer.");
    return model;
  }

  text(key: string): string | undefined {
    return this.optional(key, (value): value is string => typeof value === "string", "a string");
  }

  flag(key: string, fallback: boolean): boolean {
    return (
      this.optional(key, (value): value is boolean => typeof value === "boolean", "true or false") ?? fallback
    );
  }

  /** The ID of a token with a role, such as `bos_token_id`; undefined if there is none. */
  tokenId(key: string): number | undefined {
    const id = this.optional(key, (value): value is number => typeof value === "number", "a token ID");
    return id === undefined || id >= this.tokens.length ? undefined : id;
  }

  get tokens(): readonly string[] {
    const tokens = this.optional("tokens", isListOf("string"), "a list of strings") as string[] | undefined;
    if (tokens === undefined) throw invalidTokenizer(`${prefix}tokens`, "the file has no vocabulary.");
    return tokens;
  }

  get merges(): readonly string[] {
    return (this.optional("merges", isListOf("string"), "a list of strings") as string[] | undefined) ?? [];
  }

  /** One number per token; undefined if the file has none. */
  numbers(key: "scores" | "token_type"): readonly number[] | undefined {
    const numbers = this.optional(key, isListOf("number"), "a list of numbers") as number[] | undefined;
    if (numbers !== undefined && numbers.length !== this.tokens.length) {
      throw invalidTokenizer(prefix + key, `${numbers.length} entries for ${this.tokens.length} tokens.`);
    }
    return numbers;
  }

  /** The bytes of `precompiled_charsmap`. */
  get charsMap(): Uint8Array | undefined {
    const bytes = this.optional("precompiled_charsmap", isListOf("number"), "a list of bytes") as
      | number[]
      | undefined;
    return bytes && Uint8Array.from(bytes);
  }

  private optional<T>(key: string, isRight: (value: unknown) => value is T, what: string): T | undefined {
    const value = this.metadata.get(prefix + key);
    if (value === undefined) return undefined;
    if (!isRight(value)) throw invalidTokenizer(prefix + key, `expected ${what}, got ${typeof value}.`);
    return value;
  }
}

function isListOf(type: "number" | "string") {
  return (value: unknown): value is unknown[] =>
    Array.isArray(value) && value.every((item) => typeof item === type);
}
