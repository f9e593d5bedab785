// From the tokens of one choice to the events a protocol encodes. One object per choice: its own parser, stop matcher
// and log-probabilities. Synchronous; model output never throws; nothing held back is lost at the end.

import type { OutputEndReason, OutputEvent, OutputParser } from "@tokenwire/core/parsers";
import type { Tokenizer } from "@tokenwire/core/tokenizer";
import { type AnswerCheck, createAnswerCheck } from "./answer-check.ts";
import type { ResponseFormat, ToolChoice } from "./conversation.ts";
import { CustomInputReader } from "./custom-input.ts";
import type { EngineFinishReason, SampledLogprob } from "./generation.ts";
import { newId } from "./ids.ts";
import { type LogprobEntry, LogprobTracker } from "./logprobs.ts";
import { StopMatcher } from "./stop-matcher.ts";

/** Why a choice ended, as clients see it. */
export type ChoiceFinishReason = "stop" | "length" | "tool_calls";

/** What happens in a choice, in order. The last event of a choice is `finish`, exactly once. */
export type ChoiceEvent =
  | { readonly type: "text"; readonly text: string; readonly logprobs?: readonly LogprobEntry[] }
  | { readonly type: "reasoning"; readonly text: string }
  | {
      readonly type: "tool-call";
      readonly index: number;
      readonly id: string;
      readonly name: string;
      readonly custom?: true;
    }
  /** JSON text; of a custom tool its input. */
  | {
      readonly type: "tool-arguments";
      readonly index: number;
      readonly text: string;
      readonly custom?: true;
    }
  | { readonly type: "tool-end"; readonly index: number; readonly complete: boolean }
  | {
      readonly type: "finish";
      readonly reason: ChoiceFinishReason;
      /** The stop string or token id that ended the choice; null for EOS and limits. */
      readonly stopReason: string | number | null;
    };

export interface ChoiceOutputOptions {
  readonly tokenizer: Tokenizer;
  readonly stop: readonly string[];
  readonly includeStop: boolean;
  readonly logprobs: boolean;
  readonly toolChoice: ToolChoice;
  readonly parallelToolCalls: boolean;
  /** IDs of earlier calls in the conversation: some formats count from one again in every answer. */
  readonly usedCallIds?: ReadonlySet<string> | undefined;
  /** Names of tools whose calls are told as text. */
  readonly customTools?: ReadonlySet<string> | undefined;
  /** IDs that end the turn and are never shown; the format's own terminators are not among them. */
  readonly hiddenStopIds: ReadonlySet<number>;
  /** IDs the client asked to stop at; one that matched is reported as the stop reason. */
  readonly requestedStopIds: readonly number[];
  /** What the whole answer is checked against; a violation is reported, and changes nothing. */
  readonly responseFormat?: ResponseFormat;
}

/** A call of the parser's. */
interface Call {
  /** Its number on the wire, where there are no gaps; undefined: `tool_choice` forbids it, and its arguments become text. */
  readonly index: number | undefined;
  /** Of a call of a custom tool. */
  readonly input: CustomInputReader | undefined;
}

/** What further text of a parser may go on with. */
type Flow = "text" | "reasoning" | "tool-arguments";

/** A parser's diagnostic, for the log and the counters. */
export interface ChoiceDiagnostic {
  readonly code: string;
  readonly text: string;
}

export class ChoiceOutput {
  readonly #options: ChoiceOutputOptions;
  readonly #parser: OutputParser;
  readonly #hidden: ReadonlySet<number>;
  /** Most ids are below it, and need not be looked up. */
  readonly #firstHidden: number;
  readonly #stops: StopMatcher | undefined;
  readonly #tracker: LogprobTracker | undefined;
  readonly #check: AnswerCheck | undefined;
  /** By the parser's numbers. */
  readonly #calls: (Call | undefined)[] = [];
  /** Calls on the wire. */
  #called = 0;
  #stopReason: string | number | null = null;
  #done = false;
  #finished = false;
  #calledAll = true;
  #inReasoning = false;
  /** What the parser told last of what it goes on with. */
  #flow: Flow = "text";
  /** Of the call that the flow goes to. */
  #flowIndex = 0;
  /** Tokens since the last event. */
  #quietTokens = 0;
  readonly diagnostics: ChoiceDiagnostic[] = [];
  completionTokens = 0;
  reasoningTokens = 0;

