// `usage` objects of OpenAI-style answers.

import type { Usage } from "../engine.ts";
import type { Piece } from "./dialect.ts";
import { asNumber, asObject } from "./json-view.ts";

export function usagePieces(value: unknown): Piece[] {
  const usage = asObject(value);
  const entries = Object.entries({
    promptTokens: asNumber(usage["prompt_tokens"]),
    completionTokens: asNumber(usage["completion_tokens"]),
    cachedTokens:
      asNumber(asObject(usage["prompt_tokens_details"])["cached_tokens"]) ?? asNumber(usage["cached_tokens"]),
    reasoningTokens: asNumber(usage["reasoning_tokens"]),
  }).filter(([, count]) => count !== undefined);
  return entries.length === 0
    ? []
    : [{ type: "usage", usage: Object.fromEntries(entries) as Partial<Usage> }];
}
