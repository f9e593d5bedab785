// Whether a header, once rendered, can be read back to the same fields.

import {
  channelWords,
  doubledRole,
  gluedChannel,
  isPlainWord,
  isTypeWord,
  longestHeader,
  namedRole,
  roleWord,
} from "./header-words.ts";
import type { Reporter } from "./lint-finding.ts";
import type { Message } from "./message.ts";
import { isUnicodeSpace } from "./white-space.ts";

export function lintHeader(message: Message, report: Reporter): void {
  lintName(message, report);
  lintRecipient(message, report);
  const { channel } = message;
  if (channel !== undefined && (channel === "" || channel.includes("<") || hasSpace(channel))) {
    report("channel-unreadable", "channel", `${quote(channel)} cannot be read back: use a word without "<".`);
  }
  lintContentType(message, report);
}

function lintName({ role, name }: Message, report: Reporter): void {
  if (name === undefined) {
    if (role === "tool")
      report("tool-without-name", "name", "A tool message needs the tool's name.", "error");
    return;
  }
  const word = role === "tool" ? name : `${role}:${name}`;
  const readable = role === "tool" ? isToolWord(name) : isPlainWord(word);
  if (!readable) {
    report(
      "name-unreadable",
      "name",
      `${quote(name)} cannot be read back: use up to 128 letters, digits, "_", "-", ".".`,
    );
  }
}

/** True for a word that is taken for the name of a tool in the role's place. */
function isToolWord(name: string): boolean {
  if (!isPlainWord(name) || name.startsWith("to=")) return false;
  const other = name !== "tool" && roleWord(name) !== undefined;
  const special =
    channelWords.includes(name) || (gluedChannel(name) ?? doubledRole(name) ?? namedRole(name)) !== undefined;
  return !other && !special;
}

function lintRecipient({ recipient, role }: Message, report: Reporter): void {
  if (recipient === undefined) return;
  const shown = quote(recipient);
  if (recipient === "all") {
    const end = role === "assistant" ? " but ends the message as a call" : "";
    report("recipient-unreadable", "recipient", `"all" is not written into the header${end}; leave it out.`);
  } else if (recipient === "" || recipient.includes("<|") || hasSpace(recipient) || recipient.length > 512) {
    report("recipient-unreadable", "recipient", `${shown} cannot be read back: use one word.`);
  }
}

function lintContentType({ contentType, recipient, channel }: Message, report: Reporter): void {
  if (contentType === undefined) return;
  const constrained = contentType.startsWith("<|constrain|>");
  const word = constrained ? contentType.slice(13) : contentType;
  const known =
    channelWords.includes(word) || roleWord(word) !== undefined || doubledRole(word) !== undefined;
  const placed = constrained || recipient !== undefined || channel === "final" || isTypeWord(word);
  if (isPlainWord(word) && (constrained || !known) && placed) return;
  const advice = placed
    ? "use one word, or <|constrain|> directly followed by one."
    : "without a recipient it is taken for one.";
  report("content-type-unreadable", "content_type", `${quote(contentType)} cannot be read back: ${advice}`);
}

/** Longest header that is read, for messages whose fields are fine one by one. */
export function isHeaderTooLong({
  name = "",
  recipient = "",
  channel = "",
  contentType = "",
}: Message): boolean {
  return name.length + recipient.length + channel.length + contentType.length > longestHeader - 64;
}

function hasSpace(text: string): boolean {
  return Array.from(text).some(isUnicodeSpace);
}

function quote(text: string): string {
  return JSON.stringify(text);
}
