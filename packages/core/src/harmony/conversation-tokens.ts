// Prompts that grow: keeps the ids of each message, so that appending costs only what is new, and gives each message a
// hash of everything up to it, by which a router can find the engine that has the prefix cached.

import { keptMessages } from "./analysis-policy.ts";
import { type MessageLike, toMessage } from "./conversation.ts";
import type { HarmonyEncoding } from "./harmony-encoding.ts";
import type { Message, Role } from "./message.ts";
import { hasFunctionTools, messageContext, renderKept, renderNextRole } from "./render-conversation.ts";
import { type RenderConfig, type ResolvedRenderConfig, resolveRenderConfig } from "./render-options.ts";
import { TokenBuffer } from "./token-buffer.ts";
import { TokenWriter } from "./token-sink.ts";

/** What a change did to the tokens of the conversation. */
export interface TokenChange {
  /** Tokens before this index are as they were. */
  readonly from: number;
  /** Number of tokens from there on before the change. */
  readonly removed: number;
  /** Number of tokens from there on now. */
  readonly added: number;
}

export interface ConversationTokens {
  readonly messages: readonly Message[];
  /** Tokens of the conversation as history. */
  readonly length: number;
  append(...messages: readonly MessageLike[]): TokenChange;
  replace(index: number, message: MessageLike): TokenChange;
  /** Keeps the first `count` messages. */
  truncate(count: number): TokenChange;
  /** The conversation as history. */
  toTokens(): Uint32Array;
  /** The conversation and the beginning of the next message. */
  toPrompt(nextRole: Role): Uint32Array;
  /** Half-open token range of message `index`; empty when it is left out. */
  rangeOf(index: number): readonly [start: number, end: number];
  /** Hash of all tokens up to the end of message `index`, as 16 hexadecimal digits. */
  prefixHash(index: number): string;
}

/** Tokens of one message, and what they were rendered from. */
interface CachedMessage {
  readonly message: Message;
  readonly previous: Message | undefined;
  readonly next: Message | undefined;
  readonly functionTools: boolean;
  readonly ids: Uint32Array;
}

/**
 * An incremental renderer.
 *
 * @example
 * const tokens = createConversationTokens(encoding, { analysis: "spec" });
 * tokens.append(system, developer, user);
 * engine.generate(tokens.toPrompt("assistant"));
 */
export function createConversationTokens(
  encoding: HarmonyEncoding,
  config?: RenderConfig,
): ConversationTokens {
  return new CachedConversation(encoding, resolveRenderConfig(config));
}

class CachedConversation implements ConversationTokens {
  readonly messages: Message[] = [];
  private readonly encoding: HarmonyEncoding;
  private readonly config: ResolvedRenderConfig;
  private cache: (CachedMessage | undefined)[] = [];
  /** Where each message starts, and the end of the last one. */
  private starts: number[] = [0];
  private readonly hashes: (string | undefined)[] = [];
  private readonly tokens: TokenBuffer = new TokenBuffer(1024);

  constructor(encoding: HarmonyEncoding, config: ResolvedRenderConfig) {
    this.encoding = encoding;
    this.config = config;
  }

  get length(): number {
    return this.tokens.length;
  }

  append(...messages: readonly MessageLike[]): TokenChange {
    for (const message of messages) this.messages.push(toMessage(message));
    return this.update();
  }

  replace(index: number, message: MessageLike): TokenChange {
    this.messages[index] = toMessage(message);
    return this.update();
  }

  truncate(count: number): TokenChange {
    this.messages.length = Math.min(this.messages.length, count);
    return this.update();
  }

  toTokens(): Uint32Array {
    return this.tokens.slice();
  }

  toPrompt(nextRole: Role): Uint32Array {
    const writer = new TokenWriter(this.encoding.pieces);
    writer.sampled(this.tokens.view());
    renderNextRole(writer, nextRole);
    return writer.toTokens();
  }

  rangeOf(index: number): readonly [start: number, end: number] {
    return [this.starts[index] ?? this.length, this.starts[index + 1] ?? this.length];
  }

  prefixHash(index: number): string {
    const known = this.hashes[index];
    if (known !== undefined) return known;
    const before = index > 0 ? this.prefixHash(index - 1) : "";
    const [start, end] = this.rangeOf(index);
    const hash = start === end && index > 0 ? before : hashTokens(before, this.tokens.view(start, end));
    this.hashes[index] = hash;
    return hash;
  }

  /** Brings the tokens up to date; messages whose surroundings did not change keep their ids. */
  private update(): TokenChange {
    const { messages, config } = this;
    const functionTools = hasFunctionTools(messages);
    const context = messageContext(config, functionTools);
    const kept = keptMessages(messages, config.analysis);
    const cache: (CachedMessage | undefined)[] = new Array<undefined>(messages.length).fill(undefined);
    kept.forEach((index, position) => {
      const message = messages[index]!;
      const previous = messages[kept[position - 1] ?? -1];
      const next = messages[kept[position + 1] ?? -1];
      const old = this.cache[index];
      if (old?.message === message && stillValid(old, previous, next, functionTools)) {
        cache[index] = old;
        return;
      }
      const writer = new TokenWriter(this.encoding.pieces);
      renderKept(writer, messages, kept, position, config, context, this.encoding.tokenTable);
      cache[index] = { message, previous, next, functionTools, ids: writer.toTokens() };
    });
    return this.store(cache);
  }

  private store(cache: (CachedMessage | undefined)[]): TokenChange {
    const oldLength = this.tokens.length;
    let same = 0;
    while (same < cache.length && same < this.cache.length && cache[same] === this.cache[same]) same++;
    const from = this.starts[same] ?? oldLength;
    this.tokens.truncate(from);
    this.starts.length = same + 1;
    this.hashes.length = Math.min(this.hashes.length, same);
    for (let index = same; index < cache.length; index++) {
      this.tokens.append(cache[index]?.ids ?? []);
      this.starts.push(this.tokens.length);
    }
    this.cache = cache;
    return { from, removed: oldLength - from, added: this.tokens.length - from };
  }
}

/** The neighbours only matter to messages with sampled ids, but telling them apart costs more than it saves. */
function stillValid(
  cached: CachedMessage,
  previous: Message | undefined,
  next: Message | undefined,
  functionTools: boolean,
): boolean {
  const systemSame = cached.message.role !== "system" || cached.functionTools === functionTools;
  const neighboursSame = cached.previous === previous && cached.next === next;
  return systemSame && (neighboursSame || !isSampled(cached.message));
}

function isSampled(message: Message): boolean {
  return "hasSampledTokens" in message && message.hasSampledTokens === true;
}

/** FNV-1a over the hash before and the ids, 64 bits wide in two halves with different seeds. */
function hashTokens(before: string, ids: Uint32Array): string {
  let low = 0x811c9dc5;
  let high = 0x01000193;
  const mix = (value: number) => {
    low = Math.imul(low ^ value, 0x01000193);
    high = Math.imul(high ^ ((value << 13) | (value >>> 19)), 0x85ebca6b) ^ (high >>> 15);
  };
  for (let at = 0; at < before.length; at++) mix(before.charCodeAt(at));
  for (const id of ids) mix(id);
  return [low, high].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
}
