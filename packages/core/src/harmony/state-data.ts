// A parser's state in openai-harmony's form.

import { CompatText } from "./compat-text.ts";
import type { Role } from "./message.ts";
import type { ParserCore } from "./parser-core.ts";
import type { ParserVocabulary } from "./parser-vocabulary.ts";

export type StateData =
  | { readonly state: "ExpectStart" }
  | { readonly state: "Header"; readonly header_tokens: number[] }
  | {
      readonly state: "Content";
      readonly header: {
        readonly author: { readonly role: Role; readonly name?: string };
        readonly recipient: string | null;
        readonly channel: string | null;
        readonly content_type: string | null;
      };
      /** Not the ids fed: the text of each delta, encoded by itself. Null without an encoder. */
      readonly content_tokens: number[] | null;
    };

export function stateData(core: ParserCore, vocabulary: ParserVocabulary): StateData {
  const { state, header } = core;
  if (state === "Header") return { state, header_tokens: [...core.headerTokens] };
  if (state === "ExpectStart" || header === undefined) return { state: "ExpectStart" };
  const { role, name, recipient = null, channel = null, contentType: content_type = null } = header;
  const author = name === undefined ? { role } : { role, name };
  return {
    state,
    header: { author, recipient, channel, content_type },
    content_tokens: contentTokens(core, vocabulary),
  };
}

function contentTokens(core: ParserCore, { tokenTable, tokenizer }: ParserVocabulary): number[] | null {
  if (tokenizer === undefined) return null;
  const ids: number[] = [];
  const decoder = new CompatText();
  for (const id of core.log.tokens.view(core.contentStart)) {
    const piece = decoder.push(tokenTable.bytes(id));
    if (piece === undefined) continue;
    for (const text of [piece.text, piece.replacement]) {
      if (text !== "") ids.push(...tokenizer.encodeOrdinary(text));
    }
  }
  return ids;
}
