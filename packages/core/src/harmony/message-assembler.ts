// The message that recover and strict mode are reading, and what they report about it. The state machine on top of it
// decides; this part records, keeps positions, and in strict mode raises.

import type { HarmonyDiagnosticCode } from "../errors.ts";
import { type Diagnostic, diagnosticRule, type Repair } from "./diagnostics.ts";
import { type HarmonyEvent, messageStart, pushDelta } from "./events.ts";
import { HarmonyError } from "./harmony-error.ts";
import type { Header } from "./header.ts";
import type { HeaderPiece } from "./header-elements.ts";
import type { Role } from "./message.ts";
import { type Opening, ParsedMessage, type Terminator } from "./parsed-message.ts";
import type { Phase } from "./parser-fields.ts";
import { TokenLog } from "./token-log.ts";
import type { TokenTable } from "./token-table.ts";
import { markerTexts } from "./tokens.ts";

export interface FindingDetails {
  /** Default: the range of what is being fed. */
  readonly start?: number;
  readonly end?: number;
  /** Default: the text of the range. */
  readonly text?: string;
  readonly repair?: Repair;
  readonly owns?: boolean;
  /** Overrides whether strict mode lets it pass. */
  readonly tolerated?: boolean;
}

export class MessageAssembler {
  log: TokenLog = new TokenLog();
  messages: ParsedMessage[] = [];
  diagnostics: Diagnostic[] = [];
  header: Header | undefined;
  /** The role of the header being read, when it is known beforehand. */
  pendingRole: Role | undefined;
  contentStart = 0;
  content = "";
  delta: string | undefined;
  /** Messages are read from text whose markers had been removed. */
  markerless = false;
  protected phase: Phase = "between";
  protected readonly table: TokenTable;
  protected readonly strict: boolean;
  protected pieces: HeaderPiece[] = [];
  protected opening: Opening = "start";
  protected messageStart = 0;
  protected markerMissing = false;
  protected provisional = false;
  /** The open message has not been reported, because it was open before anything was fed. */
  protected unannounced = false;
  /** Units fed so far: tokens, or UTF-16 units of text. */
  position = 0;
  /** `position` before anything was read again as content. */
  protected fed = 0;
  /** Where what is being fed starts; it ends at `position`. */
  protected start = 0;
  protected sink: HarmonyEvent[] | undefined;
  /** Strict mode raised this; it accepts nothing more. */
  protected failure: HarmonyError | undefined;

  constructor(table: TokenTable, strict: boolean) {
    this.table = table;
    this.strict = strict;
  }

  /** Reports a message that was open before anything was fed. */
  announcePrefill(sink: HarmonyEvent[]): void {
    if (this.unannounced && this.header !== undefined) {
      sink.push(messageStart(this.messages.length, this.header, this.provisional));
    }
    this.unannounced = false;
  }

  // ---- messages

  protected openContent(header: Header, contentStart: number): void {
    this.phase = "content";
    this.header = header;
    this.pendingRole = undefined;
    this.pieces = [];
    this.content = "";
    this.contentStart = contentStart;
    this.sink?.push(messageStart(this.messages.length, header, this.provisional));
  }

  /** Adds text to the content of the open message. */
  protected emit(text: string): void {
    if (text === "") return;
    this.content += text;
    this.delta = (this.delta ?? "") + text;
    const { start: tokenStart, position: tokenEnd, sink } = this;
    if (sink !== undefined) {
      pushDelta(sink, { type: "delta", index: this.messages.length, text, tokenStart, tokenEnd });
    }
  }

  protected endMessage(
    terminator: Terminator,
    contentEnd: number,
    complete: boolean = terminator !== "eos",
  ): void {
    const header = this.settledHeader(terminator);
    if (this.markerless) this.report("markerless", { start: this.messageStart, text: "" });
    const message = new ParsedMessage(header, this.content, {
      index: this.messages.length,
      generation: this.log.generationEnds.length,
      log: this.log,
      opening: this.opening,
      terminator,
      complete,
      markerMissing: this.markerMissing,
      markerless: this.markerless,
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
    this.unannounced = false;
    this.sink?.push({ type: "message_end", index: message.index, terminator, complete, message });
  }

  /** A lone word in the role's place is the called tool after `<|call|>`, else the one that answers. */
  private settledHeader(terminator: Terminator): Header {
    const header = this.header!;
    if (!this.provisional) return header;
    const { name = "" } = header;
    const isCall = terminator === "call";
    const repair = { field: "role", raw: name, repaired: isCall ? "assistant" : "tool" };
    this.report(isCall ? "unknown-role" : "tool-role", { start: this.messageStart, text: name, repair });
    return isCall ? { ...header, role: "assistant", name: undefined, recipient: name } : header;
  }

  // ---- findings

  protected headerText(): string {
    return this.pieces.map(({ id, text }) => (id === -1 ? text : markerTexts.get(id)!)).join("");
  }

  /** A finding about the header as a whole. */
  protected reportHeader(code: HarmonyDiagnosticCode, repair?: Repair): void {
    this.report(code, { start: this.messageStart, text: this.headerText(), ...(repair && { repair }) });
  }

  /** A finding that owns everything from the beginning of the header to `end`. */
  protected reportOwned(code: HarmonyDiagnosticCode, end: number): void {
    this.report(code, { start: this.messageStart, end, text: this.headerText(), owns: true });
  }

  protected report(code: HarmonyDiagnosticCode, details: FindingDetails = {}): void {
    const { severity, tolerated } = diagnosticRule(code);
    const { start: tokenStart = this.start, end: tokenEnd = this.position, repair } = details;
    const owns = details.owns === true && tokenEnd > tokenStart;
    const text = details.text ?? this.textOf(tokenStart, tokenEnd);
    if (this.strict && !(details.tolerated ?? tolerated)) {
      this.fail(
        code,
        `Strict mode rejects this output (${code}) at token ${tokenStart}: ${JSON.stringify(text.slice(0, 200))}`,
        text,
      );
    }
    const diagnostic: Diagnostic = { code, severity, tokenStart, tokenEnd, text, repair, owns };
    this.diagnostics.push(diagnostic);
    if (owns) {
      this.log.owned.push({ start: tokenStart, end: tokenEnd });
      if (this.phase !== "content") this.log.settled = tokenEnd;
    }
    this.sink?.push({ type: "diagnostic", diagnostic });
  }

  /** Strict mode: nothing but `<|start|>` may stand between messages. */
  protected unexpected(text: string): never {
    return this.fail(
      "unexpected-token",
      `Expected <|start|> between messages, got ${JSON.stringify(text)}.`,
      text,
    );
  }

  private fail(code: HarmonyDiagnosticCode | "unexpected-token", message: string, text: string): never {
    this.failure = new HarmonyError(code, message, { tokenIndex: this.start, text });
    this.position = this.fed;
    throw this.failure;
  }

  private textOf(start: number, end: number): string {
    if (!this.log.hasIds) return "";
    return Array.from(this.log.tokens.view(start, end), (id) => this.table.text(id) ?? "\ufffd").join("");
  }
}