  constructor(parser: OutputParser, options: ChoiceOutputOptions) {
    this.#options = options;
    this.#parser = parser;
    this.#hidden = options.hiddenStopIds;
    this.#firstHidden = Math.min(...options.hiddenStopIds);
    this.#stops = options.stop.length > 0 ? new StopMatcher(options.stop, options.includeStop) : undefined;
    this.#check = createAnswerCheck(options.responseFormat);
    this.#tracker = options.logprobs ? new LogprobTracker(options.tokenizer) : undefined;
  }

  /** True once a stop string, or the only allowed call, ended the choice here: the engine should be told to stop. */
  get done(): boolean {
    return this.#done;
  }

  /** Tokens as the engine reports them, one entry of `logprobs` per id. */
  push(ids: readonly number[], logprobs?: readonly SampledLogprob[]): ChoiceEvent[] {
    const events: ChoiceEvent[] = [];
    for (let i = 0; i < ids.length && !this.#done; i++) {
      const id = ids[i]!;
      this.completionTokens++;
      if (id >= this.#firstHidden && this.#hidden.has(id)) continue;
      const sampled = logprobs?.[i];
      if (this.#tracker && sampled) this.#tracker.push(sampled);
      const text = this.#parser.goOn?.(id);
      if (text === undefined) this.#read(this.#parser.pushIds(ids.length === 1 ? ids : [id]), events);
      else this.#goOn(text, events);
    }
    return events;
  }

  /** Text of an engine that has no token ids to give; `tokens` is its count for the usage. */
  pushText(text: string, tokens: number): ChoiceEvent[] {
    const events: ChoiceEvent[] = [];
    if (this.#done) return events;
    this.completionTokens += tokens;
    this.#read(this.#parser.push(text), events);
    return events;
  }

  /** The engine ended the choice. Flushes every stage into the next and finishes, once. */
  finish(reason: EngineFinishReason, matched?: string | number): ChoiceEvent[] {
    const events: ChoiceEvent[] = [];
    if (this.#finished) return events;
    this.#finished = true;
    const cut = reason === "length" || reason === "repetition";
    if (!this.#done) {
      this.#read(this.#parser.end(endReason(reason)), events);
      this.#showHeld(events);
      if (matched !== undefined && this.#isRequested(matched)) this.#stopReason = matched;
    }
    const called = this.#called > 0 && this.#calledAll;
    const wire = cut && !this.#done ? "length" : called ? "tool_calls" : "stop";
    const violation = wire === "stop" ? this.#check?.end() : undefined;
    if (violation !== undefined) this.diagnostics.push({ code: "invalid-answer", text: violation });
    events.push({ type: "finish", reason: wire, stopReason: this.#stopReason });
    return events;
  }

  /** EOS and the format's terminators report null; what the client named is reported back. */
  #isRequested(matched: string | number): boolean {
    const { stop, requestedStopIds } = this.#options;
    return typeof matched === "string" ? stop.includes(matched) : requestedStopIds.includes(matched);
  }

  #read(parsed: readonly OutputEvent[], events: ChoiceEvent[]): void {
    if (parsed.length === 0) this.#quietTokens++;
    for (const event of parsed) {
      if (this.#done) return;
      if (event.type !== "reasoning" && event.type !== "diagnostic") this.#inReasoning = false;
      if (event.type === "skip") continue;
      if (event.type === "diagnostic") this.diagnostics.push({ code: event.code, text: event.text });
      else if (event.type === "tool-call" || event.type === "tool-end") this.#call(event, events);
      else {
        this.#flow = event.type;
        if (event.type === "tool-arguments") this.#flowIndex = event.index;
        this.#goOn(event.text, events);
      }
    }
    if (parsed.length > 0) this.#quietTokens = 0;
  }

  /** Text of the kind that flows. */
  #goOn(text: string, events: ChoiceEvent[]): void {
    if (this.#flow === "reasoning") {
      this.#countReasoning();
      this.#showHeld(events);
      appendEvent(events, { type: "reasoning", text });
    } else if (this.#flow === "text") this.#text(text, events);
    else this.#arguments(this.#flowIndex, text, events);
    this.#quietTokens = 0;
  }

  /** Tokens inside reasoning that showed nothing yet (half a character, held back) count with the one that did. */
  #countReasoning(): void {
    this.reasoningTokens += this.#inReasoning ? 1 + this.#quietTokens : 1;
    this.#quietTokens = 0;
    this.#inReasoning = true;
  }

  #text(text: string, events: ChoiceEvent[]): void {
    this.#tracker?.claim(text);
    if (this.#stops === undefined) {
      this.#show(text, events);
      return;
    }
    const match = this.#stops.push(text);
    this.#show(match.text, events);
    if (match.stop === undefined) return;
    this.#stopReason = match.stop;
    this.#done = true;
    const rest = this.#tracker?.cut() ?? [];
    const last = events.at(-1);
    if (rest.length > 0 && last?.type === "text") {
      events[events.length - 1] = { ...last, logprobs: [...(last.logprobs ?? []), ...rest] };
    } else if (rest.length > 0) events.push({ type: "text", text: "", logprobs: rest });
  }

  #showHeld(events: ChoiceEvent[]): void {
    if (this.#stops !== undefined && !this.#done) this.#show(this.#stops.end(), events);
  }

  #show(text: string, events: ChoiceEvent[]): void {
    if (text === "") return;
    this.#check?.push(text);
    if (this.#tracker) events.push({ type: "text", text, logprobs: this.#tracker.show(text) });
    else appendEvent(events, { type: "text", text });
  }

  #arguments(number: number, text: string, events: ChoiceEvent[]): void {
    this.#showHeld(events);
    const call = this.#calls[number];
    if (call === undefined) return;
    const { index, input } = call;
    if (index === undefined) this.#text(text, events);
    else if (input) appendInput(events, index, input.push(text));
    else appendEvent(events, { type: "tool-arguments", index, text });
  }

  #call(event: Extract<OutputEvent, { type: "tool-call" | "tool-end" }>, events: ChoiceEvent[]): void {
    this.#showHeld(events);
    if (event.type === "tool-call") {
      this.#beginCall(event, events);
      return;
    }
    const call = this.#calls[event.index];
    if (call?.index === undefined) return;
    const { index, input } = call;
    const complete = event.status !== "truncated";
    if (input) this.#endInput(input, index, complete, events);
    if (!complete) this.#calledAll = false;
    events.push({ type: "tool-end", index, complete });
    if (complete && !this.#options.parallelToolCalls) this.#done = true;
  }

  #beginCall(event: Extract<OutputEvent, { type: "tool-call" }>, events: ChoiceEvent[]): void {
    const { name } = event;
    const { customTools, usedCallIds } = this.#options;
    if (!this.#isAllowed(name)) {
      this.#calls[event.index] = { index: undefined, input: undefined };
      this.diagnostics.push({ code: "forbidden-tool-call", text: name });
      return;
    }
    const index = this.#called++;
    const id = usedCallIds?.has(event.id) ? newId("call_") : event.id;
    const custom = customTools?.has(name) === true;
    this.#calls[event.index] = { index, input: custom ? new CustomInputReader() : undefined };
    events.push({ type: "tool-call", index, id, name, ...(custom && { custom }) });
  }

  #endInput(input: CustomInputReader, index: number, complete: boolean, events: ChoiceEvent[]): void {
    appendInput(events, index, input.end(complete));
    const { surplus } = input;
    if (surplus !== undefined) this.diagnostics.push({ code: "surplus-input", text: surplus });
  }

  #isAllowed(name: string): boolean {
    const { mode, allowed } = this.#options.toolChoice;
    return mode !== "none" && (allowed === undefined || allowed.includes(name));
  }
}

