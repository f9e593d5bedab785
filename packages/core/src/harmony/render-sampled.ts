// A message that a model sampled, rendered with the very ids it sampled: an engine's prefix cache hits, and the model
// sees its own words. Writing it anew from its fields would change ids from the second one on, because gpt-oss puts
// the channel before the recipient and its tokens are not always those that BPE would choose.

import type { Message } from "./message.ts";
import { ParsedMessage } from "./parsed-message.ts";
import { terminatorOf } from "./render-message.ts";
import type { PromptEnd, TokenLog } from "./token-log.ts";
import type { MessagePart, TokenSink } from "./token-sink.ts";
import type { TokenTable } from "./token-table.ts";
import {
  callToken,
  channelToken,
  constrainToken,
  endOfTextToken,
  endToken,
  isStopToken,
  messageToken,
  returnToken,
  startToken,
} from "./tokens.ts";

/** A message and its neighbours in what is rendered. */
export interface SampledContext {
  readonly previous: Message | undefined;
  readonly next: Message | undefined;
  /** Leave out tokens between messages and others that belong to no message. */
  readonly clean: boolean;
  readonly table: TokenTable;
}

/** True when `message` still has its sampled ids. */
export function hasSampledTokens(message: Message): message is ParsedMessage {
  return message instanceof ParsedMessage && message.hasSampledTokens;
}

export function renderSampled(sink: TokenSink, message: ParsedMessage, context: SampledContext): void {
  const { log, generation } = message;
  const follows = isSuccessor(context.previous, message);
  const opensGeneration = !sameGenerationBefore(message);
  if (opensGeneration) renderPromptEnd(sink, message, log.prompts[generation]);
  else if (!follows && message.opening !== "start") renderStart(sink, message.role);
  const ids = context.clean ? cleanTokens(message) : exactTokens(message, opensGeneration);
  renderParts(sink, ids, message, context.table);
  const last = ids.at(-1);
  const ended = last !== undefined && (isStopToken(last) || last === endOfTextToken);
  const open =
    message.terminator === "eos" ||
    (message.terminator === "implicit" && !isSuccessor(message, context.next));
  if (open && !ended) sink.marker(terminatorOf(message), "terminator");
}

/** True when `next` came directly after `message` in the same output. */
function isSuccessor(message: Message | undefined, next: Message | undefined): boolean {
  return (
    message instanceof ParsedMessage &&
    next instanceof ParsedMessage &&
    message.log === next.log &&
    message.generation === next.generation &&
    message.index + 1 === next.index
  );
}

function generationStart(log: TokenLog, generation: number): number {
  return log.generationEnds[generation - 1] ?? 0;
}

/** Whether an earlier message belongs to the same output. */
function sameGenerationBefore(message: ParsedMessage): boolean {
  const start = message.log.messageStarts[message.index - 1];
  return start !== undefined && start >= generationStart(message.log, message.generation);
}

/** What the prompt said of this message before the output began. */
function renderPromptEnd(sink: TokenSink, message: ParsedMessage, prompt: PromptEnd | undefined): void {
  if (prompt?.role !== undefined) renderStart(sink, prompt.role);
  else if (message.opening === "implied") renderStart(sink, message.role);
  const prefill = prompt?.prefill;
  if (prefill === undefined) return;
  if (prefill.channel !== undefined) {
    sink.marker(channelToken, "marker");
    sink.word(prefill.channel, "channel");
  }
  if (prefill.recipient !== undefined) sink.word(` to=${prefill.recipient}`, "recipient");
  if (prefill.contentType !== undefined) sink.word(` ${prefill.contentType}`, "content_type");
  sink.marker(messageToken, "marker");
  if (prefill.text !== undefined) sink.content(prefill.text, 0, false);
}

function renderStart(sink: TokenSink, role: string): void {
  sink.marker(startToken, "start");
  sink.word(role, "role");
}

/** Everything from this message to the next, strays included. Only `<|return|>` changes: it ends no message in history. */
function exactTokens(message: ParsedMessage, opensGeneration: boolean): Uint32Array {
  const { log, index, generation } = message;
  const start = opensGeneration ? generationStart(log, generation) : message.tokenStart;
  const ids = log.tokens.slice(start, Math.max(log.endAfter(index, generation), message.tokenEnd));
  return ids.map((id) => (id === returnToken ? endToken : id));
}

function cleanTokens(message: ParsedMessage): Uint32Array {
  const ids = message.log.withoutOwned(message.tokenStart, message.tokenEnd);
  const last = ids.at(-1);
  if (last !== undefined && (isStopToken(last) || last === endOfTextToken)) {
    ids[ids.length - 1] = message.terminator === "call" ? callToken : endToken;
  }
  return ids;
}

/** Writes sampled ids, saying of each what it is. */
function renderParts(sink: TokenSink, ids: Uint32Array, message: ParsedMessage, table: TokenTable): void {
  let part: MessagePart = "role";
  let inContent = message.markerMissing;
  ids.forEach((id, index) => {
    if (id === startToken) {
      inContent = false;
      part = "role";
      sink.sampled([id], "start");
    } else if (id === messageToken || (id === channelToken && !inContent)) {
      inContent = id === messageToken;
      part = "channel";
      sink.sampled([id], "marker");
    } else if (isStopToken(id) && index >= ids.length - 1) sink.sampled([id], "terminator");
    else if (inContent) sink.sampled([id], "content");
    else {
      part = headerPart(part, id, table);
      sink.sampled([id], part);
    }
  });
}

/** The part that a header token belongs to, given that of the token before it. */
function headerPart(part: MessagePart, id: number, table: TokenTable): MessagePart {
  if (id === constrainToken) return "content_type";
  const text = table.text(id) ?? "";
  if (!/^\s/.test(text)) return part;
  if (/^\s+to/.test(text)) return "recipient";
  return part === "role" ? part : "content_type";
}
