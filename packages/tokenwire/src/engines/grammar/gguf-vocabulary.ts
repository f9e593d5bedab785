// The vocabulary that a model file lists, for grammars.

import { readGguf } from "@tokenwire/core/gguf";
import { EngineError } from "../engine.ts";
import type { GrammarVocabulary } from "./xgrammar-compiler.ts";

/** Rows of a GGUF file: their texts, and their IDs where the file maps rows to a larger vocabulary. */
export function ggufVocabulary(model: Uint8Array): GrammarVocabulary {
  const metadata = readGguf(model)?.metadata;
  const texts = metadata?.get("tokenizer.ggml.tokens");
  if (!Array.isArray(texts))
    throw new EngineError("unsupported", "The model file lists no tokens, so nothing can be constrained.");
  const rowIds = metadata?.get("tokenwire.row_ids");
  const ids = Array.isArray(rowIds) ? rowIds.map(Number) : texts.map((_, row) => row);
  return { texts: texts.map(String), ids };
}
