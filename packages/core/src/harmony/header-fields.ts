// A complete header to fields: what each element means, and what had to be repaired. The same reading serves strict
// mode, which turns most repairs into errors.

import type { HarmonyDiagnosticCode } from "../errors.ts";
import type { Repair } from "./diagnostics.ts";
import type { HeaderElement } from "./header-elements.ts";
import {
  channelWords,
  doubledRole,
  gluedChannel,
  isKnownTool,
  isToolAuthor,
  isTypeWord,
  namedRole,
  roleWord,
} from "./header-words.ts";
import type { Role } from "./message.ts";

export interface HeaderFinding {
  readonly code: HarmonyDiagnosticCode;
  readonly repair?: Repair;
}

export interface HeaderContext {
  /** The role, when it is known before the header is read. */
  readonly role: Role | undefined;
  readonly knownTools: ReadonlySet<string>;
}

/** A header being put together. */
export interface HeaderFields {
  role: Role;
  name: string | undefined;
  recipient: string | undefined;
  channel: string | undefined;
  contentType: string | undefined;
  /** A lone word stands for the author; whether it was meant as a recipient shows at the end. */
  provisional: boolean;
  /** The lone word is known to name a tool. */
  knownAuthor: boolean;
  findings: HeaderFinding[];
}

/** A word and whether a channel marker follows it. */
interface Word {
  readonly text: string;
  readonly beforeLastChannel: boolean;
}

/** Reads the fields of a header that ended in `<|message|>`. */
export function readHeader(elements: readonly HeaderElement[], context: HeaderContext): HeaderFields {
  const fields: HeaderFields = {
    role: context.role ?? "assistant",
    name: undefined,
    recipient: undefined,
    channel: undefined,
    contentType: undefined,
    provisional: false,
    knownAuthor: false,
    findings: [],
  };
  const lastChannel = elements.findLastIndex((element) => element.kind === "channel");
  const words = elements.flatMap((element, index): Word[] =>
    element.kind === "word" ? [{ text: element.text, beforeLastChannel: index < lastChannel }] : [],
  );
  const toolChannels = readChannels(fields, elements);
  readRole(fields, words, context);
  readConstraint(fields, elements);
  readRoute(fields, words, toolChannels.length > 0 || countChannels(elements) > 1, context);
  adoptToolChannel(fields, toolChannels, context);
  return fields;
}

function report(
  fields: HeaderFields,
  code: HarmonyDiagnosticCode,
  field: string,
  raw: string,
  repaired?: string,
): void {
  fields.findings.push({ code, repair: { field, raw, repaired } });
}

function countChannels(elements: readonly HeaderElement[]): number {
  return elements.filter((element) => element.kind === "channel").length;
}

/** Chooses the channel; returns losing values that are none of the three and may be tools. */
function readChannels(fields: HeaderFields, elements: readonly HeaderElement[]): string[] {
  const all = elements.filter((element) => element.kind === "channel").map((element) => element.text);
  const values = all.filter((value) => value !== "");
  if (values.length < all.length) fields.findings.push({ code: "empty-channel" });
  const chosen = values.findLast((value) => channelWords.includes(value)) ?? values.at(-1);
  fields.channel = chosen;
  if (values.length > 1) report(fields, "duplicate-channel", "channel", values.join(" "), chosen);
  if (chosen !== undefined && !channelWords.includes(chosen)) {
    fields.findings.push({ code: "noncanonical-channel" });
  }
  return values.filter((value) => value !== chosen && !channelWords.includes(value));
}

/** Reads the role and takes the words that say it off the front. */
function readRole(fields: HeaderFields, words: Word[], context: HeaderContext): void {
  const first = words[0]?.text;
  if (context.role !== undefined) {
    if (first === undefined) return;
    const doubled = doubledRole(first) === context.role;
    if (doubled) report(fields, "duplicate-role", "role", first, context.role);
    if (doubled || first === context.role) words.shift();
    return;
  }
  if (first === undefined || first.startsWith("to=")) {
    report(fields, "missing-role", "role", first ?? "", "assistant");
    return;
  }
  words.shift();
  readRoleWord(fields, first, words.length === 0, context);
}

