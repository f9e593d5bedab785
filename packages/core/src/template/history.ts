// Marks what the assistant said in earlier turns.

import { history, textOf } from "./text.ts";
import type { Value } from "./values.ts";

const fields = ["content", "reasoning_content", "reasoning", "thinking"];

/** Replaces the assistant's messages in the context by copies with marked text. */
export function markHistory(context: Map<string, Value>): void {
  const messages = context.get("messages");
  if (!Array.isArray(messages)) return;
  context.set(
    "messages",
    messages.map((message) => {
      if (!(message instanceof Map) || message.get("role") !== "assistant") return message;
      const copy = new Map(message);
      for (const field of fields) {
        const value = copy.get(field);
        if (value !== undefined) copy.set(field, marked(value));
      }
      return copy;
    }),
  );
}

/** A string, or the texts of a list of parts. */
function marked(value: Value): Value {
  if (typeof value === "string") return textOf(value, history, false);
  if (!Array.isArray(value)) return value;
  return value.map((part) => {
    if (!(part instanceof Map)) return part;
    const text = part.get("text");
    return typeof text === "string" ? new Map([...part, ["text", textOf(text, history, false)]]) : part;
  });
}