/** Adds an event; text goes to the event before where that continues it. The list is not handed out yet. */
function appendEvent(events: ChoiceEvent[], event: ChoiceEvent): void {
  if (!extendLast(events, event)) events.push(event);
}

/** Adds the text of an event to the last one, where it continues that. False: it is another. */
export function extendLast(events: readonly ChoiceEvent[], event: ChoiceEvent): boolean {
  const last = events.at(-1);
  if (last === undefined || !isContinued(last, event)) return false;
  const open = last as { text: string; logprobs?: readonly LogprobEntry[] };
  open.text += event.text;
  if (event.type === "text" && event.logprobs) open.logprobs = [...(open.logprobs ?? []), ...event.logprobs];
  return true;
}

function appendInput(events: ChoiceEvent[], index: number, text: string): void {
  if (text !== "") appendEvent(events, { type: "tool-arguments", index, text, custom: true });
}

function isContinued(
  last: ChoiceEvent,
  event: ChoiceEvent,
): event is Extract<ChoiceEvent, { readonly text: string }> {
  if (last.type !== event.type || !("text" in event)) return false;
  return event.type !== "tool-arguments" || event.index === (last as typeof event).index;
}

function endReason(reason: EngineFinishReason): OutputEndReason {
  if (reason === "length" || reason === "repetition") return "length";
  return reason === "stop" ? "stop" : "error";
}
