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
  ["GET", /^\/v1\/models$/, wire.modelList.or(wire.anthropicModelList)],
];

interface StreamRules {
  readonly path: RegExp;
  /** Of a whole stream. */
  readonly whole: (body: string) => unknown;
  /** Of one frame's data. */
  readonly frame: z.ZodType;
}

const streams: readonly StreamRules[] = [
  { path: /^\/v1\/chat\/completions$/, whole: checkChatStream, frame: wire.chatChunk },
  { path: /^\/v1\/completions$/, whole: checkCompletionStream, frame: wire.textCompletion },
  { path: /^\/v1\/messages$/, whole: checkMessageStream, frame: wire.messageEvent },
  {
    path: /^\/v1\/responses(?:\/[^/]+)?$/,
    whole: (body) => checkLifecycle(parseResponseStream(body)),
    frame: wire.responseEvent,
  },
];

/** They tell what does not work in a body of their own. */
const probes = new Set(["/health", "/liveness", "/ready", "/readiness", "/health_generate"]);

const versioned = (path: string): string => (path.startsWith("/v1/") ? path : `/v1${path}`);

/** Raises when an answer is not what its endpoint may send. Endpoints without a public description are left alone. */
export function checkAnswer(
  method: string,
  path: string,
  answer: Response,
  body: string,
  query: URLSearchParams = new URLSearchParams(),
): void {
  const type = answer.headers.get("content-type") ?? "";
  expect(answer.headers.get("x-request-id")).toBeTruthy();
  const address = versioned(path);
  if (probes.has(path)) return;
  if (answer.status >= 400) {
    expect(type).toContain("application/json");
    const shape: z.ZodType = address.startsWith("/v1/messages") ? wire.messageError : wire.error;
    // A refusal by the codec's safety policy has the form that policy describes.
    if (answer.status === 426) return;
    // The parsers add whether they succeeded, as their clients expect.
    const { success: _, ...rest } = JSON.parse(body) as Record<string, unknown>;
    wire.check(shape, rest);
    return;
  }
  if (type.startsWith("text/event-stream")) {
    const rules = streams.find((entry) => entry.path.test(address));
    // Who asks for the events after one gets the end of a stream only.
    if (query.has("starting_after")) checkFrames(rules, body);
    else rules?.whole(body);
    return;
  }
  if (!type.startsWith("application/json")) return;
  const known = schemas.find(([verb, pattern]) => verb === method && pattern.test(address));
  if (known) wire.check(known[2], JSON.parse(body));
}

/** Raises for what a client got of an answer before it left. */
export function checkBeginning(path: string, answer: Response, body: string): void {
  const type = answer.headers.get("content-type") ?? "";
  if (!type.startsWith("text/event-stream")) return;
  const rules = streams.find((entry) => entry.path.test(versioned(path)));
  checkFrames(rules, body.slice(0, body.lastIndexOf("\n\n") + 2));
}

function checkFrames(rules: StreamRules | undefined, body: string): void {
  if (rules === undefined) return;
  for (const frame of body.split("\n\n")) {
    const data = /^data: (.+)$/m.exec(frame)?.[1];
    if (data === undefined || data === "[DONE]") continue;
    const value: unknown = JSON.parse(data);
    if (wire.error.safeParse(value).success) continue;
    wire.check(rules.frame, value);
  }
}
