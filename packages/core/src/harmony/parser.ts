// The parser without the encoder: for pages and services that only read a model's output. It needs the bytes of the
// tokens, and none of the tables that encoding needs.

export type { HarmonyEvent } from "./events.ts";
export { HarmonyError } from "./harmony-error.ts";
export type { FinishOptions, ParseMode, ParserOptions } from "./streamable-parser.ts";
export { StreamableParser } from "./streamable-parser.ts";
export { TokenTable, tokenTableFromBytes } from "./token-table.ts";
