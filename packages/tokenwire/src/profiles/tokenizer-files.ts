// The tokenizer of a model folder: tokenizer.json or its compiled form, tekken.json, or a rank file with a known pattern.

import type { JsonObject } from "@tokenwire/core/json";
import {
  createEncoding,
  kimiPattern,
  loadTekken,
  loadTokenizerJson,
  parseTiktoken,
  type RankedToken,
  type Tokenizer,
} from "@tokenwire/core/tokenizer";
import { objectField, stringField, tokenText } from "./json-fields.ts";
import type { ModelFiles } from "./model-files.ts";
import { invalidProfile } from "./profile-error.ts";
import type { Derivations } from "./resolved-profile.ts";

export interface TokenizerSource {
  readonly files: ModelFiles;
  readonly name: string;
  readonly tokenizerConfig: JsonObject;
  /** Texts of the chat templates: added tokens that they write are control tokens. */
  readonly templateTexts: readonly string[];
}

/** Loads the tokenizer from whichever file the folder has. */
export async function readTokenizer(source: TokenizerSource, derivations: Derivations): Promise<Tokenizer> {
  const { files, name } = source;
  for (const file of ["tokenizer.json", "tokenizer.twt"]) {
    const bytes = await files.bytes(file);
    if (bytes === undefined) continue;
    const tokenizer = loadTokenizerJson(bytes, { name, isMarker: markerTest(source.templateTexts) });
    return noted(tokenizer, file, derivations);
  }
  const tekken = await files.bytes("tekken.json");
  if (tekken !== undefined) return noted(loadTekken(tekken, { name }), "tekken.json", derivations);
  for (const file of await files.list()) {
    if (!file.endsWith(".tiktoken") && file !== "tiktoken.model") continue;
    const text = await files.text(file);
    if (text !== undefined) return noted(rankTokenizer(text, file, source), file, derivations);
  }
  throw invalidProfile(
    files.folder,
    "no tokenizer. Accepted: tokenizer.json, tokenizer.twt, tekken.json, tiktoken.model. A SentencePiece tokenizer.model must be converted to tokenizer.json first.",
  );
}

function noted(tokenizer: Tokenizer, from: string, derivations: Derivations): Tokenizer {
  const shown = `${tokenizer.vocabSize} tokens, ${tokenizer.specialTokens.size} of them control tokens`;
  return derivations.note("tokenizer", tokenizer, from, shown);
}

/** An added token is a marker if a chat template writes it. White space is never one. */
export function markerTest(templateTexts: readonly string[]): (content: string) => boolean {
  return (content) => content.trim() !== "" && templateTexts.some((text) => text.includes(content));
}

/** Rank files come without a pattern; the code that uses them has it. */
const kimiReserved = 256;

function rankTokenizer(text: string, file: string, source: TokenizerSource): Tokenizer {
  const { name, tokenizerConfig } = source;
  const kind = stringField(tokenizerConfig, "tokenizer_class") ?? "";
  const automatic = JSON.stringify([...(objectField(tokenizerConfig, "auto_map")?.values() ?? [])]);
  if (!/kimi|TikTokenTokenizer/i.test(`${kind} ${automatic}`)) {
    throw invalidProfile(file, `the pattern of tokenizer class "${kind}" is not known. Known: Kimi's.`);
  }
  const ranks = parseTiktoken(text, file);
  return createEncoding({
    name,
    pattern: kimiPattern,
    ranks,
    specialTokens: kimiSpecials(ranks, tokenizerConfig),
  });
}

/** The IDs that follow the ranks, named by `added_tokens_decoder` or reserved. */
function kimiSpecials(ranks: readonly RankedToken[], tokenizerConfig: JsonObject): Map<string, number> {
  const first = ranks.reduce((next, { id }) => Math.max(next, id + 1), 0);
  const named = objectField(tokenizerConfig, "added_tokens_decoder");
  const specials = new Map<string, number>();
  for (let id = first; id < first + kimiReserved; id++) {
    specials.set(tokenText(named?.get(String(id))) ?? `<|reserved_token_${id}|>`, id);
  }
  return specials;
}
