// The reader of tool formats: it knows calls and outer sections, and turns what a format reads into events.
// A call is committed once its name and the start of its arguments were seen; before that it can still become text.

import { JsonScanner } from "../json/index.ts";
import type { Emitter } from "./emitter.ts";
import type { CallIdentity, ToolDefinition } from "./format.ts";
import { defaultCallId } from "./identity.ts";
import { hasSurrogate } from "./json-text.ts";
import type { MarkerSet } from "./marker-set.ts";
import type { CallFault } from "./output-event.ts";
import { type MarkerPieces, type Outcome, Reader, type Task } from "./reader.ts";
import type { Rules } from "./rules.ts";

export interface ParserLimits {
  /** Nesting of values. */
  readonly depth: number;
  readonly calls: number;
  /** Characters of one call, markers included. */
  readonly callLength: number;
  /** Characters of a value without a marker that has not shown a name yet. */
  readonly bareCandidate: number;
  readonly nameLength: number;
  /** Characters held inside an outer section before its first call. */
  readonly heldText: number;
}

export const defaultLimits: ParserLimits = {
  depth: 128,
  calls: 1024,
  callLength: 8 * 1024 * 1024,
  bareCandidate: 256 * 1024,
  nameLength: 256,
  heldText: 1024 * 1024,
};

export interface ToolReaderOptions {
  readonly rules: Rules;
  readonly tools: readonly ToolDefinition[];
  readonly commit: "eager" | "closed";
  readonly keepRaw: boolean;
  readonly limits: ParserLimits;
  readonly id: ((call: CallIdentity) => string) | undefined;
  readonly discard: readonly string[];
  readonly historyToolCalls: number;
  readonly allowedTools: ReadonlySet<string> | undefined;
  readonly maxCalls: number | undefined;
  readonly namedTool: string | undefined;
  readonly citations: "strip" | "keep";
  readonly minicpmAliases: boolean;
  readonly pieces: MarkerPieces;
}

/** What becomes of a committed call: events now, events at its end, nothing, or text. */
type CallMode = "eager" | "closed" | "drop" | "text";

interface OpenCall {
  readonly mode: CallMode;
  readonly fault: CallFault | "extra-call" | undefined;
  readonly index: number;
  readonly id: string;
  readonly name: string;
  readonly nativeId: string | undefined;
  arguments: string;
}

interface Section {
  readonly number: number;
  held: string;
  calls: number;
  blank: boolean;
  /** A call was dropped on purpose. */
  refused: boolean;
  spilled: boolean;
}

const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

export class ToolReader extends Reader {
  readonly options: ToolReaderOptions;
  readonly rules: Rules;
  /** Set while a value without a marker is tried as a call: it may still be text. */
  candidate = false;
  readonly #tools: ReadonlyMap<string, ToolDefinition>;
  readonly #discard: ReadonlySet<string>;
  readonly #ids = new Set<string>();
  #call: OpenCall | undefined;
  #section: Section | undefined;
  #sections = 0;
  #started = 0;
  /** Where a task waits in text that it emits as it comes: what ends the text. */
  #until: MarkerSet | undefined;
  /** What reads the JSON that goes into the arguments of the announced call as it comes. */
  #arguments: JsonScanner | undefined;

  constructor(emit: Emitter, options: ToolReaderOptions) {
    super(emit, options.pieces);
    this.options = options;
    this.rules = options.rules;
    this.#tools = new Map(options.tools.map((tool) => [tool.name, tool]));
    this.#discard = new Set(options.discard);
  }

  /** The declared tool of that name. */
  tool(name: string): ToolDefinition | undefined {
    return this.#tools.get(name);
  }

  get hasTools(): boolean {
    return this.#tools.size > 0;
  }

  /** The call being read was announced; what follows belongs to it. */
  get committed(): boolean {
    return this.#call !== undefined;
  }

  /** Calls announced so far. */
  get started(): number {
    return this.#started;
  }

  /** True where a reasoning tag would be part of a call and not a tag. */
  get protects(): boolean {
    if (this.candidate) return this.quoted;
    return this.#section !== undefined || this.input.hasCaptured;
  }

  /** Text up to a marker of `set`, which is captured and returned. Undefined: the output ended. */
  *text(set: MarkerSet): Task<string | undefined> {
    const { input, emit } = this;
    this.flush();
    for (;;) {
      const found = set.find(input.buffer, input.pos, input.ended || input.barrier, this.check);
      const marker = set.hit;
      if (found > input.pos) emit.text(input.read(found - input.pos));
      if (marker !== undefined) {
        input.take(marker.length);
        if (!this.#discard.has(marker)) return marker;
        emit.skip(input.release(), "discard");
      } else if (input.barrier || input.canWait()) {
        input.barrier = false;
        this.#until = set;
        yield;
        this.#until = undefined;
      } else {
        return undefined;
      }
    }
  }

  /** Consumes one JSON value: the arguments of the announced call. */
  *jsonArguments(scanner: JsonScanner = new JsonScanner(this.options.limits.depth)): Task<Outcome> {
    this.#arguments = scanner;
    const outcome = yield* this.json((text) => this.args(text), scanner);
    this.#arguments = undefined;
    return outcome;
  }

  override goOn(text: string): boolean {
    const inArguments = this.#arguments !== undefined;
    const goesOn = inArguments ? this.#argumentsGoOn(text) : this.#textGoesOn(text);
    if (!goesOn || !this.input.passes(text)) return false;
    this.input.pass(text, inArguments);
    return true;
  }

  #textGoesOn(text: string): boolean {
    return this.#until?.misses(text) === true && this.emit.goesOn("text");
  }

