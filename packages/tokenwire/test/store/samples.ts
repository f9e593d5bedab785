// Objects to store.

import type { ResponseItem, ResponseObject } from "../../src/protocol/index.ts";
import type { StoredChat, StoredResponse } from "../../src/store/index.ts";

export function response(id: string, status: ResponseObject["status"] = "completed"): StoredResponse {
  return {
    response: {
      id,
      object: "response",
      created_at: 1,
      completed_at: null,
      status,
      incomplete_details: null,
      model: "m",
      output: [],
      error: null,
      usage: null,
      text: "é🐔'; DROP TABLE responses; --",
    },
    input: [item("msg_1")],
    previousId: null,
  };
}

export function chat(id: string, metadata: Record<string, string> = {}, model = "m"): StoredChat {
  const completion = { id, object: "chat.completion", model, metadata, text: "é🐔'; DROP TABLE chats; --\0" };
  return { completion, messages: [{ id: `${id}-0`, role: "user", content: "hi" }] };
}

export const item = (id: string): ResponseItem => ({ id, type: "message", role: "user", content: id });
