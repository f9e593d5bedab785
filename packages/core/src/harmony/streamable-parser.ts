// The public streaming parser: one class for the three modes, fed token by token or in batches.

import { CompatParser } from "./compat-parser.ts";
import type { Diagnostic } from "./diagnostics.ts";
import type { HarmonyEvent } from "./events.ts";
import { HarmonyError } from "./harmony-error.ts";
import { IncrementalText } from "./incremental-text.ts";
import type { Role } from "./message.ts";
import type { ParsedMessage } from "./parsed-message.ts";
import type { FinishReason, ParserCore, StreamState } from "./parser-core.ts";
import { markParser, type ParserMark, rollback } from "./parser-mark.ts";
import type { ParserVocabulary } from "./parser-vocabulary.ts";
import { RecoverParser } from "./recover-parser.ts";
import { applySnapshot, type ParserSnapshot, takeSnapshot } from "./snapshot.ts";
import { type StateData, stateData } from "./state-data.ts";
import { type MarkersStripped, TextFeed } from "./text-feed.ts";
import type { PrefilledMessage } from "./token-log.ts";
import { TokenTable } from "./token-table.ts";

/**
 * - `compat`: openai-harmony 0.0.8 to the bit, its misreadings and errors included.
 * - `strict`: what is unambiguous is read, everything else is an error.
 * - `recover`: everything is read, nothing is lost, diagnostics say what was repaired. Never throws on model output.
 */
export type ParseMode = "compat" | "strict" | "recover";

export interface ParserOptions {
  /** Role of the first message, when the prompt ended in `<|start|>` and a role. */
  readonly role?: Role | null | undefined;
  /** Default: `compat` when first fed by `process`, `recover` when first fed by `push`. */
  readonly mode?: ParseMode | undefined;
  /** openai-harmony's switch, for compat mode. False accepts headers without `<|message|>`. Default true. */
  readonly strict?: boolean | undefined;
  /** Names of functions, with or without `functions.`; used by strict and recover. */
  readonly knownTools?: readonly string[] | undefined;
  /** What recover does with text between messages. Default `diagnostic`. */
  readonly strayText?: "diagnostic" | "content" | undefined;
  /** A message that the prompt opened and whose content the output continues; needs `role`, not for compat. */
  readonly prefill?: PrefilledMessage | undefined;
  /** For text input: what to do about text whose markers an engine removed. Default `off`. */
  readonly markersStripped?: MarkersStripped | undefined;
  /** How many tokens `undo` can take back. Default 64. */
  readonly undoWindow?: number | undefined;
}

export interface FinishOptions {
  /** Why the engine stopped. Engines often swallow the stop token: `stop` says the message is complete. */
  readonly reason?: FinishReason | undefined;
}

/**
 * Reads a model's output as it is sampled.
 *
 * @example
 * const parser = new StreamableParser(encoding, { role: "assistant" });
 * for (const event of parser.push(ids)) if (event.type === "delta") show(event.text);
 * parser.end();
 * parser.messages; // [Message, …]
 */
export class StreamableParser {
  private readonly vocabulary: ParserVocabulary;
  private readonly options: ParserOptions;
  private open: ParserCore | undefined;
  private readonly window: number;
  /** Present once text was fed. */
  private feed: TextFeed | undefined;
  private utf8: IncrementalText | undefined;
  /** Two past states, so that one of them is at least a window old. */
  private older: ParserMark | undefined;
  private newer: ParserMark | undefined;
  private untilCheckpoint = 0;

  constructor(vocabulary: ParserVocabulary | TokenTable, options: ParserOptions = {}) {
    this.vocabulary = vocabulary instanceof TokenTable ? { tokenTable: vocabulary } : vocabulary;
    this.options = { ...options, role: options.role ?? undefined };
    this.window = options.undoWindow ?? 64;
    if (options.mode !== undefined) this.start(options.mode);
  }

  // ---- feeding

  /** Reads one token. @throws HarmonyError in compat and strict mode, when the output is not accepted */
  process(id: number): this {
    const core = this.open ?? this.start("compat");
    core.log.tokens.push(toTokenId(id, 0));
    if (this.window > 0 && --this.untilCheckpoint < 0) this.checkpoint(core);
    core.step(id, undefined);
    return this;
  }

  /** The stream has ended. @throws HarmonyError in compat and strict mode, inside a header */
  processEos(): this {
    const core = this.open ?? this.start("compat");
    this.forget();
    core.finish(undefined, undefined);
    return this;
  }

