// The state machine of recover and strict mode. Recover never throws: every token becomes part of one message or of
// one diagnostic that owns it. Strict is the same reading with most diagnostics raised as errors, which is why both
// agree on everything that strict accepts.

import { type HarmonyEvent, pushDelta } from "./events.ts";
import { isBlankHeader } from "./header-metadata.ts";
import { HeaderReader, type RecoverOptions } from "./header-reader.ts";
import { IncrementalText } from "./incremental-text.ts";
import type { Role } from "./message.ts";
import type { Terminator } from "./parsed-message.ts";
import type { FinishReason, ParserCore, StreamState } from "./parser-core.ts";
import { type CoreFields, type RecoverFields, wrongFields } from "./parser-fields.ts";
import type { PrefilledMessage } from "./token-log.ts";
import type { TokenTable } from "./token-table.ts";
import {
  callToken,
  channelToken,
  constrainToken,
  endOfTextToken,
  endToken,
  firstSpecialToken,
  markerTexts,
  messageToken,
  returnToken,
  startToken,
} from "./tokens.ts";
import { trimUnicode } from "./white-space.ts";

const terminators: Readonly<Record<number, Terminator>> = {
  [endToken]: "end",
  [callToken]: "call",
  [returnToken]: "return",
  [endOfTextToken]: "endoftext",
};

export class RecoverParser extends HeaderReader implements ParserCore {
  private readonly decoder: IncrementalText = new IncrementalText();
  /** The decoder waits for the rest of a character. */
  private inCharacter = false;

  constructor(table: TokenTable, options: RecoverOptions = {}) {
    super(table, options);
    this.beginGeneration(options.role, options.prefill);
  }

  get state(): StreamState {
    if (this.phase === "between") return "ExpectStart";
    return this.phase === "content" ? "Content" : "Header";
  }

  get headerTokens(): readonly number[] {
    if (this.phase !== "header" && this.phase !== "limbo") return [];
    const first = this.pieces[0]?.start ?? this.position;
    return this.log.hasIds ? [...this.log.tokens.view(first, this.position)] : [];
  }

  /** Goes on with another output of the model; `role` is the one its prompt ended with. */
  beginGeneration(role: Role | undefined, prefill?: PrefilledMessage): void {
    this.log.prompts[this.log.generationEnds.length] = { role, prefill };
    if (role === undefined) return;
    this.openHeader("prompt", role, this.position);
    if (prefill === undefined) return;
    const { channel, recipient, contentType, text = "" } = prefill;
    this.openContent({ role, channel, recipient, contentType }, this.position);
    this.content = text;
    this.unannounced = true;
  }

  // ---- input

  step(id: number, sink: HarmonyEvent[] | undefined): void {
    const text = this.plainText(id);
    if (text === undefined) {
      this.slowStep(id, sink);
      return;
    }
    this.append(text);
    if (sink === undefined) return;
    const { messages, position } = this;
    pushDelta(sink, {
      type: "delta",
      index: messages.length,
      text,
      tokenStart: position - 1,
      tokenEnd: position,
    });
  }

  /** Logs and reads a token that does nothing but go on with the content. Undefined: nothing was read. */
  goOn(id: number): string | undefined {
    const text = this.unannounced ? undefined : this.plainText(id);
    if (text === undefined) return undefined;
    this.log.tokens.push(id);
    this.append(text);
    return text;
  }

  /** The text of a token that would do nothing but go on with the content of the open message. */
  private plainText(id: number): string | undefined {
    if (this.phase !== "content" || id >= firstSpecialToken || this.inCharacter) return undefined;
    return this.failure === undefined ? (this.table.text(id) ?? undefined) : undefined;
  }

  private append(text: string): void {
    this.position++;
    this.content += text;
    this.delta = text;
  }

  /** Reads text between markers. Header text is read character by character, so that cuts make no difference. */
  stepText(text: string, sink: HarmonyEvent[]): void {
    this.log.hasIds = false;
    let at = 0;
    while (at < text.length && this.phase !== "content") {
      const character = String.fromCodePoint(text.codePointAt(at)!);
      this.begin(sink, character.length);
      this.text(character);
      at += character.length;
    }
    if (at === text.length) return;
    this.begin(sink, text.length - at);
    this.text(text.slice(at));
  }

  /** Reads header text that stands for no characters of the input. */
  stepImplied(text: string, sink: HarmonyEvent[]): void {
    this.begin(sink, 0);
    this.text(text);
  }

  /** Reads a marker found in text, which took `width` characters of it. */
  stepMarker(id: number, width: number, sink: HarmonyEvent[]): void {
    this.log.hasIds = false;
    this.begin(sink, width);
    this.special(id);
  }