  #argumentsGoOn(text: string): boolean {
    const call = this.#call;
    if (call?.mode !== "eager" || this.#arguments?.staysInString(text) !== true) return false;
    return this.emit.goesOnWithArguments(call.index);
  }

  /** What was captured and not claimed becomes text. */
  flush(): void {
    this.candidate = false;
    if (this.#section !== undefined) this.closeSection(false);
    if (this.input.captured !== "") this.emit.text(this.input.release());
  }

  /** What was captured is part of the format, not of the text. */
  drop(why: "marker" | "noise" | "discard" = "marker"): void {
    this.emit.skip(this.input.release(), why);
  }

  // --- outer sections ---

  /** The captured opener starts a section that may hold several calls. */
  openSection(): void {
    this.#section = {
      number: this.#sections++,
      held: this.input.release(),
      calls: 0,
      blank: true,
      refused: false,
      spilled: false,
    };
  }

  get inSection(): boolean {
    return this.#section !== undefined;
  }

  /** Calls announced in the open section. */
  get sectionCalls(): number {
    return this.#section?.calls ?? 0;
  }

  /**
   * What was captured between the calls of the section is dropped, or held while it has no call yet.
   * `content`: it is more than punctuation, so that a section without calls is not empty.
   */
  sectionNoise(content = false): void {
    const section = this.#section;
    const text = this.input.release();
    if (section === undefined || text === "") return;
    if (section.calls > 0) {
      this.emit.skip(text, "noise", section.number);
      return;
    }
    if (content && text.trim() !== "") section.blank = false;
    section.held += text;
    if (!section.spilled && section.held.length <= this.options.limits.heldText) return;
    section.spilled = true;
    this.emit.text(section.held);
    section.held = "";
  }

  /** Ends the section and drops what it holds; its calls stand. */
  dropSection(): void {
    const section = this.#section;
    if (section === undefined) return;
    this.#section = undefined;
    const text = section.held + this.input.release();
    this.emit.diagnostic("bad-syntax", text);
    this.emit.skip(text, "noise", section.number);
  }

  /** Reads noise of the section up to a marker of `set`, which is captured alone and returned. */
  *noiseUntil(set: MarkerSet): Task<string | undefined> {
    const { input } = this;
    const marker = yield* this.until(set);
    if (marker === undefined) return undefined;
    input.captured = input.captured.slice(0, -marker.length);
    this.sectionNoise(true);
    input.captured = marker;
    return marker;
  }

  /** Ends the section. One without any call is text again, unless it was closed and blank. */
  closeSection(closed: boolean): void {
    const section = this.#section;
    if (section === undefined) return;
    this.#section = undefined;
    const text = this.input.release();
    if (section.calls > 0) this.emit.skip(text, "marker", section.number);
    else if (this.#isEmpty(section, closed)) this.emit.skip(section.held + text, "noise", section.number);
    else this.emit.text(section.held + text);
  }

  #isEmpty(section: Section, closed: boolean): boolean {
    return this.rules.emptySection === "drop" || (section.blank && (closed || section.refused));
  }

  // --- calls ---

  /** A call starts with what is captured; its length is limited from here. */
  openCall(limit: number = this.options.limits.callLength): void {
    this.input.clamp(Math.max(0, limit - this.input.captured.length));
  }

  /**
   * Announces the call. False: the name is unusable, nothing was announced.
   */
  commit(rawName: string, nativeId?: string): boolean {
    const name = rawName.trim();
    if (name === "" || name.length > this.options.limits.nameLength) return false;
    this.announce(name, nativeId);
    return true;
  }

  /** Announces the call under exactly this name, even an empty one. */
  announce(name: string, nativeId?: string): void {
    this.candidate = false;
    const { mode, fault } = this.#modeFor(name);
    // The limit of a bare candidate does not hold for what is known to be a call.
    this.input.unclamp();
    this.openCall();
    const index = mode === "eager" ? this.#started++ : -1;
    const id = mode === "eager" ? this.#identify(index, name, nativeId) : "";
    this.#call = { mode, fault, index, id, name, nativeId, arguments: "" };
    if (mode === "eager") this.#start(this.#call);
  }

  /** Appends JSON text to the arguments of the announced call. */
  args(text: string): void {
    const call = this.#call;
    if (call === undefined || text === "") return;
    const json = hasSurrogate(text) ? escapeLoneSurrogates(text) : text;
    if (call.mode === "eager") this.emit.arguments(call.index, json);
    else if (call.mode === "closed") call.arguments += json;
  }

