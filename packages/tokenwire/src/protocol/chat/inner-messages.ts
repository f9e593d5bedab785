// The messages between a request and its answer where the server ran calls by itself. A chat client knows nothing of
// those calls: the answer carries them along, and who sends it back as it came sends them back too.

import type { ConversationMessage } from "../conversation.ts";

/** Where an assistant message keeps what came before it. */
export const innerMessagesKey = "tokenwire:messages";

interface InnerCall {
  readonly id: string;
  readonly type: "function";
  readonly function: { readonly name: string; readonly arguments: string };
}

/** An answer with calls that ran on the server, or the result of one: a message as any client could send it. */
export type InnerMessage =
  | {
      readonly role: "assistant";
      readonly content: string | null;
      readonly reasoning?: string;
      readonly tool_calls: readonly InnerCall[];
    }
  | { readonly role: "tool"; readonly tool_call_id: string; readonly content: string };

/** As a client may see them. */
export function shownMessages(messages: readonly InnerMessage[], withReasoning: boolean): readonly object[] {
  if (withReasoning) return messages;
  return messages.map((message) => {
    if (message.role === "tool") return message;
    const { reasoning: _, ...rest } = message;
    return rest;
  });
}

/** As a client would have sent it. */
export function toConversationMessage(message: InnerMessage): ConversationMessage {
  if (message.role === "tool") {
    return { role: "tool", content: message.content, toolCallId: message.tool_call_id };
  }
  const { role, content, reasoning, tool_calls: calls } = message;
  const toolCalls = calls.map(({ id, function: called }) => ({ id, ...called }));
  return { role, content, ...(reasoning !== undefined && { reasoning }), toolCalls };
}

/**
 * An answer that was sent back, with what came before it. Clients saw one message: what the inner ones say is the
 * beginning of its text and of its reasoning.
 *
 * @example
 * ```ts
 * // [{ "I look.", calls }, { result }], { "I look. It is 42." }
 * //   → [{ "I look.", calls }, { result }, { " It is 42." }]
 * ```
 */
export function unfoldMessage(
  inner: readonly ConversationMessage[],
  message: ConversationMessage,
): ConversationMessage[] {
  const said = inner.map(({ role, content }) =>
    role === "assistant" && typeof content === "string" ? content : "",
  );
  const thought = inner.map(({ reasoning = "" }) => reasoning);
  const content =
    typeof message.content === "string" ? withoutStart(message.content, said.join("")) : message.content;
  const reasoning = message.reasoning && withoutStart(message.reasoning, thought.join(""));
  const { reasoning: _, ...rest } = message;
  const last = { ...rest, content, ...(reasoning && { reasoning }) };
  const isEmpty = !content && !reasoning && message.toolCalls === undefined;
  return isEmpty ? [...inner] : [...inner, last];
}

const withoutStart = (text: string, start: string): string =>
  text.startsWith(start) ? text.slice(start.length) : text;
