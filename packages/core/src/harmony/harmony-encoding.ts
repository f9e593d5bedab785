// The public face of the format: rendering, parsing, and the special tokens, over a tokenizer.

import {
  type EncodeOptions,
  Encoding,
  replaceSpecialTokens,
  SpecialTokenError,
  type Tokenizer,
} from "../tokenizer/index.ts";
import { type ConversationLike, type MessageLike, messagesOf, toMessage, toRole } from "./conversation.ts";
import { decodeStrictly, decodeTokenBytes } from "./decode-tokens.ts";
import type { Diagnostic } from "./diagnostics.ts";
import { HarmonyError } from "./harmony-error.ts";
import { hfMessage } from "./hf-profile.ts";
import type { Role } from "./message.ts";
import type { ParsedMessage } from "./parsed-message.ts";
import type { ParserVocabulary } from "./parser-vocabulary.ts";
import { messageContext, renderMessages, renderNextRole } from "./render-conversation.ts";
import { renderMessage } from "./render-message.ts";
import { type RenderConfig, type RenderMessageOptions, resolveRenderConfig } from "./render-options.ts";
import { type FinishOptions, type ParserOptions, StreamableParser } from "./streamable-parser.ts";
import { PieceEncoder, type TokenSink, TokenWriter } from "./token-sink.ts";
import { type TokenTable, tokenTableOf } from "./token-table.ts";
import {
  callToken,
  endToken,
  firstSpecialToken,
  lastReservedToken,
  markerTexts,
  returnToken,
  startToken,
} from "./tokens.ts";
import { decodeUtf8Lossy } from "./utf8-tail.ts";
import { wellFormed } from "./well-formed.ts";

/** The only name that openai-harmony knows. */
export type HarmonyEncodingName = "HarmonyGptOss";

export interface ParseResult {
  readonly messages: readonly ParsedMessage[];
  readonly diagnostics: readonly Diagnostic[];
}

export class HarmonyEncoding implements ParserVocabulary {
  readonly name: HarmonyEncodingName = "HarmonyGptOss";
  /** Tokens that a message may have; declared by the format, not enforced. */
  readonly maxMessageTokens = 524_288;
  readonly tokenizer: Tokenizer;
  readonly tokenTable: TokenTable;
  /** Encodes the pieces that rendering is made of. */
  readonly pieces: PieceEncoder;

  constructor(tokenizer: Tokenizer) {
    for (const [id, text] of markerTexts) {
      const found = tokenizer.specialTokens.get(text);
      if (found === id) continue;
      throw new HarmonyError(
        "vocabulary-hash",
        `Tokenizer ${tokenizer.name} has ${text} as ${found ?? "no token"}, harmony needs ${id}; use o200k_harmony.`,
      );
    }
    this.tokenizer = tokenizer;
    this.tokenTable = tokenTableOf(tokenizer);
    this.pieces = new PieceEncoder(tokenizer);
  }

  get tokenizerName(): string {
    return this.tokenizer.name;
  }

  get specialTokens(): ReadonlyMap<string, number> {
    return this.tokenizer.specialTokens;
  }

  isSpecialToken(id: number): boolean {
    return this.tokenizer.isSpecialToken(id);
  }

  /** Tokens that end a message: `<|return|>`, `<|call|>`, `<|end|>`. */
  stopTokens(): Uint32Array {
    return Uint32Array.of(returnToken, callToken, endToken);
  }

  /** Tokens at which an engine must stop: `<|return|>`, `<|call|>`. */
  stopTokensForAssistantActions(): Uint32Array {
    return Uint32Array.of(returnToken, callToken);
  }

  // ---- rendering

  /** The messages of a conversation as history. */
  renderConversation(conversation: ConversationLike, config?: RenderConfig): Uint32Array {
    return this.write((sink) => this.renderHistory(sink, conversation, config));
  }

  /** A prompt: the history, then the beginning of a message by `nextRole`. */
  renderConversationForCompletion(
    conversation: ConversationLike,
    nextRole: Role,
    config?: RenderConfig,
  ): Uint32Array {
    return this.write((sink) => {
      this.renderHistory(sink, conversation, config);
      renderNextRole(sink, toRole(nextRole));
    });
  }

  /** A training example: as history, but a last message on `final` ends in `<|return|>`. */
  renderConversationForTraining(conversation: ConversationLike, config?: RenderConfig): Uint32Array {
    const messages = messagesOf(conversation);
    const ids = this.renderConversation(messages, config);
    const last = messages.at(-1);
    if (last?.role === "assistant" && last.channel === "final" && ids.length > 0) {
      ids[ids.length - 1] = returnToken;
    }
    return ids;
  }

  /** One message. */
  render(message: MessageLike, options: RenderMessageOptions = {}): Uint32Array {
    const functionTools =
      options.conversationHasFunctionTools ?? options.conversation_has_function_tools ?? false;
    const config = resolveRenderConfig(options);
    const context = messageContext(config, functionTools);
    const given = toMessage(message);
    const written = config.profile === "hf-template" ? hfMessage(given) : given;
    return this.write((sink) => renderMessage(sink, written, context));
  }

  /** As `renderConversation`, appending to `target`. */
  renderConversationInto(conversation: ConversationLike, target: number[], config?: RenderConfig): void {
    for (const id of this.renderConversation(conversation, config)) target.push(id);
  }

