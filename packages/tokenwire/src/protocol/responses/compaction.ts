// Compaction: a conversation made shorter. What users said stays as it is; what came of it becomes an opaque item that
// holds the model's own summary, and is accepted as input later.

import { z } from "zod";
import { newId, unixSeconds } from "../ids.ts";
import type { TokenUsage } from "../usage.ts";
import type { ResponseItem } from "./items.ts";
import { type ResponseUsage, toResponseUsage } from "./object.ts";

export const compactionType = "compaction";

export const compactionItem: z.ZodType = z.looseObject({
  type: z.literal(compactionType),
  encrypted_content: z.string().min(1),
});

/** What the model is asked at the end of the conversation. */
export const summaryRequest: string =
  "Summarize this conversation for yourself, to go on with it when it is no longer in front of you. Keep the goals, the decisions, the facts, the results of tools with their exact names and numbers, and what is left to do. Write the summary and nothing else.";

/** How a summary stands in a later prompt. */
export function summaryText(summary: string): string {
  return `Summary of the conversation so far:\n\n${summary}`;
}

/** Answer of `POST /v1/responses/compact`. */
export interface CompactedResponse {
  readonly id: string;
  readonly object: "response.compaction";
  readonly created_at: number;
  readonly output: readonly ResponseItem[];
  readonly usage: ResponseUsage;
}

/**
 * The compacted conversation.
 *
 * @param sealed the summary as only the server can read it
 */
export function toCompacted(
  items: readonly ResponseItem[],
  sealed: string,
  usage: TokenUsage,
): CompactedResponse {
  const said = items.filter(({ type, role }) => type === "message" && role === "user");
  const compaction: ResponseItem = {
    id: newId("cmp_"),
    type: compactionType,
    encrypted_content: sealed,
  };
  return {
    id: newId("resp_"),
    object: "response.compaction",
    created_at: unixSeconds(),
    output: [...said, compaction],
    usage: toResponseUsage(usage),
  };
}
