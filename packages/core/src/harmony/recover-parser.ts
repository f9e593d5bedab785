// The state machine of recover and strict mode. Recover never throws: every token becomes part of one message or of
// one diagnostic that owns it. Strict is the same reading with most diagnostics raised as errors, which is why both
// agree on everything that strict accepts.

import type { HarmonyDiagnosticCode } from "../errors.ts";
import { type Diagnostic, diagnosticTable, type Repair } from "./diagnostics.ts";
import { type HarmonyEvent, pushDelta } from "./events.ts";
import { HarmonyError } from "./harmony-error.ts";
import type { Header } from "./header.ts";
import { type HeaderPiece, headerElements, headerUnits } from "./header-elements.ts";
import { type HeaderFields, readHeader } from "./header-fields.ts";
import { isBlankHeader, readHeaderPrefix } from "./header-metadata.ts";
import { proofOfNoHeader } from "./header-proof.ts";
import { channelWords } from "./header-words.ts";
import { IncrementalText } from "./incremental-text.ts";
import type { Role } from "./message.ts";
import { canonicalChannelOf, type Opening, ParsedMessage, type Terminator } from "./parsed-message.ts";
import type { FinishReason, ParserCore, StreamState } from "./parser-core.ts";
import { type CoreFields, type Phase, type RecoverFields, wrongFields } from "./parser-fields.ts";
import { type PrefilledMessage, TokenLog } from "./token-log.ts";
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

export interface RecoverOptions {
  readonly role?: Role | undefined;
  readonly strict?: boolean | undefined;
  /** Names of functions, with or without `functions.`. */
  readonly knownTools?: readonly string[] | undefined;
  /** What becomes of text between messages. Default `diagnostic`. */
  readonly strayText?: "diagnostic" | "content" | undefined;
  /** The message whose beginning is in the prompt; the stream continues its content. */
  readonly prefill?: PrefilledMessage | undefined;
}

const terminators: Readonly<Record<number, Terminator>> = {
  [endToken]: "end",
  [callToken]: "call",
  [returnToken]: "return",
  [endOfTextToken]: "endoftext",
};

const emptyFields = { name: undefined, recipient: undefined, channel: undefined, contentType: undefined };

export class RecoverParser implements ParserCore {
  log: TokenLog = new TokenLog();
  messages: ParsedMessage[] = [];
  diagnostics: Diagnostic[] = [];
  header: Header | undefined;
  pendingRole: Role | undefined;
  contentStart = 0;
  content = "";
  delta: string | undefined;
  private phase: Phase = "between";
  private readonly table: TokenTable;
  private readonly options: RecoverOptions;
  private readonly knownTools: ReadonlySet<string>;
  private decoder: IncrementalText = new IncrementalText();
  private pieces: HeaderPiece[] = [];
  private headerLength = 0;
  private opening: Opening = "start";
  private messageStart = 0;
  private markerMissing = false;
  private provisional = false;
  private unannounced = false;
  /** Units fed so far: tokens, or UTF-16 units of text. */
  private position = 0;
  /** Range of what is being fed. */
  private start = 0;
  private sink: HarmonyEvent[] | undefined;
  /** Strict mode raised this; it accepts nothing more. */
  private failure: HarmonyError | undefined;

  constructor(table: TokenTable, options: RecoverOptions = {}) {
    this.table = table;
    this.options = options;
    this.knownTools = new Set(options.knownTools);
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
    this.openContent({ ...emptyFields, role, channel, recipient, contentType }, this.position);
    this.content = text;
  }

  // ---- input

  step(id: number, sink: HarmonyEvent[] | undefined): void {
    if (this.phase === "content" && id < firstSpecialToken && this.decoder.pending.length === 0) {
      const text = this.table.text(id);
      if (text !== null && this.failure === undefined) {
        this.log.tokens.push(id);
        const start = this.position++;
        this.content += text;
        this.delta = text;
        if (sink !== undefined) {
          pushDelta(sink, {
            type: "delta",
            index: this.messages.length,
            text,
            tokenStart: start,
            tokenEnd: start + 1,
          });
        }
        return;
      }
    }
    this.slowStep(id, sink);
  }

