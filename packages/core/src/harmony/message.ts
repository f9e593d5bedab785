// Messages and conversations: immutable values with builders, and the flattened JSON wire form.

import { parseJson } from "../json/index.ts";
import { type Content, type ContentJson, contentFromJson, TextContent } from "./content.ts";
import { HarmonyError } from "./harmony-error.ts";
import { member } from "./json-view.ts";
import { expectObject, invalidType, optionalString, requiredMember, variant } from "./wire-reader.ts";

export type Role = "user" | "assistant" | "system" | "developer" | "tool";
export const roles: readonly Role[] = ["user", "assistant", "system", "developer", "tool"];

/** Who wrote a message. A tool's name stands in place of the role word; others show as `role:name`. */
export interface Author {
  readonly role: Role;
  readonly name?: string | undefined;
}

export interface MessageFields extends Author {
  /** A string stands for one text part. */
  readonly content: string | readonly (string | Content)[];
  readonly recipient?: string | undefined;
  readonly channel?: string | undefined;
  readonly contentType?: string | undefined;
}

/** The wire form. `content` is a plain string when it is exactly one text part. */
export interface MessageJson {
  role: Role;
  name?: string;
  recipient?: string;
  content: string | ContentJson[];
  channel?: string;
  content_type?: string;
}

/**
 * One message. Immutable: every `with…` returns a changed copy.
 *
 * @example Message.fromRoleAndContent("assistant", '{"city":"Oslo"}')
 *   .withChannel("commentary").withRecipient("functions.get_weather").withContentType("<|constrain|>json")
 */
export class Message {
  readonly role: Role;
  readonly name: string | undefined;
  readonly recipient: string | undefined;
  readonly content: readonly Content[];
  readonly channel: string | undefined;
  readonly contentType: string | undefined;

  constructor(fields: MessageFields) {
    const { content } = fields;
    this.role = fields.role;
    this.name = fields.name;
    this.recipient = fields.recipient;
    this.content = typeof content === "string" ? [new TextContent(content)] : content.map(toContent);
    this.channel = fields.channel;
    this.contentType = fields.contentType;
  }

  static fromRoleAndContent(role: Role, content: string | Content): Message {
    return new Message({ role, content: [content] });
  }

  static fromRoleAndContents(role: Role, contents: readonly (string | Content)[]): Message {
    return new Message({ role, content: contents });
  }

  static fromAuthorAndContent(author: Author, content: string | Content): Message {
    return new Message({ role: author.role, name: author.name, content: [content] });
  }

  get author(): Author {
    return this.name === undefined ? { role: this.role } : { role: this.role, name: this.name };
  }

  /** All text parts in one string; system and developer parts are left out. */
  get text(): string {
    const [only] = this.content;
    if (this.content.length === 1 && only?.type === "text") return only.text;
    return this.content.map((part) => (part.type === "text" ? part.text : "")).join("");
  }

  addingContent(content: string | Content): Message {
    return new Message({ ...this, content: [...this.content, content] });
  }

  withChannel(channel: string): Message {
    return new Message({ ...this, channel });
  }

  withRecipient(recipient: string): Message {
    return new Message({ ...this, recipient });
  }

  withContentType(contentType: string): Message {
    return new Message({ ...this, contentType });
  }

  /**
   * Reads the wire form, as text or as a value.
   *
   * @throws HarmonyError invalid-message with the path of the fault
   */
  static fromJSON(json: unknown): Message {
    return fromWire("invalid-message", "invalid message JSON", json, (value) => readMessage(value, "$"));
  }

  toJSON(): MessageJson {
    const { role, name, recipient, channel, contentType } = this;
    const [only] = this.content;
    const plain = this.content.length === 1 && only?.type === "text";
    return {
      role,
      ...(name !== undefined && { name }),
      ...(recipient !== undefined && { recipient }),
      content: plain ? only.text : this.content.map((part) => part.toJSON()),
      ...(channel !== undefined && { channel }),
      ...(contentType !== undefined && { content_type: contentType }),
    };
  }
}

function toContent(content: string | Content): Content {
  return typeof content === "string" ? new TextContent(content) : content;
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
