// One answer of the model on its way to the encoder: calls of the server's tools become items of their own. What
// follows a call in the same answer waits until the call has run, so that one item is open at a time.

import {
  approvalItem,
  type ChoiceEvent,
  type ResponseEncoder,
  type ResponseEvent,
  type ToolCallItem,
} from "../../../protocol/index.ts";
import type { Route } from "../../../tools/index.ts";
import type { AnswerContext, AnswerReader, WrittenCall } from "../../tools/loop-output.ts";
import { CitationStream } from "./citation-stream.ts";
import type { HostedEntry, ResponseToolkit } from "./response-toolkit.ts";

/** A call with the item that shows it. */
export interface ItemCall extends WrittenCall {
  /** Absent: nobody answers. */
  readonly item?: ToolCallItem;
}

interface LiveCall {
  readonly index: number;
  readonly call: Omit<ItemCall, "arguments">;
  /** The client is asked whether it may run. */
  readonly asks?: { readonly entry: HostedEntry; readonly function: string; readonly recipient: string };
  text: string;
}

export interface ToolStreamOptions extends AnswerContext {
  readonly encoder: ResponseEncoder;
  readonly toolkit: ResponseToolkit;
  readonly emit: (events: readonly ResponseEvent[]) => void;
}

export class ToolStream implements AnswerReader<ItemCall> {
  pending: ItemCall | undefined;
  returned = false;
  readonly #options: ToolStreamOptions;
  readonly #citations: CitationStream | undefined;
  readonly #approvals: (() => ResponseEvent[])[] = [];
  #live: LiveCall | undefined;
  #held: ChoiceEvent[] = [];

  constructor(options: ToolStreamOptions) {
    this.#options = options;
    const { encoder, toolkit } = options;
    const { browser } = toolkit;
    this.#citations = browser && new CitationStream(encoder, () => browser.session.pages);
  }

  get ready(): WrittenCall[] {
    const calls = this.pending === undefined ? [] : [this.pending];
    const open = new Map<number, { name: string; id: string; text: string }>();
    for (const event of this.#held) {
      if (event.type === "tool-call") open.set(event.index, { name: event.name, id: event.id, text: "" });
      const call = "index" in event ? open.get(event.index) : undefined;
      if (call === undefined) continue;
      if (event.type === "tool-arguments") call.text += event.text;
      if (event.type !== "tool-end" || !event.complete) continue;
      const { name, id } = call;
      const { toolkit } = this.#options;
      const route = toolkit.route(name);
      if (route.to === "client") continue;
      if (route.to === "tool" && toolkit.entryOf(route.tool).needsApproval(route.function)) continue;
      calls.push({ id, name, arguments: toolkit.textOf(name, call.text), ...this.#targetOf(name, route) });
    }
    return calls;
  }

  /** Who runs a call, or why nobody does. */
  #targetOf(name: string, route: Route): Omit<WrittenCall, "id" | "name" | "arguments"> {
    if (route.to !== "tool") {
      return { message: route.to === "nobody" ? route.message : `Nobody answers to ${name}.` };
    }
    const entry = this.#options.toolkit.entryOf(route.tool);
    return { target: { entry, function: route.function }, recipient: route.recipient };
  }

  push(events: readonly ChoiceEvent[]): void {
    this.#options.emit(this.#push(events));
  }

  resume(): void {
    this.#options.emit(this.#resume());
  }

  #push(events: readonly ChoiceEvent[]): ResponseEvent[] {
    const result: ResponseEvent[] = [];
    for (const event of events) {
      if (this.#options.encoder.stopped) break;
      if (this.pending !== undefined || this.#approvals.length > 0) this.#held.push(event);
      else result.push(...this.#read(event));
    }
    return result;
  }

  /** Goes on with what was held back. */
  #resume(): ResponseEvent[] {
    this.pending = undefined;
    const events = this.#approvals.splice(0).flatMap((ask) => ask());
    const held = this.#held;
    this.#held = [];
    events.push(...this.#push(held));
    return this.#approvals.length > 0 ? [...events, ...this.#resume()] : events;
  }

  #read(event: ChoiceEvent): ResponseEvent[] {
    if (event.type === "text" && this.#citations) return this.#citations.push(event);
    const ended = this.#citations?.end() ?? [];
    switch (event.type) {
      case "tool-call":
        return [...ended, ...this.#begin(event)];
      case "tool-arguments":
        return this.#live?.index === event.index
          ? this.#arguments(this.#live, event.text)
          : this.#options.encoder.push([event]);
      case "tool-end":
        return this.#live?.index === event.index
          ? this.#end(this.#live, event.complete)
          : this.#options.encoder.push([event]);
      default:
        return [...ended, ...this.#options.encoder.push([event])];
    }
  }

  #begin(event: Extract<ChoiceEvent, { type: "tool-call" }>): ResponseEvent[] {
    const { encoder, toolkit, mayCall } = this.#options;
    const { index, id, name } = event;
    const route = toolkit.route(name);
    if (route.to === "client") {
      this.returned = true;
      return encoder.push([event]);
    }
    if (!mayCall()) {
      encoder.stop("max_tool_calls");
      return [];
    }
    const call = { name, id, ...this.#targetOf(name, route) };
    if (route.to !== "tool") {
      this.#live = { index, call, text: "" };
      return encoder.endItem();
    }
    const entry = toolkit.entryOf(route.tool);
    if (entry.needsApproval(route.function)) {
      this.#live = { index, call, asks: { ...route, entry }, text: "" };
      return [];
    }
    const item = entry.createItem(route.function);
    this.#live = { index, call: { ...call, item }, text: "" };
    return encoder.beginTool(item.added, item.started);
  }

  #arguments(live: LiveCall, text: string): ResponseEvent[] {
    live.text += text;
    const { item, name } = live.call;
    // What has to be unwrapped is shown when it is complete.
    if (this.#options.toolkit.takesCode(name)) return [];
    return item?.delta === undefined ? [] : this.#options.encoder.tool([[item.delta, { delta: text }]]);
  }

  #end({ call, asks, text: written }: LiveCall, complete: boolean): ResponseEvent[] {
    const { encoder, header, toolkit } = this.#options;
    const { item } = call;
    const text = toolkit.textOf(call.name, written);
    this.#live = undefined;
    if (!complete) return item ? encoder.endTool(item.cut(text)) : [];
    if (asks) {
      const { entry, recipient, function: functionName } = asks;
      this.returned = true;
      this.#approvals.push(() => {
        const record = { ...header(call.name), recipient, arguments: text };
        const request = approvalItem(entry.label ?? entry.tool.name, functionName, record);
        return [...encoder.beginTool(request, []), ...encoder.endTool(request)];
      });
      return [];
    }
    this.pending = { ...call, arguments: text };
    if (item === undefined) return [];
    const isUnwrapped = item.delta !== undefined && text !== "" && toolkit.takesCode(call.name);
    const whole = isUnwrapped ? encoder.tool([[item.delta!, { delta: text }]]) : [];
    return [...whole, ...encoder.tool(item.called(text))];
  }
}
