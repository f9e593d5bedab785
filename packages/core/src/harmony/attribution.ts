// Which message, which part and which characters each token of a rendering comes from.

import { type ConversationLike, messagesOf, toRole } from "./conversation.ts";
import type { HarmonyEncoding } from "./harmony-encoding.ts";
import type { Role } from "./message.ts";
import { renderMessages, renderNextRole } from "./render-conversation.ts";
import { type RenderConfig, resolveRenderConfig } from "./render-options.ts";
import { TokenBuffer } from "./token-buffer.ts";
import type { MessagePart, PieceEncoder, TokenSink } from "./token-sink.ts";
import type { TokenTable } from "./token-table.ts";

/** Where one token comes from. */
export interface TokenOrigin {
  /** Index of the message in the conversation; -1 for the beginning of the next one. */
  readonly message: number;
  readonly part: MessagePart;
  /** Index of the content part; -1 outside content and where ids were sampled. */
  readonly contentIndex: number;
  /** Characters of that part's text that the token covers, half-open; a character cut in two counts for both. */
  readonly charStart: number;
  readonly charEnd: number;
}

/** A rendering and, for each of its tokens, where it comes from. */
export interface AttributedTokens {
  readonly tokens: Uint32Array;
  readonly origins: readonly TokenOrigin[];
}

/**
 * Renders as `renderConversation` (or, with `nextRole`, as `renderConversationForCompletion`) and tells the origin of
 * each token.
 */
export function renderWithAttribution(
  encoding: HarmonyEncoding,
  conversation: ConversationLike,
  options: RenderConfig & { readonly nextRole?: Role | undefined } = {},
): AttributedTokens {
  const sink = new AttributingSink(encoding.pieces, encoding.tokenTable);
  renderMessages(sink, messagesOf(conversation), resolveRenderConfig(options), encoding.tokenTable);
  sink.beginMessage(-1);
  if (options.nextRole !== undefined) renderNextRole(sink, toRole(options.nextRole));
  return { tokens: sink.tokens.slice(), origins: sink.origins };
}

class AttributingSink implements TokenSink {
  readonly tokens: TokenBuffer = new TokenBuffer(1024);
  readonly origins: TokenOrigin[] = [];
  private readonly pieces: PieceEncoder;
  private readonly table: TokenTable;
  private message = -1;
  /** Characters of sampled text so far, by part. */
  private sampledChars = 0;
  private sampledPart: MessagePart | undefined;

  constructor(pieces: PieceEncoder, table: TokenTable) {
    this.pieces = pieces;
    this.table = table;
  }

  beginMessage(index: number): void {
    this.message = index;
    this.sampledPart = undefined;
  }

  marker(id: number, part: MessagePart): void {
    this.tokens.push(id);
    this.origins.push({ message: this.message, part, contentIndex: -1, charStart: 0, charEnd: 0 });
  }

  word(text: string, part: MessagePart): void {
    this.text(text, this.pieces.word(text), part, -1);
  }

  content(text: string, contentIndex: number, recurs: boolean): void {
    this.text(text, this.pieces.content(text, recurs), "content", contentIndex);
  }

  sampled(ids: ArrayLike<number>, part: MessagePart): void {
    if (part !== this.sampledPart) this.sampledChars = 0;
    this.sampledPart = part;
    for (const id of Array.from(ids)) {
      const charStart = this.sampledChars;
      const isText = part !== "start" && part !== "marker" && part !== "terminator";
      if (isText) this.sampledChars += this.table.text(id)?.length ?? 0;
      const charEnd = this.sampledChars;
      this.tokens.push(id);
      this.origins.push({ message: this.message, part, contentIndex: -1, charStart, charEnd });
    }
  }

  private text(text: string, ids: Uint32Array, part: MessagePart, contentIndex: number): void {
    this.tokens.append(ids);
    const cursor = new ByteCursor(text);
    for (const id of ids) {
      const [charStart, charEnd] = cursor.take(this.table.bytes(id)?.length ?? 0);
      this.origins.push({ message: this.message, part, contentIndex, charStart, charEnd });
    }
  }
}

/** Turns lengths in UTF-8 bytes into ranges of characters. */
class ByteCursor {
  private readonly text: string;
  private at = 0;
  /** Bytes of the character at `at` that were taken already. */
  private within = 0;

  constructor(text: string) {
    this.text = text;
  }

  take(bytes: number): [start: number, end: number] {
    const start = this.at;
    let left = bytes + this.within;
    let end = start;
    while (left > 0 && this.at < this.text.length) {
      const point = this.text.codePointAt(this.at)!;
      const width = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
      end = this.at + (point > 0xffff ? 2 : 1);
      if (left < width) break;
      left -= width;
      this.at = end;
    }
    this.within = left;
    return [start, end];
  }
}