  /** Reads tokens and reports what they gave. Any split of a stream gives the same concatenated events. */
  push(ids: ArrayLike<number> | Iterable<number>): HarmonyEvent[] {
    const core = this.open ?? this.start("recover");
    const events: HarmonyEvent[] = [];
    if (core instanceof RecoverParser) core.announcePrefill(events);
    this.feedIds(core, ids, events);
    return events;
  }

  /**
   * Reads one token if it does nothing but go on with the content of the open message, as most do: then this is the text
   * of the delta that `push` would have reported. Undefined: nothing was read. Never with an undo window.
   */
  goOn(id: number): string | undefined {
    const core = this.open;
    if (this.window > 0 || !(core instanceof RecoverParser)) return undefined;
    return core.goOn(id);
  }

  /** Reads a whole output at once, without events. @throws HarmonyError in compat and strict mode */
  readAll(ids: ArrayLike<number> | Iterable<number>, options: FinishOptions = {}): void {
    const core = this.open ?? this.start("recover");
    this.forget();
    this.feedIds(core, ids, undefined);
    core.finish(options.reason, undefined);
  }

  /** The stream has ended; an open message is completed. */
  end(options: FinishOptions = {}): HarmonyEvent[] {
    const core = this.open ?? this.start("recover");
    const events: HarmonyEvent[] = [];
    this.forget();
    if (this.utf8 !== undefined) events.push(...this.pushText(this.utf8.flush()));
    if (core instanceof RecoverParser) this.feed?.end(core, events);
    this.feed = undefined;
    core.finish(options.reason, events);
    return events;
  }

  /** After `end`: the next output, whose prompt ended in `<|start|>` and this role. Not for compat mode. */
  beginGeneration(role: Role | undefined, prefill?: PrefilledMessage): this {
    const core = this.open ?? this.start("recover");
    if (!(core instanceof RecoverParser)) {
      throw new HarmonyError(
        "unexpected-token",
        "compat mode reads one output; create a parser for the next one.",
      );
    }
    core.beginGeneration(role, prefill);
    return this;
  }

  /**
   * Reads text in which markers stand as text (`<|channel|>`); they may be cut anywhere. Header positions then count
   * characters. Not for compat mode, and not mixed with ids.
   */
  pushText(text: string): HarmonyEvent[] {
    const events: HarmonyEvent[] = [];
    const core = this.textCore(events);
    this.feed ??= new TextFeed(this.options.markersStripped ?? "off");
    this.feed.push(text, core, events);
    return events;
  }

  /** As `pushText`, with UTF-8 bytes; a character may be cut. */
  pushBytes(bytes: Uint8Array): HarmonyEvent[] {
    this.utf8 ??= new IncrementalText();
    return this.pushText(this.utf8.push(bytes));
  }

  // ---- what was read

  get mode(): ParseMode | undefined {
    if (this.open === undefined) return undefined;
    return this.open instanceof CompatParser ? "compat" : (this.options.mode ?? "recover");
  }

  get messages(): readonly ParsedMessage[] {
    return this.open?.messages ?? [];
  }

  get diagnostics(): readonly Diagnostic[] {
    return this.open?.diagnostics ?? [];
  }

  /** Every id fed, also those that were refused. */
  get tokens(): Uint32Array {
    return this.open?.log.tokens.slice() ?? new Uint32Array(0);
  }

  /** Text of the open message so far; empty outside content. */
  get currentContent(): string {
    return this.open?.content ?? "";
  }

  get currentRole(): Role | undefined {
    const core = this.open;
    return core === undefined ? (this.options.role ?? undefined) : (core.header?.role ?? core.pendingRole);
  }

  get currentChannel(): string | undefined {
    return this.open?.header?.channel;
  }

  get currentRecipient(): string | undefined {
    return this.open?.header?.recipient;
  }

  get currentContentType(): string | undefined {
    return this.open?.header?.contentType;
  }

  /** What the latest token added to the content; undefined when it added nothing. */
  get lastContentDelta(): string | undefined {
    return this.open?.delta;
  }

  get state(): StreamState {
    if (this.open !== undefined) return this.open.state;
    return this.options.role == null ? "ExpectStart" : "Header";
  }

  /** The state in openai-harmony's form. */
  get stateData(): StateData {
    return stateData(this.open ?? this.start("compat"), this.vocabulary);
  }

  // ---- going back and branching

  /** The whole state as JSON, for ids. `compact` leaves the ids out: small, but sampled tokens are forgotten. */
  snapshot(options: { readonly compact?: boolean } = {}): ParserSnapshot<ParserOptions> {
    this.refuseText("snapshot");
    const core = this.open ?? this.start("recover");
    const mode = this.mode ?? "recover";
    return takeSnapshot(core, { ...this.options, mode }, options.compact === true);
  }

