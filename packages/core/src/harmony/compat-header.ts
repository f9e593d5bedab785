// Header text to fields, exactly as openai-harmony 0.0.8 does it, misreadings included: markers are text here, so a
// second channel marker ends up in a recipient. The strict and recover modes have their own reading.

import { HarmonyError } from "./harmony-error.ts";
import type { Header } from "./header.ts";
import { type Role, roles } from "./message.ts";
import { isUnicodeSpace, splitAsciiSpace, trimUnicode } from "./white-space.ts";

const channelMarker = "<|channel|>";
const constrainMarker = "<|constrain|>";

/** The channel of header text, and the words of what remains. */
export function splitHeader(text: string): { channel: string | undefined; parts: string[] } {
  const { channel, rest } = extractChannel(text);
  let header = trimUnicode(rest);
  if (header.includes(constrainMarker)) {
    header = trimUnicode(header.replaceAll(constrainMarker, ` ${constrainMarker}`));
  }
  return { channel, parts: splitAsciiSpace(header) };
}

/** Takes the first channel marker and its value out of header text. */
function extractChannel(text: string): { channel: string | undefined; rest: string } {
  const at = text.indexOf(channelMarker);
  if (at === -1) return { channel: undefined, rest: text };
  const start = at + channelMarker.length;
  let end = start;
  while (end < text.length && text[end] !== "<" && !isUnicodeSpace(text[end]!)) end++;
  if (end === start) {
    throw new HarmonyError("empty-channel", "channel marker present but no channel value found in header", {
      text,
    });
  }
  return { channel: text.slice(start, end), rest: text.slice(0, at) + text.slice(end) };
}

/**
 * @param text the decoded header, special tokens as their text
 * @param pendingRole the role that the prompt already gave, if it did
 * @throws HarmonyError with the reference's text
 */
export function parseCompatHeader(text: string, pendingRole: Role | undefined): Header {
  const { channel, parts } = splitHeader(text);
  const author = readAuthor(parts, pendingRole);
  if (parts[0] === author.role) parts.shift();
  return { ...author, channel, ...readRoute(parts) };
}

/** Reads the role; an author that is a tool's name is taken off the parts, a role word is not. */
function readAuthor(parts: string[], pendingRole: Role | undefined): { role: Role; name?: string } {
  if (pendingRole !== undefined) return { role: pendingRole };
  const word = parts[0];
  if (word === undefined) throw new HarmonyError("missing-role", "message header did not contain a role");
  const role = roles.find((name) => name === word);
  if (role === "tool") return { role, name: word };
  if (role !== undefined) return { role };
  if (parts.length < 2 && !word.startsWith("to=")) {
    throw new HarmonyError("unknown-role", `Unknown role: ${word}`, { text: word });
  }
  parts.shift();
  return { role: "tool", name: word };
}

function readRoute(parts: string[]): { recipient?: string; contentType?: string } {
  const last = parts.pop();
  if (last === undefined) return {};
  let route: { recipient?: string; contentType?: string };
  if (last.startsWith("to=")) route = { recipient: last.slice(3) };
  else if (parts.length === 0) route = { recipient: last };
  else {
    const word = parts.pop()!;
    route = { recipient: word.startsWith("to=") ? word.slice(3) : word, contentType: last };
  }
  if (parts.length === 0) return route;
  const left = parts.join(" ");
  const quoted = `"${left.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
  throw new HarmonyError(
    "extra-header-words",
    `unexpected tokens remaining in message header: Some(${quoted})`,
    {
      text: left,
    },
  );
}