  finish(reason: FinishReason | undefined, sink: HarmonyEvent[] | undefined): void {
    this.begin(sink, 0);
    this.flushText();
    if (this.phase === "content") this.truncateContent(reason);
    else if (this.phase === "limbo") this.endLimboAtEos(reason);
    else if (this.phase === "header") this.endHeaderAtEos(reason);
    this.pendingRole = undefined;
    this.log.generationEnds.push(this.position);
    this.log.settled = this.position;
  }

  private begin(sink: HarmonyEvent[] | undefined, length: number): void {
    this.sink = sink;
    this.delta = undefined;
    this.start = this.position;
    this.position += length;
    this.fed = this.position;
    if (this.failure !== undefined) throw this.failure;
  }

  private slowStep(id: number, sink: HarmonyEvent[] | undefined): void {
    this.begin(sink, 1);
    if (id >= firstSpecialToken && this.table.text(id) !== null) {
      this.flushText();
      this.special(id);
      return;
    }
    const bytes = this.table.bytes(id);
    if (bytes === undefined) {
      this.flushText();
      this.report("unknown-token", { text: String(id) });
      this.text("\ufffd");
      return;
    }
    const text = this.decoder.push(bytes);
    this.inCharacter = this.decoder.pending.length > 0;
    if (this.decoder.sawInvalid) this.reportInvalidUtf8(text);
    this.text(text);
  }

  private flushText(): void {
    const text = this.decoder.flush();
    this.inCharacter = false;
    if (text === "") return;
    this.reportInvalidUtf8(text);
    const { start, position } = this;
    // The bytes came with the token before this one.
    this.position = start;
    this.text(text);
    this.start = start;
    this.position = position;
  }

  /** Content may hold bytes that are no UTF-8, as in the reference; a header may not. */
  private reportInvalidUtf8(text: string): void {
    this.report("invalid-utf8", { text, tolerated: this.phase === "content" });
  }

  // ---- transitions

  protected special(id: number): void {
    switch (this.phase) {
      case "content":
        this.specialInContent(id);
        break;
      case "header":
        this.specialInHeader(id);
        break;
      case "limbo":
        this.specialInLimbo(id);
        break;
      case "between":
        this.specialBetween(id);
    }
  }

  protected text(text: string): void {
    if (this.phase === "content") {
      this.emit(text);
      return;
    }
    if (this.phase === "between") {
      if (this.strict) this.unexpected(text);
      this.openHeader("implied", "assistant", this.start);
      this.phase = "limbo";
    }
    this.addPiece(-1, text);
  }

  private specialBetween(id: number): void {
    if (id === startToken) {
      this.openHeader("start", undefined, this.start);
      return;
    }
    if (this.strict) this.unexpected(markerTexts.get(id) ?? String(id));
    if (id === channelToken || id === messageToken || id === constrainToken) {
      this.report("implicit-start", { text: "" });
      this.openHeader("implied", "assistant", this.start);
      this.specialInHeader(id);
    } else if (id === endToken || id === returnToken || id === callToken) this.strayStop(id);
    else this.report("stray-special", { owns: true });
  }

  private strayStop(id: number): void {
    const last = this.messages.at(-1);
    const upgrades =
      id === callToken &&
      last?.role === "assistant" &&
      last.recipient !== undefined &&
      last.terminator === "end";
    if (upgrades) this.messages[this.messages.length - 1] = last.amended("call");
    this.report(upgrades ? "call-after-end" : "stop-after-end", { owns: true });
  }

  private specialInLimbo(id: number): void {
    if (id === messageToken) {
      this.report("implicit-start", { text: "" });
      this.phase = "header";
      this.completeHeader();
    } else if (id === channelToken) {
      const belongs = isBlankHeader(this.pieces) || trimUnicode(this.headerText()) === "assistant";
      if (!belongs) this.dropStray();
      this.report("implicit-start", { text: "" });
      if (belongs) this.phase = "header";
      else this.openHeader("implied", "assistant", this.start);
      this.specialInHeader(id);
    } else if (id === startToken) {
      this.dropStray();
      this.specialBetween(id);
    } else if (id === endToken || id === returnToken || id === callToken || id === endOfTextToken) {
      if (isBlankHeader(this.pieces)) {
        this.dropStray();
        this.specialBetween(id);
      } else this.endWithoutMarker(id);
    } else this.specialInHeader(id);
  }