  /** A marker met in text, or a piece of text between markers. */
  stepText(text: string, marker: number | undefined, sink: HarmonyEvent[] | undefined): void {
    this.log.hasIds = false;
    this.begin(sink, text.length);
    if (marker === undefined) this.text(text);
    else this.special(marker);
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
    if (this.failure !== undefined) throw this.failure;
    this.sink = sink;
    this.delta = undefined;
    this.start = this.position;
    this.position += length;
  }

  private slowStep(id: number, sink: HarmonyEvent[] | undefined): void {
    this.log.tokens.push(id);
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
    if (this.decoder.sawInvalid) this.reportInvalidUtf8(text);
    this.text(text);
  }

  private flushText(): void {
    const text = this.decoder.flush();
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

  private special(id: number): void {
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

  private text(text: string): void {
    if (this.phase === "content") {
      this.emit(text);
      return;
    }
    if (this.phase === "between") {
      if (this.options.strict) this.unexpected(text);
      this.openHeader("implied", "assistant", this.start);
      this.phase = "limbo";
    }
    this.addPiece(-1, text);
    const proof = this.proof();
    if (proof !== undefined) this.release(proof);
  }

  private specialBetween(id: number): void {
    if (id === startToken) {
      this.openHeader("start", undefined, this.start);
      return;
    }
    if (this.options.strict) this.unexpected(markerTexts.get(id) ?? String(id));
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
      if (!isBlankHeader(this.pieces) && this.headerText().trim() !== "assistant") this.dropStray();
      this.report("implicit-start", { text: "" });
      if (this.pieces.length === 0) this.messageStart = this.start;
      this.phase = "header";
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
      case constrainToken: {
        this.addPiece(id, "");
        const proof = this.proof();
        if (proof !== undefined) this.release(proof);
        break;
      }
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
        this.position = this.start;
        this.endMessage("implicit", this.start);
        this.position = this.start + this.width(id);
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

  // ---- headers

  private openHeader(opening: Opening, role: Role | undefined, start: number): void {
    this.phase = "header";
    this.opening = opening;
    this.pendingRole = role;
    this.messageStart = start;
    this.pieces = [];
    this.headerLength = 0;
  }

  private addPiece(id: number, text: string): void {
    this.pieces.push({ id, text, start: this.start, end: this.position });
    this.headerLength += id === -1 ? text.length : markerTexts.get(id)!.length;
  }

  private headerText(): string {
    return this.pieces.map(({ id, text }) => (id === -1 ? text : markerTexts.get(id)!)).join("");
  }

  private proof(): HarmonyDiagnosticCode | undefined {
    const elements = headerElements(headerUnits(this.pieces));
    return proofOfNoHeader(elements, this.headerLength, this.pendingRole === undefined);
  }

  private completeHeader(): void {
    const elements = headerElements(headerUnits(this.pieces));
    const fields = readHeader(elements, { role: this.pendingRole, knownTools: this.knownTools });
    for (const { code, repair } of fields.findings) this.reportHeader(code, repair);
    if (fields.provisional && this.options.strict && !fields.knownAuthor) this.reportHeader("unknown-role");
    this.noteCallOnAnalysis(fields);
    this.provisional = fields.provisional;
    this.markerMissing = false;
    const { role, name, recipient, channel, contentType } = fields;
    this.openContent({ role, name, recipient, channel, contentType }, this.position);
  }

  private noteCallOnAnalysis({ role, channel, recipient }: HeaderFields): void {
    if (role !== "assistant" || channel !== "analysis" || recipient === undefined) return;
    if (/^(all|assistant|user|python|browser|container)(\.|$)/.test(recipient)) return;
    this.reportHeader("tool-call-on-analysis");
  }

  private openContent(header: Header, contentStart: number): void {
    this.phase = "content";
    this.header = header;
    this.pendingRole = undefined;
    this.pieces = [];
    this.content = "";
    this.contentStart = contentStart;
    if (this.sink === undefined) this.unannounced = this.position === 0;
    else this.announce(header, this.sink);
  }

  /** Reports a message that was open before anything was fed. */
  announcePrefill(sink: HarmonyEvent[]): void {
    if (this.unannounced && this.header !== undefined) this.announce(this.header, sink);
    this.unannounced = false;
  }

  private announce(header: Header, sink: HarmonyEvent[]): void {
    const { role, name, channel, recipient, contentType } = header;
    const canonicalChannel = canonicalChannelOf(channel);
    const { provisional } = this;
    const index = this.messages.length;
    sink.push({
      type: "message_start",
      index,
      role,
      name,
      channel,
      canonicalChannel,
      recipient,
      contentType,
      provisional,
    });
  }

  /** What stood in header position is content: a message starts, and its text streams from here on. */
  private release(reason: HarmonyDiagnosticCode): void {
    this.reportHeader(this.options.strict ? reason : "missing-message-marker");
    this.openWithoutMarker(true);
  }

  /** Opens the message of a header without `<|message|>`, and feeds what follows the header as content. */
  private openWithoutMarker(reportChannel: boolean): void {
    const { pieces } = this;
    const prefix = readHeaderPrefix(pieces, { implied: this.opening === "implied" });
    const rest = pieces.slice(prefix.pieces);
    const { recipient, channel, contentType } = prefix;
    if (prefix.emptyChannel) this.reportHeader("empty-channel");
    if (reportChannel && channel !== undefined && !channelWords.includes(channel)) {
      this.reportHeader("noncanonical-channel");
    }
    if (prefix.constrainProse) this.reportHeader("constrain-prose");
    const role = prefix.role ?? this.pendingRole;
    if (role === undefined) this.reportHeader("missing-role");
    this.markerMissing = true;
    this.provisional = false;
    const header = { role: role ?? "assistant", name: prefix.name, recipient, channel, contentType };
    const contentStart = rest[0]?.start ?? this.start;
    this.openContent(header, rest.length > 0 ? contentStart : this.endOfPieces(pieces));
    this.feedAgain(rest, prefix.offset);
  }

  private endOfPieces(pieces: readonly HeaderPiece[]): number {
    return pieces.at(-1)?.end ?? this.start;
  }

  /** Header pieces that turned out to be content. Markers among them mean what they mean in content. */
  private feedAgain(pieces: readonly HeaderPiece[], offset: number): void {
    const { start, position } = this;
    pieces.forEach(({ id, text, start: pieceStart, end }, index) => {
      this.start = pieceStart;
      this.position = end;
      if (id !== -1) this.special(id);
      else this.text(index === 0 ? text.slice(offset) : text);
    });
    this.start = start;
    this.position = position;
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

  private headerIsMetadata(): boolean {
    return (
      readHeaderPrefix(this.pieces, { implied: this.opening === "implied" }).pieces === this.pieces.length
    );
  }

  /** Text between messages that is no header. */
  private dropStray(): void {
    const { pieces } = this;
    this.phase = "between";
    this.pendingRole = undefined;
    if (pieces.length === 0) return;
    if (isBlankHeader(pieces)) this.reportOwned("stray-whitespace", this.start);
    else if (this.options.strayText === "content") {
      const { position } = this;
      this.reportHeader("stray-text");
      this.markerMissing = true;
      this.position = this.start;
      this.openContent({ ...emptyFields, role: "assistant" }, pieces[0]!.start);
      this.feedAgain(pieces, 0);
      this.position = this.start;
      if (this.phase === "content") this.endMessage("implicit", this.start);
      this.position = position;
    } else this.reportOwned("stray-text", this.start);
    this.pieces = [];
    this.headerLength = 0;
  }

  // ---- content

  private emit(text: string): void {
    if (text === "") return;
    this.content += text;
    this.delta = (this.delta ?? "") + text;
    const { start: tokenStart, position: tokenEnd, sink } = this;
    if (sink !== undefined) {
      pushDelta(sink, { type: "delta", index: this.messages.length, text, tokenStart, tokenEnd });
    }
  }

  private endMessage(terminator: Terminator, contentEnd: number, complete = terminator !== "eos"): void {
    let header = this.header!;
    if (this.provisional) {
      const isCall = terminator === "call";
      this.report(isCall ? "unknown-role" : "tool-role", {
        start: this.messageStart,
        text: header.name ?? "",
        repair: { field: "role", raw: header.name ?? "", repaired: isCall ? "assistant" : "tool" },
      });
      if (isCall) header = { ...header, role: "assistant", name: undefined, recipient: header.name };
    }
    const message = new ParsedMessage(header, this.content, {
      index: this.messages.length,
      generation: this.log.generationEnds.length,
      log: this.log,
      opening: this.opening,
      terminator,
      complete,
      markerMissing: this.markerMissing,
      markerless: false,
      tokenStart: this.messageStart,
      contentStart: this.contentStart,
      contentEnd,
      tokenEnd: this.position,
    });
    this.messages.push(message);
    this.log.messageStarts.push(this.messageStart);
    this.log.settled = this.position;
    this.phase = "between";
    this.header = undefined;
    this.content = "";
    this.provisional = false;
    this.markerMissing = false;
    this.sink?.push({ type: "message_end", index: message.index, terminator, complete, message });
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

  // ---- diagnostics

  private width(id: number): number {
    return this.log.hasIds ? 1 : markerTexts.get(id)!.length;
  }

  /** A finding about the header as a whole. */
  private reportHeader(code: HarmonyDiagnosticCode, repair?: Repair): void {
    this.report(code, { start: this.messageStart, text: this.headerText(), ...(repair && { repair }) });
  }

  /** A finding that owns everything from the beginning of the header to `end`. */
  private reportOwned(code: HarmonyDiagnosticCode, end: number): void {
    this.report(code, { start: this.messageStart, end, text: this.headerText(), owns: true });
  }

  private report(
    code: HarmonyDiagnosticCode,
    details: {
      readonly start?: number;
      readonly end?: number;
      readonly text?: string;
      readonly repair?: Repair;
      readonly owns?: boolean;
      readonly tolerated?: boolean;
    } = {},
  ): void {
    const { severity, tolerated } = diagnosticTable[code];
    const { start: tokenStart = this.start, end: tokenEnd = this.position, repair } = details;
    const owns = details.owns === true && tokenEnd > tokenStart;
    const ids = this.log.hasIds ? this.log.tokens.view(tokenStart, tokenEnd) : [];
    const text = details.text ?? Array.from(ids, (id) => this.table.text(id) ?? "\ufffd").join("");
    if (this.options.strict && !(details.tolerated ?? tolerated)) this.fail(code, text, tokenStart);
    const diagnostic: Diagnostic = { code, severity, tokenStart, tokenEnd, text, repair, owns };
    this.diagnostics.push(diagnostic);
    if (owns) {
      this.log.owned.push({ start: tokenStart, end: tokenEnd });
      this.log.settled = tokenEnd;
    }
    this.sink?.push({ type: "diagnostic", diagnostic });
  }

  private unexpected(text: string): never {
    const failure = new HarmonyError(
      "unexpected-token",
      `Expected <|start|> between messages, got ${JSON.stringify(text)}.`,
      {
        tokenIndex: this.start,
        text,
      },
    );
    this.failure = failure;
    throw failure;
  }

  private fail(code: HarmonyDiagnosticCode, text: string, tokenIndex: number): never {
    const { meaning } = diagnosticTable[code];
    const failure = new HarmonyError(
      code,
      `${meaning} At token ${tokenIndex}: ${JSON.stringify(text.slice(0, 200))}`,
      {
        tokenIndex,
        text,
      },
    );
    this.failure = failure;
    throw failure;
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
      headerLength: this.headerLength,
      opening: this.opening,
      messageStart: this.messageStart,
      markerMissing: this.markerMissing,
      provisional: this.provisional,
      unannounced: this.unannounced,
      position: this.position,
      pending: Array.from(this.decoder.pending),
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
    this.pieces = [...fields.pieces];
    this.headerLength = fields.headerLength;
    this.opening = fields.opening;
    this.messageStart = fields.messageStart;
    this.markerMissing = fields.markerMissing;
    this.provisional = fields.provisional;
    this.unannounced = fields.unannounced;
    this.position = fields.position;
    this.start = fields.position;
    this.decoder.pending = Uint8Array.from(fields.pending);
    this.failure = undefined;
  }
}
