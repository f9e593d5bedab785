// The state machine of openai-harmony 0.0.8, misreadings and error texts included.

import { parseCompatHeader, splitHeader } from "./compat-header.ts";
import { CompatText } from "./compat-text.ts";
import { decodeHeaderTokens } from "./decode-tokens.ts";
import type { Diagnostic } from "./diagnostics.ts";
import { type HarmonyEvent, messageStart, pushDelta } from "./events.ts";
import { HarmonyError } from "./harmony-error.ts";
import type { Header } from "./header.ts";
import type { Role } from "./message.ts";
import { ParsedMessage, type Terminator } from "./parsed-message.ts";
import type { FinishReason, ParserCore, StreamState } from "./parser-core.ts";
import { type CompatFields, type CoreFields, wrongFields } from "./parser-fields.ts";
import { TokenLog } from "./token-log.ts";
import type { TokenTable } from "./token-table.ts";
import { callToken, endToken, isStopToken, messageToken, returnToken, startToken } from "./tokens.ts";

const terminators: Readonly<Record<number, Terminator>> = {
  [endToken]: "end",
  [callToken]: "call",
  [returnToken]: "return",
};

export class CompatParser implements ParserCore {
  state: StreamState;
  log: TokenLog = new TokenLog();
  messages: ParsedMessage[] = [];
  diagnostics: Diagnostic[] = [];
  header: Header | undefined;
  pendingRole: Role | undefined;
  headerTokens: number[] = [];
  contentStart = 0;
  content = "";
  delta: string | undefined;
  private readonly table: TokenTable;
  private readonly lenient: boolean;
  /** The prompt opened the header being read. */
  private promptOpened: boolean;
  private messageStart = 0;
  position = 0;
  private bytes: CompatText = new CompatText();

  constructor(table: TokenTable, role: Role | undefined, lenient: boolean) {
    this.table = table;
    this.lenient = lenient;
    this.log.prompts[0] = { role, prefill: undefined };
    this.pendingRole = role;
    this.promptOpened = role !== undefined;
    this.state = role === undefined ? "ExpectStart" : "Header";
  }

  step(id: number, sink: HarmonyEvent[] | undefined): void {
    this.position++;
    if (this.state === "Content") {
      if (this.bytes.pending.length === 0 && !this.bytes.undecodable && !isStopToken(id)) {
        const text = this.table.text(id);
        if (text !== null) {
          this.content += text;
          this.delta = text;
          if (sink !== undefined) this.reportDelta(text, sink);
          return;
        }
      }
      this.contentStep(id, sink);
    } else if (this.state === "Header") this.headerStep(id, sink);
    else if (id === startToken) this.openHeader();
    else this.unexpected(id);
  }

  finish(_reason: FinishReason | undefined, sink: HarmonyEvent[] | undefined): void {
    if (this.state === "Content") this.endMessage("eos", this.position, sink);
    else if (this.state === "Header") {
      throw new HarmonyError(
        "truncated-header",
        "Unexpected EOS while waiting for message header to complete",
        { tokenIndex: this.position },
      );
    }
    this.log.generationEnds.push(this.position);
  }

  clone(): CompatParser {
    const copy = new CompatParser(this.table, undefined, this.lenient);
    copy.log = this.log.clone();
    copy.messages = [...this.messages];
    copy.restoreFields(this.saveFields());
    return copy;
  }

  saveFields(): CompatFields {
    return {
      mode: "compat",
      state: this.state,
      header: this.header,
      pendingRole: this.pendingRole,
      headerTokens: [...this.headerTokens],
      contentStart: this.contentStart,
      content: this.content,
      delta: this.delta,
      promptOpened: this.promptOpened,
      messageStart: this.messageStart,
      pending: this.bytes.pending,
      undecodable: this.bytes.undecodable,
      position: this.position,
    };
  }

  restoreFields(fields: CoreFields): void {
    if (fields.mode !== "compat") throw wrongFields(fields.mode, "compat");
    this.state = fields.state;
    this.header = fields.header;
    this.pendingRole = fields.pendingRole;
    this.headerTokens = [...fields.headerTokens];
    this.contentStart = fields.contentStart;
    this.content = fields.content;
    this.delta = fields.delta;
    this.promptOpened = fields.promptOpened;
    this.messageStart = fields.messageStart;
    this.bytes.pending = fields.pending;
    this.bytes.undecodable = fields.undecodable;
    this.position = fields.position;
  }