function readRoleWord(fields: HeaderFields, word: string, alone: boolean, context: HeaderContext): void {
  const role = roleWord(word);
  if (role !== undefined) {
    fields.role = role;
    if (role === "tool") fields.name = word;
    return;
  }
  const named = namedRole(word);
  if (named !== undefined) {
    fields.role = named.role;
    fields.name = named.name;
    report(fields, "author-name", "role", word, named.role);
    return;
  }
  const doubled = doubledRole(word);
  if (doubled !== undefined) {
    fields.role = doubled;
    report(fields, "duplicate-role", "role", word, doubled);
    return;
  }
  const channel = channelWords.includes(word) ? word : gluedChannel(word);
  if (channel !== undefined) {
    report(
      fields,
      channel === word ? "channel-as-role" : "missing-channel-marker",
      "role",
      word,
      "assistant",
    );
    fields.channel ??= channel;
    return;
  }
  fields.role = "tool";
  fields.name = word;
  fields.provisional = alone;
  fields.knownAuthor = isToolAuthor(word, context.knownTools);
}

function readConstraint(fields: HeaderFields, elements: readonly HeaderElement[]): void {
  for (const { kind, text } of elements) {
    if (kind !== "constrain") continue;
    if (text === "" || fields.contentType !== undefined) {
      report(fields, "marker-in-header", "content_type", `<|constrain|>${text}`, fields.contentType);
    }
    fields.contentType ??= `<|constrain|>${text}`;
  }
}

function readRoute(
  fields: HeaderFields,
  words: readonly Word[],
  severalChannels: boolean,
  context: HeaderContext,
): void {
  const bare: string[] = [];
  let bareBeforeRecipient = false;
  for (const { text, beforeLastChannel } of words) {
    if (text.startsWith("to=")) {
      bareBeforeRecipient ||= bare.length > 0;
      readRecipient(fields, text.slice(3), severalChannels && beforeLastChannel);
    } else if (channelWords.includes(text)) {
      report(
        fields,
        fields.channel === undefined ? "missing-channel-marker" : "duplicate-channel",
        "channel",
        text,
        fields.channel ?? text,
      );
      fields.channel ??= text;
    } else if (roleWord(text) !== undefined || doubledRole(text) !== undefined) {
      report(fields, "duplicate-role", "role", text, fields.role);
    } else bare.push(text);
  }
  if (bareBeforeRecipient) report(fields, "extra-header-words", "recipient", bare.join(" "));
  if (bare.length > 0) placeBareWords(fields, bare, context);
  const { recipient } = fields;
  if (recipient?.includes("<|")) report(fields, "marker-in-header", "recipient", recipient, recipient);
  if (recipient !== undefined && fields.role === "assistant" && isBareRecipient(recipient)) {
    report(fields, "bare-recipient", "recipient", recipient, recipient);
  }
}

function isBareRecipient(recipient: string): boolean {
  return !recipient.includes(".") && !/^(all|assistant|user|python|browser|container)$/.test(recipient);
}

/** @param abandoned a further channel marker follows, so the model began its header anew */
function readRecipient(fields: HeaderFields, recipient: string, abandoned: boolean): void {
  if (recipient === "") report(fields, "empty-recipient", "recipient", "to=");
  else if (abandoned && recipient === "assistant" && fields.role === "assistant") {
    report(fields, "abandoned-prefix", "recipient", recipient);
  } else {
    if (fields.recipient === recipient)
      report(fields, "duplicate-recipient", "recipient", recipient, recipient);
    else if (fields.recipient !== undefined) {
      report(fields, "conflicting-recipient", "recipient", fields.recipient, recipient);
    }
    fields.recipient = recipient;
  }
}

/** Words without a sign of what they are: recipient, content type, or too many. */
function placeBareWords(fields: HeaderFields, bare: readonly string[], context: HeaderContext): void {
  const [first = ""] = bare;
  const last = bare.at(-1) ?? "";
  let extra: readonly string[] = [];
  if (fields.contentType !== undefined) {
    if (bare.length === 1 && fields.recipient === undefined) fields.recipient = first;
    else extra = bare;
  } else if (bare.length === 1) {
    const isType =
      fields.channel === "final" || (isTypeWord(first) && !isKnownTool(first, context.knownTools));
    if (fields.recipient !== undefined || isType) fields.contentType = first;
    else fields.recipient = first;
  } else {
    fields.contentType = last;
    if (bare.length === 2 && fields.recipient === undefined) fields.recipient = first;
    else extra = bare.slice(0, -1);
  }
  if (extra.length > 0) report(fields, "extra-header-words", "header", extra.join(" "));
}

/** A tool's name in place of a channel is the recipient if it is known and no other was given. */
function adoptToolChannel(
  fields: HeaderFields,
  toolChannels: readonly string[],
  context: HeaderContext,
): void {
  for (const name of toolChannels) {
    const adopted = fields.recipient === undefined && isKnownTool(name, context.knownTools);
    if (adopted) fields.recipient = name;
    report(fields, "tool-name-as-channel", "channel", name, adopted ? name : undefined);
  }
}
