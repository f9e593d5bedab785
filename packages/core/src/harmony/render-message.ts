// One message as tokens.

import type { Content } from "./content.ts";
import { HarmonyError } from "./harmony-error.ts";
import type { Message, Role } from "./message.ts";
import { developerText, type SchemaRenderer, systemText } from "./sections.ts";
import type { TokenSink } from "./token-sink.ts";
import { callToken, channelToken, constrainToken, endToken, messageToken, startToken } from "./tokens.ts";

/** How headers of assistant messages are written. */
export interface HeaderStyle {
  /** `recipient-first` is what openai-harmony writes, `channel-first` what gpt-oss itself emits. */
  readonly headerOrder: "recipient-first" | "channel-first";
  /** Content type of calls: as the message has it, or always the plain word, or always the constrained form. */
  readonly callContentType: "as-given" | "json" | "constrain-json";
}

export interface MessageContext {
  readonly hasFunctionTools: boolean;
  readonly style: HeaderStyle;
  readonly schemaText?: SchemaRenderer | undefined;
}

const constrainText = "<|constrain|>";

/**
 * Writes `message` to `sink`: header, content parts, terminator.
 *
 * @throws HarmonyError render, when a tool has no name or a content part stands in the wrong role
 */
export function renderMessage(sink: TokenSink, message: Message, context: MessageContext): void {
  sink.marker(startToken, "start");
  renderAuthor(sink, message);
  renderRoute(sink, message, context.style);
  const contentType = contentTypeOf(message, context.style);
  if (contentType !== undefined) renderContentType(sink, contentType);
  sink.marker(messageToken, "marker");
  message.content.forEach((part, index) => {
    sink.content(contentText(part, message.role, context), index, part.type === "system_content");
  });
  sink.marker(terminatorOf(message), "terminator");
}

/** A message to someone ends in a call even when that someone is `all`, which the header does not show. */
export function terminatorOf(message: Message): number {
  return message.role === "assistant" && message.recipient !== undefined ? callToken : endToken;
}

function renderAuthor(sink: TokenSink, message: Message): void {
  const { role, name } = message;
  if (role !== "tool") {
    sink.word(role, "role");
    if (name !== undefined) sink.word(`:${name}`, "name");
    return;
  }
  if (name === undefined) throw new HarmonyError("render", "Tools should have a name!");
  sink.word(name, "name");
}

function renderRoute(sink: TokenSink, message: Message, style: HeaderStyle): void {
  const { recipient, channel } = message;
  const to = recipient !== undefined && recipient !== "all" ? ` to=${recipient}` : undefined;
  const channelFirst = style.headerOrder === "channel-first" && message.role === "assistant";
  if (to !== undefined && !channelFirst) sink.word(to, "recipient");
  if (channel !== undefined) {
    sink.marker(channelToken, "marker");
    sink.word(channel, "channel");
  }
  if (to !== undefined && channelFirst) sink.word(to, "recipient");
}

function contentTypeOf(message: Message, style: HeaderStyle): string | undefined {
  const isCall = message.role === "assistant" && message.recipient !== undefined;
  if (!isCall || style.callContentType === "as-given") return message.contentType;
  return style.callContentType === "json" ? "json" : `${constrainText}json`;
}

/** Only a marker at the very beginning is a special token; further inside, its text is plain text. */
function renderContentType(sink: TokenSink, contentType: string): void {
  if (!contentType.startsWith(constrainText)) {
    sink.word(` ${contentType}`, "content_type");
    return;
  }
  sink.word(" ", "content_type");
  sink.marker(constrainToken, "content_type");
  const rest = contentType.slice(constrainText.length);
  if (rest !== "") sink.word(rest, "content_type");
}

function contentText(part: Content, role: Role, context: MessageContext): string {
  switch (part.type) {
    case "text":
      return part.text;
    case "system_content":
      if (role !== "system") throw misplaced("SystemContent", "system", role);
      return systemText(part, context.hasFunctionTools, context.schemaText);
    case "developer_content":
      if (role !== "developer") throw misplaced("DeveloperContent", "developer", role);
      return developerText(part, context.schemaText);
  }
}

function misplaced(part: string, wanted: Role, role: Role): HarmonyError {
  const found = role[0]!.toUpperCase() + role.slice(1);
  return new HarmonyError("render", `${part} may only appear in ${wanted} messages, found in ${found}`);
}
