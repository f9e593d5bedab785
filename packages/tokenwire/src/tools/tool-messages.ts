// Tool calls and results as harmony messages.

import { Message } from "@tokenwire/core/harmony";
import type { ToolCall } from "./tool.ts";

/** The call that an assistant message with a recipient makes. */
export function callOf(message: Message, functionName: string): ToolCall {
  return { function: functionName, arguments: message.text };
}

/**
 * The answer to a call: from the tool to the assistant, on the channel of the call.
 *
 * @param recipient The call's recipient after routing, which becomes the author's name.
 */
export function toolResultMessage(call: Message, recipient: string, text: string): Message {
  return new Message({
    role: "tool",
    name: recipient,
    recipient: "assistant",
    channel: call.channel ?? "commentary",
    content: text,
  });
}
