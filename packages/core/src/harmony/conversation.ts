// Conversations, and the JSON wire form of messages.

import { parseJson } from "../json/index.ts";
import { type Content, contentFromJson } from "./content.ts";
import { HarmonyError } from "./harmony-error.ts";
import { member } from "./json-view.ts";
import { type MessageJson, Message as MessageValue, type Role, roles } from "./message.ts";
import { expectObject, invalidType, optionalString, requiredMember, variant } from "./wire-reader.ts";

export type Message = MessageValue;

/** The class, and how its wire form is read. */
export const Message: typeof MessageValue & MessageReader = Object.assign(MessageValue, {
  fromJSON: (json: unknown): MessageValue =>
    fromWire("invalid-message", "invalid message JSON", json, (value) => readMessage(value, "$")),
});

export interface MessageReader {
  /**
   * Reads the wire form, as text or as a value.
   *
   * @throws HarmonyError invalid-message with the path of the fault
   */
  fromJSON(json: unknown): MessageValue;
}

/** A message, or its wire form. */
export type MessageLike = Message | MessageJson;

/** Anything that holds a conversation: the class, a list of messages, or the wire form. */
export type ConversationLike =
  | Conversation
  | readonly MessageLike[]
  | { readonly messages: readonly unknown[] };

/** A sequence of messages. */
export class Conversation {
  readonly messages: readonly Message[];

  constructor(messages: readonly Message[]) {
    this.messages = messages;
  }

  static fromMessages(messages: readonly MessageLike[]): Conversation {
    return new Conversation(messages.map(toMessage));
  }

  /**
   * Reads `{"messages": […]}`, as text or as a value.
   *
   * @throws HarmonyError invalid-conversation with the path of the fault
   */
  static fromJSON(json: unknown): Conversation {
    return fromWire("invalid-conversation", "invalid conversation JSON", json, (value) => {
      const object = expectObject(value, "$", "struct Conversation");
      const messages = requiredMember(object, "messages", "$");
      if (!Array.isArray(messages)) return invalidType("$.messages", messages, "a sequence");
      return new Conversation(
        messages.map((message, index) =>
          message instanceof Message ? message : readMessage(message, `$.messages[${index}]`),
        ),
      );
    });
  }

  toJSON(): { messages: MessageJson[] } {
    return { messages: this.messages.map((message) => message.toJSON()) };
  }
}

/** The message itself, or the one whose wire form is given. */
export function toMessage(message: MessageLike): Message {
  return message instanceof Message ? message : Message.fromJSON(message);
}

/** The messages of any form of conversation. */
export function messagesOf(conversation: ConversationLike): readonly Message[] {
  if (conversation instanceof Conversation) return conversation.messages;
  return Conversation.fromJSON("messages" in conversation ? conversation : { messages: conversation })
    .messages;
}

/**
 * The role of this name.
 *
 * @throws HarmonyError unknown-role
 */
export function toRole(name: string): Role {
  const role = roles.find((known) => known === name);
  if (role !== undefined) return role;
  throw new HarmonyError("unknown-role", `unknown role: ${name}`, { text: name });
}

function readMessage(json: unknown, path: string): Message {
  const value = expectObject(json, path, "struct Message");
  const role = variant(requiredMember(value, "role", path), `${path}.role`, roles, "string or map");
  const content = member(value, "content");
  if (content === undefined) requiredMember(value, "content", path);
  return new Message({
    role,
    name: optionalString(value, "name", path),
    recipient: optionalString(value, "recipient", path),
    content: readContent(content, `${path}.content`),
    channel: optionalString(value, "channel", path),
    contentType: optionalString(value, "content_type", path),
  });
}

function readContent(content: unknown, path: string): string | Content[] {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return invalidType(path, content, "string or list of content");
  return content.map((part, index) => contentFromJson(part, `${path}[${index}]`));
}

/** Runs `read` on a value or JSON text, and puts prefix and path into the message of its error. */
function fromWire<T>(
  code: "invalid-message" | "invalid-conversation",
  prefix: string,
  json: unknown,
  read: (value: unknown) => T,
): T {
  try {
    return read(typeof json === "string" ? parseJson(json) : json);
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    const path = cause instanceof HarmonyError ? cause.path : undefined;
    const where = path === undefined ? "" : ` (at ${path})`;
    throw new HarmonyError(code, `${prefix}: ${cause.message}${where}`, { cause, path });
  }
}
