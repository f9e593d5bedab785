// What a parser reads with.

import type { Tokenizer } from "../tokenizer/index.ts";
import type { TokenTable } from "./token-table.ts";

/** The bytes of tokens and, if there is one, an encoder. */
export interface ParserVocabulary {
  readonly tokenTable: TokenTable;
  readonly tokenizer?: Tokenizer | undefined;
}
