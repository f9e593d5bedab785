// One answer of the model on its way to the encoder: calls of the server's tools become items of their own. What
// follows a call in the same answer waits until the call has run, so that one item is open at a time.

import {
  approvalItem,
  type ChoiceEvent,
  type RecordedCall,
  type ResponseEncoder,
  type ResponseEvent,
  type ToolCallItem,
} from "../../../protocol/index.ts";
import type { Route } from "../../../tools/index.ts";
import { CitationStream } from "./citation-stream.ts";
import type { HostedEntry, Toolkit } from "./toolkit.ts";

type ToolRoute = Extract<Route, { to: "tool" }>;

/** A call whose arguments are complete. */
export interface WrittenCall {
  /** As the model wrote it, `functions.` left out. */
  readonly name: string;
  readonly id: string;
  readonly arguments: string;
  /** Absent: nothing has this name, and `message` says so. */
  readonly route?: ToolRoute;
  readonly entry?: HostedEntry;
  readonly item?: ToolCallItem;
  readonly message?: string;
}

interface LiveCall {
  readonly index: number;
  readonly call: Omit<WrittenCall, "arguments">;
  readonly asks: boolean;
  text: string;
}

export interface ToolStreamOptions {
  readonly encoder: ResponseEncoder;
  readonly toolkit: Toolkit;
  /** Whether another call may run. */
  readonly mayCall: () => boolean;
  /** How the model addressed the next call of this name in its answer; known once the answer is over. */
  readonly header: (name: string) => Omit<RecordedCall, "arguments" | "output">;
}

export class ToolStream {
  /** The call that is to be run next. */
  pending: WrittenCall | undefined;
  /** The client has something to answer: a call of its function, or an approval. */
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

  /** The pending call and those that wait behind it; not those that somebody else answers or is asked about. */
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
      const entry = route.to === "tool" ? toolkit.entryOf(route.tool) : undefined;
      if (route.to === "tool" && entry?.needsApproval(route.function)) continue;
      calls.push({
        name,
        id,
        arguments: toolkit.textOf(name, call.text),
        ...(route.to === "tool" && entry && { route, entry }),
      });
    }
    return calls;
  }

  push(events: readonly ChoiceEvent[]): ResponseEvent[] {
    const result: ResponseEvent[] = [];
    for (const event of events) {
      if (this.#options.encoder.stopped) break;
      if (this.pending !== undefined || this.#approvals.length > 0) this.#held.push(event);
      else result.push(...this.#read(event));
    }
    return result;
  }

  /** The answer is over, or the pending call has run: goes on with what was held back. */
  resume(): ResponseEvent[] {
    this.pending = undefined;
    const events = this.#approvals.splice(0).flatMap((ask) => ask());
    const held = this.#held;
    this.#held = [];
    events.push(...this.push(held));
    return this.#approvals.length > 0 ? [...events, ...this.resume()] : events;
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
    if (route.to !== "tool") {
      const message = route.to === "nobody" ? route.message : `Nobody answers to ${name}.`;
      this.#live = { index, call: { name, id, message }, asks: false, text: "" };
      return encoder.endItem();
    }
    const entry = toolkit.entryOf(route.tool);
    if (entry.needsApproval(route.function)) {
      this.#live = { index, call: { name, id, route, entry }, asks: true, text: "" };
      return [];
    }
    const item = entry.createItem(route.function);
    this.#live = { index, call: { name, id, route, entry, item }, asks: false, text: "" };
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
    const { item, route, entry } = call;
    const text = toolkit.textOf(call.name, written);
    this.#live = undefined;
    if (!complete) return item ? encoder.endTool(item.cut(text)) : [];
    if (asks && route && entry) {
      this.returned = true;
      this.#approvals.push(() => {
        const record = { ...header(call.name), recipient: route.recipient, arguments: text };
        const request = approvalItem(entry.label ?? entry.tool.name, route.function, record);
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
