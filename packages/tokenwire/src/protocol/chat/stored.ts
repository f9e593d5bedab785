// What is kept of a chat completion with `store: true`: the answer with the request's settings, and the messages.

import type { RequestBody } from "../body.ts";
import { toWireJson } from "../wire-json.ts";
import type { ChatCompletion } from "./collect.ts";

/** Fields of the request that a stored completion repeats; null where they were left out. */
const repeated = [
  "tool_choice",
  "tools",
  "seed",
  "top_p",
  "temperature",
  "presence_penalty",
  "frequency_penalty",
  "response_format",
] as const;

/** The completion as it is listed later. */
export function toStoredCompletion(
  completion: ChatCompletion,
  body: RequestBody,
  requestId: string,
): Pick<ChatCompletion, "id" | "model"> & { metadata: Record<string, string>; [field: string]: unknown } {
  const settings = repeated.map((field) => [field, plain(body[field] ?? null)]);
  return {
    ...completion,
    ...Object.fromEntries(settings),
    request_id: requestId,
    input_user: body["user"] ?? null,
    metadata: (body["metadata"] ?? {}) as Record<string, string>,
  };
}

/** The messages of the request, each with an id of its own. */
export function toStoredMessages(
  body: RequestBody,
  completionId: string,
): ({ readonly id: string } & Record<string, unknown>)[] {
  const messages = plain(body["messages"] ?? []) as readonly Record<string, unknown>[];
  return messages.map((message, index) => {
    const { content } = message;
    return {
      ...message,
      id: `${completionId}-${index}`,
      content: typeof content === "string" ? content : null,
      content_parts: Array.isArray(content) ? content : null,
    };
  });
}

/** Schemas are kept lossless in a request; what is stored is plain JSON. */
function plain(value: unknown): unknown {
  if (value instanceof Map) return toWireJson(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]));
}
