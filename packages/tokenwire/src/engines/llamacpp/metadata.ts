// What the engine needs of a GGUF file's metadata, as the binding has read it.

import type { TokenId } from "../engine.ts";
import type { GrammarVocabulary } from "../grammar/index.ts";

export interface ModelFacts {
  readonly name: string | undefined;
  /** Texts of all tokens, as the file spells them. */
  readonly tokens: readonly string[];
  readonly eosTokenIds: readonly TokenId[];
  readonly bosTokenId: TokenId | undefined;
  /** The temperature that the model's maker recommends. */
  readonly temperature: number | undefined;
  /** For grammars; undefined where the vocabulary is not byte-level. */
  readonly vocabulary: GrammarVocabulary | undefined;
}

/** The facts of a model. Ending tokens are the file's `eos` and `eot`: what llama.cpp guesses from texts is not asked. */
export function readFacts(metadata: unknown): ModelFacts {
  const get = (...path: readonly string[]): unknown => {
    let value = metadata;
    for (const name of path) value = (value as Record<string, unknown> | null | undefined)?.[name];
    return value;
  };
  const id = (name: string): TokenId | undefined => {
    const value = get("tokenizer", "ggml", `${name}_token_id`);
    return value === undefined || value === null ? undefined : Number(value);
  };
  const name = get("general", "name");
  const listed = get("tokenizer", "ggml", "tokens");
  const tokens = Array.isArray(listed) ? listed.map(String) : [];
  // In harmony `<|end|>` closes a message, not the answer, whatever a file says.
  const ends = [id("eos"), id("eot")].filter((end) => end !== undefined && tokens[end] !== "<|end|>");
  const temperature = get("general", "sampling", "temp");
  const byteLevel = get("tokenizer", "ggml", "model") === "gpt2";
  return {
    name: typeof name === "string" ? name : undefined,
    tokens,
    eosTokenIds: [...new Set(ends)] as TokenId[],
    bosTokenId: id("bos"),
    temperature: typeof temperature === "number" && temperature >= 0 ? temperature : undefined,
    vocabulary: byteLevel ? { texts: tokens, ids: tokens.map((_, row) => row) } : undefined,
  };
}
