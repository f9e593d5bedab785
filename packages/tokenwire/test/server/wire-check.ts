// Checks any answer of the server against what its endpoint may send.

import { expect } from "vitest";
import type { z } from "zod";
import { checkLifecycle, parseResponseStream } from "./lifecycle.ts";
import { checkChatStream, checkCompletionStream, checkMessageStream } from "./stream-rules.ts";
import * as wire from "./wire-schemas.ts";

const schemas: readonly (readonly [method: string, path: RegExp, schema: z.ZodType])[] = [
  ["POST", /^\/v1\/chat\/completions$/, wire.chatCompletion],
  ["GET", /^\/v1\/chat\/completions$/, wire.storedChatList],
  ["GET", /^\/v1\/chat\/completions\/[^/]+\/messages$/, wire.storedMessageList],
  ["GET", /^\/v1\/chat\/completions\/[^/]+$/, wire.storedChat],
  ["POST", /^\/v1\/completions$/, wire.textCompletion],
  ["POST", /^\/v1\/responses$/, wire.response],
  ["POST", /^\/v1\/responses\/input_tokens$/, wire.inputTokens],
  ["POST", /^\/v1\/responses\/compact$/, wire.compacted],
  ["POST", /^\/v1\/responses\/[^/]+\/cancel$/, wire.response],
  ["GET", /^\/v1\/responses\/[^/]+\/input_items$/, wire.itemList],
  ["GET", /^\/v1\/responses\/[^/]+$/, wire.response],
  ["DELETE", /^\/v1\/responses\/[^/]+$/, wire.deletedResponse],
  ["POST", /^\/v1\/conversations(?:\/[^/]+)?$/, wire.conversation],
  ["GET", /^\/v1\/conversations\/[^/]+$/, wire.conversation],
  ["GET", /^\/v1\/conversations\/[^/]+\/items$/, wire.itemList],
  ["POST", /^\/v1\/conversations\/[^/]+\/items$/, wire.itemList],
  ["POST", /^\/v1\/embeddings$/, wire.embeddings],
  ["POST", /^\/v1\/messages$/, wire.message],
  ["POST", /^\/v1\/messages\/count_tokens$/, wire.messageTokens],
  ["GET", /^\/v1\/models$/, wire.modelList],
];

const streams: Readonly<Record<string, (body: string) => unknown>> = {
  "/v1/chat/completions": checkChatStream,
  "/v1/completions": checkCompletionStream,
  "/v1/messages": checkMessageStream,
  "/v1/responses": (body) => checkLifecycle(parseResponseStream(body)),
};

/** Raises when an answer is not what its endpoint may send. Endpoints without a public description are left alone. */
export function checkAnswer(method: string, path: string, answer: Response, body: string): void {
  const type = answer.headers.get("content-type") ?? "";
  expect(answer.headers.get("x-request-id")).toBeTruthy();
  if (answer.status >= 400) {
    expect(type).toContain("application/json");
    const shape: z.ZodType = path.startsWith("/v1/messages") ? wire.messageError : wire.error;
    // The parsers add whether they succeeded, as their clients expect.
    const { success: _, ...rest } = JSON.parse(body) as Record<string, unknown>;
    wire.check(shape, rest);
    return;
  }
  if (type.startsWith("text/event-stream")) {
    streams[path]?.(body);
    return;
  }
  const known = schemas.find(([verb, pattern]) => verb === method && pattern.test(path));
  if (known) wire.check(known[2], JSON.parse(body));
}
