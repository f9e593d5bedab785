// One message: an immutable value with builders. Reading the wire form is in `conversation.ts`, so that a parser can be
// shipped without it.

import type { Content, ContentJson } from "./content.ts";
import { TextContent } from "./text-content.ts";

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
