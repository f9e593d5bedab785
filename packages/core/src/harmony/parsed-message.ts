// A message that came out of a parser: its fields, how it ended, and where its tokens are.

import type { Header } from "./header.ts";
import { Message } from "./message.ts";
import type { TokenLog } from "./token-log.ts";

/** How a message ended. `implicit`: the next one began; `eos`: the stream ended. */
export type Terminator = "end" | "call" | "return" | "endoftext" | "implicit" | "eos";

/** How a message began: with `<|start|>`, in a header that the prompt had opened, or without any sign. */
export type Opening = "start" | "prompt" | "implied";

export type CanonicalChannel = "analysis" | "commentary" | "final";

/**
 * Half-open ranges over everything fed to the parser: token indices, or UTF-16 offsets when text was fed. The header
 * is [tokenStart, contentStart), the terminator [contentEnd, tokenEnd).
 */
export interface MessageSpan {
  readonly tokenStart: number;
  readonly contentStart: number;
  readonly contentEnd: number;
  readonly tokenEnd: number;
}

/** What the parser knows beyond the fields. */
export interface ParsedDetails extends MessageSpan {
  readonly index: number;
  readonly generation: number;
  readonly log: TokenLog;
  readonly opening: Opening;
  readonly terminator: Terminator;
  readonly complete: boolean;
  readonly markerMissing: boolean;
  readonly markerless: boolean;
}

const canonicalChannels: readonly CanonicalChannel[] = ["analysis", "commentary", "final"];

/** The channel itself or the one of the three that the raw value begins with, else undefined. */
export function canonicalChannelOf(channel: string | undefined): CanonicalChannel | undefined {
  return channel === undefined ? undefined : canonicalChannels.find((name) => channel.startsWith(name));
}

/** Changing any field through a builder gives a plain `Message`, which has no sampled ids any more. */
export class ParsedMessage extends Message implements ParsedDetails {
  readonly index: number;
  readonly generation: number;
  readonly opening: Opening;
  readonly terminator: Terminator;
  /** False when the output was cut inside this message. */
  readonly complete: boolean;
  /** No `<|message|>` was seen. */
  readonly markerMissing: boolean;
  /** Read from text whose markers an engine had removed. */
  readonly markerless: boolean;
  readonly tokenStart: number;
  readonly contentStart: number;
  readonly contentEnd: number;
  readonly tokenEnd: number;
  readonly #log: TokenLog;

  constructor(header: Header, text: string, details: ParsedDetails) {
    const { role, name, recipient, channel, contentType } = header;
    super({ role, name, recipient, channel, contentType, content: text });
    this.index = details.index;
    this.generation = details.generation;
    this.opening = details.opening;
    this.terminator = details.terminator;
    this.complete = details.complete;
    this.markerMissing = details.markerMissing;
    this.markerless = details.markerless;
    this.tokenStart = details.tokenStart;
    this.contentStart = details.contentStart;
    this.contentEnd = details.contentEnd;
    this.tokenEnd = details.tokenEnd;
    this.#log = details.log;
  }

  get canonicalChannel(): CanonicalChannel | undefined {
    return canonicalChannelOf(this.channel);
  }

  /** Everything fed to the parser that this message came from. */
  get log(): TokenLog {
    return this.#log;
  }

  /** Whether the ids of this message are still known: not for text input, nor after a compact snapshot. */
  get hasSampledTokens(): boolean {
    return this.#log.hasIds && !this.markerless && this.tokenStart >= this.#log.tokens.base;
  }

  /** The ids that were sampled for this message, header and terminator included; empty for text input. */
  get sampledTokens(): Uint32Array {
    return this.hasSampledTokens
      ? this.#log.tokens.slice(this.tokenStart, this.tokenEnd)
      : new Uint32Array(0);
  }

  /** The same message with another terminator or header, as a late token can make necessary. */
  amended(terminator: Terminator, header: Header = this): ParsedMessage {
    return new ParsedMessage(header, this.text, { ...this, log: this.#log, terminator });
  }
}
