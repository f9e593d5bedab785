// The header part of recover and strict mode: reads complete headers, and finds the content in those that are not.

import type { HarmonyDiagnosticCode } from "../errors.ts";
import { type HeaderPiece, headerElements, headerUnits } from "./header-elements.ts";
import { type HeaderFields, readHeader } from "./header-fields.ts";
import { isBlankHeader, readHeaderPrefix } from "./header-metadata.ts";
import { HeaderProof } from "./header-proof.ts";
import { channelWords } from "./header-words.ts";
import type { Role } from "./message.ts";
import { MessageAssembler } from "./message-assembler.ts";
import type { Opening } from "./parsed-message.ts";
import type { PrefilledMessage } from "./token-log.ts";
import type { TokenTable } from "./token-table.ts";

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

export abstract class HeaderReader extends MessageAssembler {
  protected readonly options: RecoverOptions;
  private proof: HeaderProof = new HeaderProof(true);
  private readonly knownTools: ReadonlySet<string>;
  private readonly cache: Map<string, HeaderFields>;

  constructor(table: TokenTable, options: RecoverOptions) {
    super(table, options.strict === true);
    this.options = options;
    const names = options.knownTools ?? [];
    this.knownTools = names.length === 0 ? noTools : new Set(names);
    this.cache = names.length === 0 ? sharedCache : new Map();
  }

  /** Reads a special token in the current phase. */
  protected abstract special(id: number): void;
  /** Reads text in the current phase. */
  protected abstract text(text: string): void;

  protected openHeader(opening: Opening, role: Role | undefined, start: number): void {
    this.phase = "header";
    this.opening = opening;
    this.pendingRole = role;
    this.messageStart = start;
    this.pieces = [];
    this.proof = new HeaderProof(role === undefined);
  }

  /** Adds to the header, which may turn out to be none. */
  protected addPiece(id: number, text: string): void {
    const piece = { id, text, start: this.start, end: this.position };
    this.pieces.push(piece);
    const reason = this.proof.add(piece);
    if (reason !== undefined) this.release(reason);
  }

  /** Takes over the header of a saved state. */
  protected restorePieces(pieces: readonly HeaderPiece[]): void {
    this.pieces = [...pieces];
    this.proof = new HeaderProof(this.pendingRole === undefined);
    for (const piece of pieces) this.proof.add(piece);
  }

  protected completeHeader(): void {
    const fields = this.readFields();
    for (const { code, repair } of fields.findings) this.reportHeader(code, repair);
    if (fields.provisional && this.strict && !fields.knownAuthor) this.reportHeader("unknown-role");
    this.noteCallOnAnalysis(fields);
    this.provisional = fields.provisional;
    this.markerMissing = false;
    const { role, name, recipient, channel, contentType } = fields;
    this.openContent({ role, name, recipient, channel, contentType }, this.position);
  }

  /** The same few headers come again and again. */
  private readFields(): HeaderFields {
    const key = headerKey(this.pieces, this.pendingRole);
    const known = key === undefined ? undefined : this.cache.get(key);
    if (known !== undefined) return known;
    const elements = headerElements(headerUnits(this.pieces));
    const fields = readHeader(elements, { role: this.pendingRole, knownTools: this.knownTools });
    if (key !== undefined) {
      if (this.cache.size >= cacheLimit) this.cache.clear();
      this.cache.set(key, fields);
    }
    return fields;
  }

  protected noteCallOnAnalysis({ role, channel, recipient }: HeaderFields): void {
    if (role !== "assistant" || channel !== "analysis" || recipient === undefined) return;
    if (/^(all|assistant|user|python|browser|container)(\.|$)/.test(recipient)) return;
    this.reportHeader("tool-call-on-analysis");
  }

  /** What stood in header position is content: a message starts, and its text streams from here on. */
  protected release(reason: HarmonyDiagnosticCode): void {
    this.reportHeader(this.strict ? reason : "missing-message-marker");
    this.openWithoutMarker(true);
  }

  /** Opens the message of a header without `<|message|>`, and feeds what follows the header as content. */
  protected openWithoutMarker(reportChannel: boolean): void {
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

  protected endOfPieces(pieces: readonly HeaderPiece[]): number {
    return pieces.at(-1)?.end ?? this.start;
  }

  /** Header pieces that turned out to be content. Markers among them mean what they mean in content. */
  protected feedAgain(pieces: readonly HeaderPiece[], offset: number): void {
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

  protected headerIsMetadata(): boolean {
    return (
      readHeaderPrefix(this.pieces, { implied: this.opening === "implied" }).pieces === this.pieces.length
    );
  }

  /** Text between messages that is no header. */
  protected dropStray(): void {
    const { pieces } = this;
    this.phase = "between";
    this.pendingRole = undefined;
    if (pieces.length === 0) return;
    if (isBlankHeader(pieces)) this.reportOwned("stray-whitespace", this.start);
    else if (this.options.strayText === "content") {
      this.reportHeader("stray-text");
      this.markerMissing = true;
      this.openContent({ role: "assistant" }, pieces[0]!.start);
      this.feedAgain(pieces, 0);
      if (this.header !== undefined) this.endBefore(this.start);
    } else this.reportOwned("stray-text", this.start);
    this.pieces = [];
  }

  /** Ends the open message where what is being fed begins. */
  protected endBefore(start: number): void {
    const { position } = this;
    this.position = start;
    this.endMessage("implicit", start);
    this.position = position;
  }
}

const cacheLimit = 512;
/** What a header says without knowledge of tools. */
const noTools: ReadonlySet<string> = new Set();

const sharedCache = new Map<string, HeaderFields>();

/** Pieces and role as text; undefined for long headers, and for text that could pass for a marker in it. */
function headerKey(pieces: readonly HeaderPiece[], role: Role | undefined): string | undefined {
  if (pieces.length > 16) return undefined;
  let key: string = role ?? "";
  for (const { id, text } of pieces) {
    if (text.includes("\0")) return undefined;
    key += id === -1 ? text : `\0${id}\0`;
  }
  return key;
}
