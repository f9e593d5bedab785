// What a parser reports while it reads.

import type { Diagnostic } from "./diagnostics.ts";
import type { Header } from "./header.ts";
import type { Role } from "./message.ts";
import {
  type CanonicalChannel,
  canonicalChannelOf,
  type ParsedMessage,
  type Terminator,
} from "./parsed-message.ts";

export interface MessageStartEvent {
  readonly type: "message_start";
  readonly index: number;
  readonly role: Role;
  readonly name: string | undefined;
  readonly channel: string | undefined;
  readonly canonicalChannel: CanonicalChannel | undefined;
  readonly recipient: string | undefined;
  readonly contentType: string | undefined;
  /** True while it is open whether a lone word names a tool that answers or one that is called. */
  readonly provisional: boolean;
}

export interface DeltaEvent {
  readonly type: "delta";
  readonly index: number;
  /** Never empty. */
  readonly text: string;
  readonly tokenStart: number;
  readonly tokenEnd: number;
}

/** The header of `message` is authoritative where that of the start event was provisional. */
export interface MessageEndEvent {
  readonly type: "message_end";
  readonly index: number;
  readonly terminator: Terminator;
  readonly complete: boolean;
  readonly message: ParsedMessage;
}

export interface DiagnosticEvent {
  readonly type: "diagnostic";
  readonly diagnostic: Diagnostic;
}

export type HarmonyEvent = MessageStartEvent | DeltaEvent | MessageEndEvent | DiagnosticEvent;

/** The event of a message whose header has been read. */
export function messageStart(index: number, header: Header, provisional: boolean): MessageStartEvent {
  const { role, name, channel, recipient, contentType } = header;
  const canonicalChannel = canonicalChannelOf(channel);
  return {
    type: "message_start",
    index,
    role,
    name,
    channel,
    canonicalChannel,
    recipient,
    contentType,
    provisional,
  };
}

/** Adds a delta, joining it to the one before when it goes on where that stopped. `sink` is not yet handed out. */
export function pushDelta(sink: HarmonyEvent[], delta: DeltaEvent): void {
  const last = sink.at(-1);
  if (last?.type === "delta" && last.index === delta.index && last.tokenEnd === delta.tokenStart) {
    const open = last as { text: string; tokenEnd: number };
    open.text += delta.text;
    open.tokenEnd = delta.tokenEnd;
  } else sink.push(delta);
}