  private specialInHeader(id: number): void {
    switch (id) {
      case messageToken:
        this.completeHeader();
        break;
      case startToken:
        this.startInHeader();
        break;
      case channelToken:
      case constrainToken:
        this.addPiece(id, "");
        break;
      case endToken:
      case returnToken:
      case callToken:
      case endOfTextToken:
        this.endWithoutMarker(id);
        break;
      default:
        this.text(this.table.text(id) ?? "");
    }
  }

  private specialInContent(id: number): void {
    switch (id) {
      case endToken:
      case returnToken:
      case callToken:
        this.endMessage(terminators[id]!, this.start);
        break;
      case endOfTextToken:
        this.report("stop-endoftext");
        this.endMessage("endoftext", this.start);
        break;
      case startToken:
      case channelToken:
        this.report("implicit-end", { text: "" });
        this.endBefore(this.start);
        if (id === startToken) this.openHeader("start", undefined, this.start);
        else {
          this.openHeader("implied", "assistant", this.start);
          this.specialInHeader(id);
        }
        break;
      case messageToken:
        this.report("duplicate-message-marker", { owns: true });
        break;
      default: {
        const text = this.table.text(id) ?? "";
        this.report("special-in-content", { text });
        this.emit(text);
      }
    }
  }

  /** A terminator where `<|message|>` was due. */
  private endWithoutMarker(id: number): void {
    if (isBlankHeader(this.pieces)) {
      this.reportOwned("abandoned-header", this.position);
      this.phase = "between";
      this.pendingRole = undefined;
      return;
    }
    this.reportHeader("missing-message-marker");
    this.openWithoutMarker(true);
    this.special(id);
  }

  private startInHeader(): void {
    const blank = isBlankHeader(this.pieces);
    if (blank || this.headerIsMetadata()) {
      this.reportOwned(blank ? "duplicate-start" : "abandoned-header", this.start);
      this.openHeader("start", undefined, this.start);
      return;
    }
    this.reportHeader("missing-message-marker");
    this.openWithoutMarker(true);
    this.special(startToken);
  }

  // ---- end of stream

  private truncateContent(reason: FinishReason | undefined): void {
    const complete = reason === "stop" || reason === "call";
    if (!complete) this.report("truncated-content", { text: "" });
    this.endMessage("eos", this.position, complete);
  }

  private endLimboAtEos(reason: FinishReason | undefined): void {
    if (isBlankHeader(this.pieces)) {
      this.dropStray();
      return;
    }
    this.endHeaderAtEos(reason);
  }

  private endHeaderAtEos(reason: FinishReason | undefined): void {
    if (isBlankHeader(this.pieces)) {
      this.reportOwned("truncated-header", this.position);
      this.phase = "between";
      return;
    }
    if (this.headerIsMetadata()) {
      this.reportHeader("truncated-header");
      this.openWithoutMarker(false);
      this.endMessage("eos", this.position, false);
      return;
    }
    this.reportHeader("missing-message-marker");
    this.openWithoutMarker(true);
    if (this.phase === "content") this.truncateContent(reason);
    else if (this.phase === "header") this.endHeaderAtEos(reason);
  }

  // ---- copies

  clone(): RecoverParser {
    const copy = new RecoverParser(this.table, { ...this.options, role: undefined, prefill: undefined });
    copy.log = this.log.clone();
    copy.messages = [...this.messages];
    copy.diagnostics = [...this.diagnostics];
    copy.restoreFields(this.saveFields());
    copy.failure = this.failure;
    return copy;
  }

  saveFields(): RecoverFields {
    return {
      mode: "recover",
      phase: this.phase,
      header: this.header,
      pendingRole: this.pendingRole,
      contentStart: this.contentStart,
      content: this.content,
      delta: this.delta,
      pieces: [...this.pieces],
      opening: this.opening,
      messageStart: this.messageStart,
      markerMissing: this.markerMissing,
      provisional: this.provisional,
      unannounced: this.unannounced,
      position: this.position,
      pending: this.decoder.pending,
    };
  }

  restoreFields(fields: CoreFields): void {
    if (fields.mode !== "recover") throw wrongFields(fields.mode, "recover or strict");
    this.phase = fields.phase;
    this.header = fields.header;
    this.pendingRole = fields.pendingRole;
    this.contentStart = fields.contentStart;
    this.content = fields.content;
    this.delta = fields.delta;
    this.restorePieces(fields.pieces);
    this.opening = fields.opening;
    this.messageStart = fields.messageStart;
    this.markerMissing = fields.markerMissing;
    this.provisional = fields.provisional;
    this.unannounced = fields.unannounced;
    this.position = fields.position;
    this.start = fields.position;
    this.decoder.pending = fields.pending;
    this.inCharacter = fields.pending.length > 0;
    this.failure = undefined;
  }
}
