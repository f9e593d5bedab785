// Items whose text clients carry for us without being able to read or change it: reasoning, and summaries of
// conversations.

import { compactionType, invalidRequest, type ResponseItem } from "../../protocol/index.ts";
import type { Seal } from "../seal.ts";

/** Sealed together with a summary, so that no other sealed text passes for one. */
const mark = "compaction\n";

export function sealSummary(seal: Seal, summary: string): string {
  return seal.seal(mark + summary);
}

/** Raises 400 `invalid_encrypted_content` for anything else. */
function openSummary(seal: Seal, sealed: string, path: string): string {
  const text = seal.open(sealed, path);
  if (text.startsWith(mark)) return text.slice(mark.length);
  throw invalidRequest(path, `${path}: this is no compaction.`, "invalid_encrypted_content");
}

/**
 * The items with their texts.
 *
 * @param field where they are in the request, for errors
 */
export function unsealItems(seal: Seal, items: readonly ResponseItem[], field: string): ResponseItem[] {
  return items.map((item, index) => {
    const sealed = item["encrypted_content"];
    if (typeof sealed !== "string") return item;
    const path = `${field}[${index}].encrypted_content`;
    if (item.type === compactionType) return { ...item, summary: openSummary(seal, sealed, path) };
    const content = item["content"] as readonly unknown[] | undefined;
    if (item.type !== "reasoning" || (content?.length ?? 0) > 0) return item;
    return { ...item, content: [{ type: "reasoning_text", text: seal.open(sealed, path) }] };
  });
}