  /** As `render`, appending to `target`. */
  renderInto(message: MessageLike, target: number[], options?: RenderMessageOptions): void {
    for (const id of this.render(message, options)) target.push(id);
  }

  private renderHistory(sink: TokenSink, conversation: ConversationLike, config?: RenderConfig): void {
    renderMessages(sink, messagesOf(conversation), resolveRenderConfig(config), this.tokenTable);
  }

  private write(render: (sink: TokenSink) => void): Uint32Array {
    const writer = new TokenWriter(this.pieces);
    render(writer);
    return writer.toTokens();
  }

  // ---- parsing

  /**
   * Reads a whole output. In compat mode (the default) as openai-harmony does, errors included.
   *
   * @throws HarmonyError in compat and strict mode, when the output is not accepted
   */
  parseMessagesFromCompletionTokens(
    ids: ArrayLike<number> | Iterable<number>,
    options: ParserOptions & FinishOptions = {},
  ): ParseResult {
    const mode = options.mode ?? "compat";
    const parser = new StreamableParser(this, { ...options, mode, undoWindow: 0 });
    parser.readAll(ids, options);
    return { messages: parser.messages, diagnostics: parser.diagnostics };
  }

  // ---- text and ids

  /**
   * Encodes text; by default a special token in it is an error. Lone surrogates become U+FFFD.
   *
   * @throws HarmonyError disallowed-special
   */
  encode(text: string, options: EncodeOptions = {}): Uint32Array {
    try {
      return this.tokenizer.encode(wellFormed(text), options);
    } catch (error) {
      if (!(error instanceof SpecialTokenError)) throw error;
      throw new HarmonyError(
        "disallowed-special",
        `Encountered text corresponding to disallowed special token '${error.token}'. ` +
          `To encode it as a special token, pass it in \`allowedSpecial\`; to encode it as text, leave it out of ` +
          "`disallowedSpecial`; to switch the check off, pass `disallowedSpecial: []`.",
        { text: error.token, cause: error },
      );
    }
  }

  /** Text of ids, U+FFFD for bytes that are no UTF-8. @throws HarmonyError invalid-token */
  decode(ids: ArrayLike<number>): string {
    return decodeUtf8Lossy(decodeTokenBytes(this.tokenTable, ids));
  }

  /** Text of ids. @throws HarmonyError invalid-token or invalid-utf8 */
  decodeUtf8(ids: ArrayLike<number>): string {
    return decodeStrictly(this.tokenTable, ids);
  }

  /** Bytes of ids. @throws HarmonyError invalid-token */
  decodeBytes(ids: ArrayLike<number>): Uint8Array {
    return decodeTokenBytes(this.tokenTable, ids);
  }
}

/**
 * The harmony encoding over a tokenizer, which is `o200k_harmony` of `@tokenwire/encodings`.
 *
 * @example loadHarmonyEncoding(getEncoding("o200k_harmony"))
 * @throws HarmonyError vocabulary-hash, when the tokenizer lacks the special tokens of the format
 */
export function loadHarmonyEncoding(tokenizer: Tokenizer): HarmonyEncoding;
/** As openai-harmony is called, by name. @throws HarmonyError unknown-encoding */
export function loadHarmonyEncoding(
  name: HarmonyEncodingName,
  options: { readonly tokenizer: Tokenizer },
): HarmonyEncoding;
export function loadHarmonyEncoding(
  encoding: Tokenizer | string | undefined,
  options?: { readonly tokenizer: Tokenizer },
): HarmonyEncoding {
  if (typeof encoding === "string" && encoding !== "HarmonyGptOss") {
    throw new HarmonyError("unknown-encoding", `Invalid HarmonyEncodingName: ${encoding}`, {
      text: encoding,
    });
  }
  const tokenizer = typeof encoding === "string" ? options?.tokenizer : encoding;
  if (tokenizer === undefined) {
    throw new HarmonyError(
      "unknown-encoding",
      'loadHarmonyEncoding needs a tokenizer: pass getEncoding("o200k_harmony") from @tokenwire/encodings.',
    );
  }
  const known = loaded.get(tokenizer);
  if (known !== undefined) return known;
  const harmony = new HarmonyEncoding(withHarmonyTokens(tokenizer));
  loaded.set(tokenizer, harmony);
  return harmony;
}

/**
 * openai-harmony has one reserved token more than tiktoken, and no `<|endofprompt|>`. Its outputs are reproduced with
 * its own table, whichever the given encoding has.
 */
function withHarmonyTokens(tokenizer: Tokenizer): Tokenizer {
  const lastToken = `<|reserved_${lastReservedToken}|>`;
  const isHarmony = tokenizer.specialTokens.get("<|start|>") === startToken;
  if (!(tokenizer instanceof Encoding) || !isHarmony || tokenizer.specialTokens.has(lastToken))
    return tokenizer;
  const specialTokens = new Map<string, number>();
  for (let id = firstSpecialToken; id <= lastReservedToken; id++) {
    specialTokens.set(markerTexts.get(id) ?? `<|reserved_${id}|>`, id);
  }
  return replaceSpecialTokens(tokenizer, { name: tokenizer.name, specialTokens });
}

const loaded = new WeakMap<Tokenizer, HarmonyEncoding>();
