// A parser's whole state as JSON, valid at every token boundary.

import type { Diagnostic } from "./diagnostics.ts";
import { HarmonyError } from "./harmony-error.ts";
import type { Header } from "./header.ts";
import { type Opening, ParsedMessage, type Terminator } from "./parsed-message.ts";
import type { ParserCore } from "./parser-core.ts";
import type { CoreFields } from "./parser-fields.ts";
import { TokenBuffer } from "./token-buffer.ts";
import { type OwnedRange, type PromptEnd, TokenLog } from "./token-log.ts";

/** A finished message: its fields, and where it lies. */
export interface MessageRecord {
  readonly header: Header;
  readonly text: string;
  readonly generation: number;
  readonly opening: Opening;
  readonly terminator: Terminator;
  readonly complete: boolean;
  readonly markerMissing: boolean;
  readonly markerless: boolean;
  /** tokenStart, contentStart, contentEnd, tokenEnd. */
  readonly span: readonly [number, number, number, number];
}

export interface ParserSnapshot<Options = unknown> {
  readonly version: 1;
  readonly options: Options;
  readonly fields: CoreFields;
  readonly messages: readonly MessageRecord[];
  readonly diagnostics: readonly Diagnostic[];
  readonly log: {
    readonly hasIds: boolean;
    readonly length: number;
    /** Every id fed; missing in a compact snapshot. */
    readonly tokens?: readonly number[];
    readonly owned: readonly OwnedRange[];
    readonly settled: number;
    readonly generationEnds: readonly number[];
    readonly prompts: readonly (PromptEnd | null | undefined)[];
  };
}

/** @param compact leave out the ids: smaller, but earlier messages lose their sampled tokens */
export function takeSnapshot<Options>(
  core: ParserCore,
  options: Options,
  compact: boolean,
): ParserSnapshot<Options> {
  const { log } = core;
  return {
    version: 1,
    options,
    fields: core.saveFields(),
    messages: core.messages.map(toRecord),
    diagnostics: [...core.diagnostics],
    log: {
      hasIds: log.hasIds,
      length: log.tokens.length,
      ...(!compact && { tokens: Array.from(log.tokens.view()) }),
      owned: [...log.owned],
      settled: log.settled,
      generationEnds: [...log.generationEnds],
      prompts: [...log.prompts],
    },
  };
}

/** Puts the state of `snapshot` into `core`, which is new. */
export function applySnapshot(core: ParserCore, snapshot: ParserSnapshot): void {
  if (snapshot.version !== 1) {
    throw new HarmonyError(
      "invalid-snapshot",
      `A snapshot of version ${String(snapshot.version)} cannot be read; this library reads version 1.`,
    );
  }
  const { log: saved } = snapshot;
  const base = saved.tokens === undefined ? saved.length : saved.length - saved.tokens.length;
  const log = new TokenLog(new TokenBuffer(64, base));
  log.tokens.append(saved.tokens ?? []);
  log.hasIds = saved.hasIds;
  for (const { span } of snapshot.messages) log.messageStarts.push(span[0]);
  for (const range of saved.owned) log.owned.push(range);
  log.settled = saved.settled;
  log.generationEnds.push(...saved.generationEnds);
  log.prompts.push(...saved.prompts.map((prompt) => prompt ?? undefined));
  core.log = log;
  core.messages = snapshot.messages.map((record, index) => fromRecord(record, index, log));
  core.diagnostics = [...snapshot.diagnostics];
  core.restoreFields(snapshot.fields);
}

function toRecord(message: ParsedMessage): MessageRecord {
  const { role, name, recipient, channel, contentType, text } = message;
  const { generation, opening, terminator, complete, markerMissing, markerless } = message;
  return {
    header: { role, name, recipient, channel, contentType },
    text,
    generation,
    opening,
    terminator,
    complete,
    markerMissing,
    markerless,
    span: [message.tokenStart, message.contentStart, message.contentEnd, message.tokenEnd],
  };
}

function fromRecord(record: MessageRecord, index: number, log: TokenLog): ParsedMessage {
  const { header, text, span, ...details } = record;
  const [tokenStart, contentStart, contentEnd, tokenEnd] = span;
  return new ParsedMessage(header, text, {
    ...details,
    index,
    log,
    tokenStart,
    contentStart,
    contentEnd,
    tokenEnd,
  });
}
