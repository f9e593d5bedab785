// Loads a Hugging Face tokenizer.json.
// Format: https://huggingface.co/docs/tokenizers (the serialised form of a Tokenizer).

import { type AddedToken, readAddedTokens } from "./added-tokens.ts";
import { controlTokenTest } from "./control-tokens.ts";
import { readDecoder } from "./decoders/index.ts";
import { HuggingFaceTokenizer } from "./huggingface-tokenizer.ts";
import type { JsonNode } from "./json-node.ts";
import { readModel, ScoredTokens, TokenVocabulary } from "./models/index.ts";
import { readNormalizer } from "./normalizers/index.ts";
import { parseTokenizerFile } from "./parse-file.ts";
import { readPostProcessors } from "./postprocessors/index.ts";
import { readPreTokenizers } from "./pretokenizers/index.ts";

export interface LoadTokenizerOptions {
  /** The tokenizer's `name`. Default: `"tokenizer.json"`. */
  readonly name?: string;
  /** Whether an added token is a control token although the file does not mark it special. */
  readonly isMarker?: (content: string) => boolean;
}

/**
 * The tokenizer that a tokenizer.json describes, or what `compileTokenizerJson` has made of one. `truncation` and
 * `padding` in the file are not applied.
 *
 * @throws TokenwireError UNSUPPORTED_TOKENIZER naming a component that is not implemented and its path in the file;
 *   INVALID_TOKENIZER where the file contradicts itself
 * @example
 * const tokenizer = loadTokenizerJson(readFileSync("tokenizer.json"));
 * tokenizer.encodeOrdinary("hello world");   // Uint32Array [ 15339, 1917 ]
 */
export function loadTokenizerJson(
  json: string | Uint8Array,
  options: LoadTokenizerOptions = {},
): HuggingFaceTokenizer {
  const root = parseTokenizerFile(json);
  const addedTokens = readAddedTokens(root.child("added_tokens"));
  const isControl = controlTokenTest({
    isMarker: options.isMarker,
    inVocabulary: vocabularyTest(root.child("model").child("vocab")),
  });
  return new HuggingFaceTokenizer({
    name: options.name ?? "tokenizer.json",
    addedTokens,
    isControl,
    normalizer: readNormalizer(root.child("normalizer")),
    preTokenizers: readPreTokenizers(root.child("pre_tokenizer")),
    model: readModel(root.child("model"), reservedIds(addedTokens, isControl)),
    postProcessors: readPostProcessors(root.child("post_processor")),
    decoder: readDecoder(root.child("decoder")),
  });
}

/** IDs that the model must not make out of text: whoever wants a control token allows it by name. */
function reservedIds(
  tokens: readonly AddedToken[],
  isControl: (token: AddedToken) => boolean,
): ReadonlySet<number> {
  return new Set(tokens.filter(isControl).map((token) => token.id));
}

/** Whether a text is a token of the base vocabulary, whichever form that has. Reading the model checks the form. */
function vocabularyTest(vocab: JsonNode): (content: string) => boolean {
  const { value } = vocab;
  const compiled = value instanceof ScoredTokens ? value.vocabulary : value;
  if (compiled instanceof TokenVocabulary) return (content) => compiled.idOf(content) !== undefined;
  if (Array.isArray(value)) {
    const tokens = new Set(
      (value as unknown[]).map((entry) => (Array.isArray(entry) ? entry[0] : undefined)),
    );
    return (content) => tokens.has(content);
  }
  return (content) => typeof value === "object" && value !== null && Object.hasOwn(value, content);
}