  /** The call is complete and right; what was captured is its source. */
  complete(): void {
    const call = this.#take();
    if (call === undefined) return;
    if (call.mode === "eager") this.#end(call.index, "ok");
    else if (call.mode === "closed") this.#completeClosed(call);
    else this.#refuse(call);
    if (call.mode !== "text" && this.rules.afterText === "drop") this.emit.dropText = true;
  }

  /** The call is wrong: an announced call ends as invalid (or truncated), any other becomes text. */
  fail(fault: CallFault): void {
    // A bracket in prose is not worth a diagnostic.
    const bare = this.candidate;
    const call = this.#take();
    if (call !== undefined && call.mode === "eager") {
      this.#end(call.index, fault === "truncated" ? "truncated" : "invalid", fault);
      return;
    }
    if (call !== undefined && (call.mode === "drop" || call.mode === "text")) {
      this.#refuse(call);
      return;
    }
    if (!bare) this.emit.diagnostic(fault, this.input.captured);
    this.#giveBack();
  }

  /** The call could not be read and its format drops such calls. */
  discardCall(fault: CallFault): void {
    const call = this.#take();
    if (call?.mode === "eager") {
      this.#end(call.index, "invalid", fault);
      return;
    }
    this.emit.diagnostic(fault, this.input.captured);
    this.#dropSource();
  }

  #take(): OpenCall | undefined {
    const call = this.#call;
    this.#call = undefined;
    this.#arguments = undefined;
    this.candidate = false;
    this.input.unclamp();
    return call;
  }

  #modeFor(name: string): { mode: CallMode; fault: OpenCall["fault"] } {
    const { options, rules } = this;
    if (options.allowedTools !== undefined && !options.allowedTools.has(name)) {
      return { mode: "text", fault: "unknown-tool" };
    }
    if (rules.unknownTools !== "forward" && this.hasTools && this.tool(name) === undefined) {
      return { mode: rules.unknownTools, fault: "unknown-tool" };
    }
    if (options.maxCalls !== undefined && this.#started >= options.maxCalls) {
      return { mode: "drop", fault: "extra-call" };
    }
    if (this.#started >= options.limits.calls) return { mode: "text", fault: "limit" };
    return { mode: options.commit, fault: undefined };
  }

  #identify(index: number, name: string, nativeId: string | undefined): string {
    const make = this.options.id ?? defaultCallId;
    const history = this.options.historyToolCalls;
    let id = make({ index, name, nativeId, history });
    // A model may repeat its own ids; a client could then not tell the calls apart.
    if (this.#ids.has(id)) id = make({ index, name, nativeId: undefined, history });
    this.#ids.add(id);
    return id;
  }

  #start(call: OpenCall): void {
    const section = this.#section;
    if (section !== undefined) {
      section.calls++;
      this.emit.beforeCall();
      this.emit.skip(section.held, "marker", section.number);
      section.held = "";
    } else {
      this.emit.beforeCall();
    }
    const { index, id, name, nativeId } = call;
    this.emit.add(
      nativeId === undefined
        ? { type: "tool-call", index, id, name }
        : { type: "tool-call", index, id, name, nativeId },
    );
  }

  #end(index: number, status: "ok" | "invalid" | "truncated", reason?: CallFault): void {
    const raw = this.input.release();
    this.emit.add({
      type: "tool-end",
      index,
      status,
      ...(this.options.keepRaw ? { raw } : {}),
      ...(reason === undefined ? {} : { reason }),
      ...(this.#section === undefined ? {} : { section: this.#section.number }),
    });
  }

  #completeClosed(call: OpenCall): void {
    const index = this.#started++;
    const id = this.#identify(index, call.name, call.nativeId);
    this.#start({ ...call, index, id });
    if (call.arguments !== "") this.emit.arguments(index, call.arguments);
    this.#end(index, "ok");
  }

  /** A call that may not be made: dropped, or text. */
  #refuse(call: OpenCall): void {
    this.emit.diagnostic(call.fault ?? "unknown-tool", this.input.captured);
    if (call.mode === "text") {
      this.#giveBack();
      return;
    }
    this.#dropSource();
  }

  /** The source of the call is not shown; in a section without calls it waits for what the section comes to. */
  #dropSource(): void {
    if (this.#section === undefined) {
      this.emit.skip(this.input.release(), "noise");
      return;
    }
    this.#section.refused = true;
    this.sectionNoise();
  }

  #giveBack(): void {
    if (this.#section === undefined) {
      this.emit.text(this.input.release());
      return;
    }
    this.sectionNoise(true);
  }
}

/** Lone halves of surrogate pairs cannot be encoded as UTF-8; JSON has an escape for them. */
function escapeLoneSurrogates(text: string): string {
  return text.replace(loneSurrogate, (half) => `\\u${half.charCodeAt(0).toString(16)}`);
}