  /** A parser that goes on where the snapshot was taken. @throws HarmonyError invalid-snapshot */
  static restore(
    vocabulary: ParserVocabulary | TokenTable,
    snapshot: ParserSnapshot<ParserOptions>,
  ): StreamableParser {
    const parser = new StreamableParser(vocabulary, snapshot.options);
    applySnapshot(parser.open ?? parser.start("recover"), snapshot);
    return parser;
  }

  /** An independent copy that continues from here. */
  fork(): StreamableParser {
    this.refuseText("fork");
    const copy = new StreamableParser(this.vocabulary, this.options);
    copy.open = this.open?.clone();
    return copy;
  }

  /**
   * Takes back the last `count` tokens, as a rejected speculation requires.
   *
   * @throws HarmonyError when they are beyond the undo window or before the latest end of stream
   */
  undo(count: number): this {
    const core = this.open ?? this.start("recover");
    const target = core.log.tokens.length - count;
    const mark = [this.newer, this.older].find((point) => point !== undefined && point.log.tokens <= target);
    if (count === 0) return this;
    if (!Number.isInteger(count) || count < 0 || mark === undefined) {
      throw new HarmonyError(
        "invalid-token",
        `Cannot take back ${count} tokens: the undo window is ${this.window} tokens and ends at the end of a stream.`,
      );
    }
    const replay = core.log.tokens.slice(mark.log.tokens, target);
    rollback(core, mark);
    if (mark !== this.newer) this.newer = this.older;
    this.untilCheckpoint = this.window - replay.length - 1;
    core.log.tokens.append(replay);
    for (const id of replay) stepQuietly(core, id);
    return this;
  }

  private refuseText(action: string): void {
    if (this.feed === undefined) return;
    throw new HarmonyError(
      "invalid-snapshot",
      `A parser that reads text cannot ${action}; feed it ids instead.`,
    );
  }

  private textCore(events: HarmonyEvent[]): RecoverParser {
    const core = this.open ?? this.start("recover");
    if (!(core instanceof RecoverParser)) {
      throw new HarmonyError(
        "unexpected-token",
        "compat mode reads ids only; use strict or recover mode for text.",
      );
    }
    core.announcePrefill(events);
    return core;
  }

  /** Logs all ids at once, then reads them; what follows a refused one is not logged. */
  private feedIds(
    core: ParserCore,
    ids: ArrayLike<number> | Iterable<number>,
    sink: HarmonyEvent[] | undefined,
  ): void {
    const list = toTokenIds(ids);
    core.log.tokens.append(list);
    try {
      for (let index = 0; index < list.length; index++) {
        if (this.window > 0 && --this.untilCheckpoint < 0) this.checkpoint(core);
        core.step(list[index]!, sink);
      }
    } catch (error) {
      core.log.tokens.truncate(core.position);
      throw error;
    }
  }

  private start(mode: ParseMode): ParserCore {
    this.open = createCore(this.vocabulary.tokenTable, this.options, mode);
    return this.open;
  }

  private checkpoint(core: ParserCore): void {
    this.untilCheckpoint = this.window - 1;
    this.older = this.newer;
    this.newer = markParser(core);
  }

  private forget(): void {
    this.older = undefined;
    this.newer = undefined;
    this.untilCheckpoint = 0;
  }
}

function createCore(table: TokenTable, options: ParserOptions, mode: ParseMode): ParserCore {
  const role = options.role ?? undefined;
  if (mode === "compat") return new CompatParser(table, role, options.strict === false);
  const { knownTools, strayText, prefill } = options;
  return new RecoverParser(table, { role, knownTools, strayText, prefill, strict: mode === "strict" });
}

/** What was refused the first time is refused again; it left its mark on the state both times. */
function stepQuietly(core: ParserCore, id: number): void {
  try {
    core.step(id, undefined);
  } catch (error) {
    if (!(error instanceof HarmonyError)) throw error;
  }
}

function toTokenIds(ids: ArrayLike<number> | Iterable<number>): ArrayLike<number> {
  if (ids instanceof Uint32Array) return ids;
  const list = "length" in ids ? ids : Array.from(ids);
  for (let index = 0; index < list.length; index++) toTokenId(list[index]!, index);
  return list;
}

function toTokenId(id: number, index: number): number {
  if (id >>> 0 === id) return id;
  throw new HarmonyError(
    "invalid-token",
    `Token ids are integers from 0 to 4294967295, got ${String(id)} at index ${index}.`,
    { tokenIndex: index },
  );
}