  private openHeader(): void {
    this.state = "Header";
    this.headerTokens = [];
    this.messageStart = this.position - 1;
    this.promptOpened = false;
  }

  private unexpected(id: number): never {
    this.log.settled = this.position;
    throw new HarmonyError(
      "unexpected-token",
      `Unexpected token ${id} while expecting start token ${startToken}`,
      { tokenIndex: this.position - 1, text: this.table.text(id) ?? undefined },
    );
  }

  private headerStep(id: number, sink: HarmonyEvent[] | undefined): void {
    if (id === messageToken) this.openContent(sink);
    else if (this.lenient && isStopToken(id)) this.endHeaderWithoutContent(id, sink);
    else this.headerTokens.push(id);
  }

  private openContent(sink: HarmonyEvent[] | undefined): void {
    // As in the reference, a header that cannot be read leaves the parser between messages with its pending role.
    this.state = "ExpectStart";
    const tokenIndex = this.position - 1;
    const text = decodeHeaderTokens(this.table, this.headerTokens);
    if (typeof text !== "string") {
      throw new HarmonyError(text.code, "could not decode header", { tokenIndex, cause: text });
    }
    try {
      this.header = parseCompatHeader(text, this.pendingRole);
    } catch (error) {
      if (!(error instanceof HarmonyError)) throw error;
      throw new HarmonyError(error.code, error.message, { tokenIndex, text, cause: error });
    }
    this.pendingRole = undefined;
    this.state = "Content";
    this.content = "";
    this.contentStart = this.position;
    sink?.push(messageStart(this.messages.length, this.header, false));
  }

  /** Lenient mode: a header that ends in a stop token is a message whose text is the header. */
  private endHeaderWithoutContent(id: number, sink: HarmonyEvent[] | undefined): void {
    const role = this.pendingRole;
    const tokenIndex = this.position - 1;
    if (role !== undefined && this.headerTokens.length > 0) {
      const text = decodeHeaderTokens(this.table, this.headerTokens);
      if (typeof text !== "string") throw text;
      const { channel, parts } = splitHeader(text);
      if (parts[0] === role) parts.shift();
      this.header = { role, channel };
      this.content = parts.join(" ");
      this.contentStart = tokenIndex;
      if (sink !== undefined) {
        sink.push(messageStart(this.messages.length, this.header, false));
        if (this.content !== "") this.reportDelta(this.content, sink);
      }
      this.endMessage(terminators[id]!, tokenIndex, sink);
    }
    this.pendingRole = undefined;
    this.state = "ExpectStart";
    this.log.settled = this.position;
  }

  private contentStep(id: number, sink: HarmonyEvent[] | undefined): void {
    if (isStopToken(id)) {
      this.endMessage(terminators[id]!, this.position - 1, sink);
      return;
    }
    this.delta = undefined;
    const piece = this.bytes.push(this.table.bytes(id));
    if (piece === undefined) return;
    const text = piece.text + piece.replacement;
    this.delta = text;
    this.content += text;
    if (sink !== undefined) this.reportDelta(text, sink);
  }

  private endMessage(terminator: Terminator, contentEnd: number, sink: HarmonyEvent[] | undefined): void {
    const tail = this.bytes.tail();
    if (tail !== "" && sink !== undefined) {
      const tokenEnd = contentEnd;
      pushDelta(sink, {
        type: "delta",
        index: this.messages.length,
        text: tail,
        tokenStart: tokenEnd,
        tokenEnd,
      });
    }
    const message = new ParsedMessage(this.header!, this.content + tail, {
      index: this.messages.length,
      generation: this.log.generationEnds.length,
      log: this.log,
      opening: this.promptOpened ? "prompt" : "start",
      terminator,
      complete: terminator !== "eos",
      markerMissing: this.state === "Header",
      markerless: false,
      tokenStart: this.messageStart,
      contentStart: this.contentStart,
      contentEnd,
      tokenEnd: this.position,
    });
    this.messages.push(message);
    this.log.messageStarts.push(this.messageStart);
    this.log.settled = this.position;
    this.promptOpened = false;
    this.state = "ExpectStart";
    this.header = undefined;
    this.headerTokens = [];
    this.content = "";
    this.delta = undefined;
    const { index, complete } = message;
    sink?.push({ type: "message_end", index, terminator, complete, message });
  }

  private reportDelta(text: string, sink: HarmonyEvent[]): void {
    const tokenEnd = this.position;
    pushDelta(sink, { type: "delta", index: this.messages.length, text, tokenStart: tokenEnd - 1, tokenEnd });
  }
}
