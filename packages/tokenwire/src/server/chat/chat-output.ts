// A loop of answers and calls as one chat completion: the client sees the text of all answers as one, and the calls of
// its own functions. The server's calls become messages that the answer carries along.

import type { ChoiceEvent, InnerMessage, ToolOutcome } from "../../protocol/index.ts";
import { parseToolArguments } from "../../tools/index.ts";
import type { AnswerContext, AnswerReader, LoopOutput, WrittenCall } from "../tools/loop-output.ts";
import type { Toolkit } from "../tools/toolkit.ts";

type FinishEvent = Extract<ChoiceEvent, { type: "finish" }>;
type InnerCall = Extract<InnerMessage, { role: "assistant" }>["tool_calls"][number];
type IndexedEvent = Extract<ChoiceEvent, { readonly index: number }>;

export interface ChatOutputOptions {
  readonly toolkit: Toolkit;
  readonly start: () => void;
  readonly emit: (events: readonly ChoiceEvent[]) => void;
  /** Gets what came before the answer. */
  readonly inner: InnerMessage[];
}

export class ChatOutput implements LoopOutput {
  readonly #options: ChatOutputOptions;
  #answer: ChatAnswer | undefined;
  stopped = false;

  constructor(options: ChatOutputOptions) {
    this.#options = options;
  }

  stop(): void {
    this.stopped = true;
  }

  start(): void {
    this.#options.start();
  }

  read(context: AnswerContext): AnswerReader {
    this.#answer = new ChatAnswer(this, this.#options, context);
    return this.#answer;
  }

  finished(call: WrittenCall, outcome: ToolOutcome): void {
    this.#answer?.finished(call, outcome);
  }

  /** The id of the first call that is the client's. */
  get returnedId(): string | undefined {
    return this.#answer?.returnedId;
  }

  /** The loop is over: ends the one choice. A limit of the loop is one of the answer's length. */
  end(): void {
    const { returned = false, finish } = this.#answer ?? {};
    const isCut = this.stopped && !returned;
    this.#options.emit([isCut || !finish ? { type: "finish", reason: "length", stopReason: null } : finish]);
  }
}

/** One answer of the model. */
class ChatAnswer implements AnswerReader {
  readonly ready: WrittenCall[] = [];
  returnedId: string | undefined;
  finish: FinishEvent | undefined;
  readonly #output: ChatOutput;
  readonly #options: ChatOutputOptions;
  readonly #mayCall: () => boolean;
  #content = "";
  #reasoning = "";
  /** Calls of the client's functions, by their numbers in the answer: on the wire there are no gaps. */
  readonly #shown = new Map<number, number>();
  /** Calls that run here, as they are written. */
  readonly #hidden = new Map<number, { id: string; name: string; text: string }>();
  /** The calls of this answer among the inner messages. */
  #calls: InnerCall[] | undefined;

  constructor(output: ChatOutput, options: ChatOutputOptions, { mayCall }: AnswerContext) {
    this.#output = output;
    this.#options = options;
    this.#mayCall = mayCall;
  }

  get returned(): boolean {
    return this.returnedId !== undefined;
  }

  get pending(): WrittenCall | undefined {
    return this.ready[0];
  }

  push(events: readonly ChoiceEvent[]): void {
    const shown = events.flatMap((event) => (this.#output.stopped ? [] : this.#read(event)));
    if (shown.length > 0) this.#options.emit(shown);
  }

  resume(): void {
    this.ready.shift();
    if (this.pending !== undefined && !this.#mayCall()) this.#output.stop();
  }

  /** A call has run: it and its result belong to what came before the answer. */
  finished({ id, name, arguments: text }: WrittenCall, outcome: ToolOutcome): void {
    const { inner } = this.#options;
    // A model may forget the name; as part of a request a call needs one.
    const call: InnerCall = { id, type: "function", function: { name: name || "unknown", arguments: text } };
    if (this.#calls === undefined) {
      this.#calls = [call];
      const reasoning = this.#reasoning === "" ? {} : { reasoning: this.#reasoning };
      inner.push({
        role: "assistant",
        content: this.#content || null,
        ...reasoning,
        tool_calls: this.#calls,
      });
    } else this.#calls.push(call);
    inner.push({ role: "tool", tool_call_id: id, content: outcome.text });
  }

  #read(event: ChoiceEvent): readonly ChoiceEvent[] {
    switch (event.type) {
      case "text":
        this.#content += event.text;
        return [event];
      case "reasoning":
        this.#reasoning += event.text;
        return [event];
      case "finish":
        this.finish = event;
        return [];
      case "tool-call":
        this.#begin(event.index, event.id, event.name);
        return this.#show(event);
      default:
        this.#write(event);
        return this.#show(event);
    }
  }

  #begin(index: number, id: string, name: string): void {
    if (this.#options.toolkit.route(name).to === "client") {
      this.returnedId ??= id;
      this.#shown.set(index, this.#shown.size);
    } else if (this.#mayCall()) this.#hidden.set(index, { id, name, text: "" });
    else this.#output.stop();
  }

  #write(event: Exclude<IndexedEvent, { type: "tool-call" }>): void {
    const call = this.#hidden.get(event.index);
    if (call === undefined) return;
    if (event.type === "tool-arguments") call.text += event.text;
    else if (event.complete) this.ready.push(this.#written(call));
  }

  #written({
    id,
    name,
    text,
  }: {
    readonly id: string;
    readonly name: string;
    readonly text: string;
  }): WrittenCall {
    const { toolkit } = this.#options;
    const route = toolkit.route(name);
    // What is no object calls without arguments; the server says what it misses.
    const call = { id, name, arguments: "error" in parseToolArguments(text) ? "{}" : text };
    if (route.to === "tool") {
      return { ...call, target: { entry: toolkit.entryOf(route.tool), function: route.function } };
    }
    return { ...call, message: route.to === "nobody" ? route.message : `Nobody answers to ${name}.` };
  }

  #show(event: IndexedEvent): readonly ChoiceEvent[] {
    const index = this.#shown.get(event.index);
    return index === undefined ? [] : [{ ...event, index }];
  }
}
