// From choice events to response events. One open item at a time; ids and indexes are assigned once; the final object
// is what the events add up to, because both are made here.

import type { Tokenizer } from "@tokenwire/core/tokenizer";
import type { ApiError } from "../api-error.ts";
import { newId, unixSeconds } from "../ids.ts";
import { type LogprobEntry, toWireLogprob, type WireLogprob } from "../logprobs.ts";
import type { ChoiceEvent } from "../output.ts";
import { paddingFor } from "../padding.ts";
import type { TokenUsage } from "../usage.ts";
import {
  type ClientCall,
  clientCallDelta,
  clientCallDone,
  clientCallItem,
  newClientCall,
} from "./client-call.ts";
import {
  type Annotation,
  type ItemStatus,
  type OutputItem,
  type ResponseObject,
  type ResponseStatus,
  type ToolOutput,
  toResponseUsage,
} from "./object.ts";
import type { ItemEvent } from "./tool-call-items.ts";

export interface ResponseEvent {
  readonly type: string;
  readonly sequence_number: number;
  readonly [key: string]: unknown;
}

export interface ResponseEncoderOptions {
  readonly id: string;
  readonly model: string;
  readonly createdAt: number;
  readonly tokenizer: Tokenizer;
  readonly logprobs: boolean;
  /** Mirror reasoning as its summary: some clients read only that. */
  readonly summary: boolean;
  /** Seals reasoning for clients that replay it without storing it here. */
  readonly seal?: (text: string) => string;
  /** Pad deltas to lengths that say little about their text. */
  readonly obfuscate?: boolean;
  /** Fields that repeat the request. */
  readonly echo: Readonly<Record<string, unknown>>;
}

type Open =
  | {
      readonly kind: "message";
      readonly id: string;
      text: string;
      readonly logprobs: WireLogprob[];
      readonly annotations: Annotation[];
    }
  | { readonly kind: "tool"; readonly id: string; readonly item: ToolOutput }
  | { readonly kind: "reasoning"; readonly id: string; text: string }
  | { readonly kind: "call"; readonly id: string; readonly call: ClientCall; text: string };

export class ResponseEncoder {
  readonly #options: ResponseEncoderOptions;
  readonly #output: OutputItem[] = [];
  #sequence = 0;
  #events: ResponseEvent[] = [];
  #open: Open | undefined;
  #status: ResponseStatus = "in_progress";
  #usage: TokenUsage | undefined;
  #error: ResponseObject["error"] = null;
  #incomplete: string | undefined;
  #completedAt: number | null = null;

  constructor(options: ResponseEncoderOptions) {
    this.#options = options;
  }

  /** The response as it stands. */
  get response(): ResponseObject {
    const { id, model, createdAt, echo } = this.#options;
    return {
      ...echo,
      id,
      object: "response",
      created_at: createdAt,
      completed_at: this.#completedAt,
      status: this.#status,
      incomplete_details: this.#incomplete === undefined ? null : { reason: this.#incomplete },
      model,
      output: [...this.#output],
      error: this.#error,
      usage: this.#usage === undefined ? null : toResponseUsage(this.#usage),
    };
  }

  /** Whether clients know of it. */
  get started(): boolean {
    return this.#sequence > 0;
  }

  get isQueued(): boolean {
    return this.#status === "queued";
  }

  /** The response is there; background work waits for its turn. */
  enqueue(): ResponseEvent[] {
    this.#status = "queued";
    this.#emit("response.created", { response: this.response });
    this.#emit("response.queued", { response: this.response });
    return this.#drain();
  }

  /** The engine works on it. */
  start(): ResponseEvent[] {
    if (!this.started) this.#emit("response.created", { response: this.response });
    this.#status = "in_progress";
    this.#emit("response.in_progress", { response: this.response });
    return this.#drain();
  }

  push(events: readonly ChoiceEvent[]): ResponseEvent[] {
    for (const event of events) this.#push(event);
    return this.#drain();
  }

  /** Begins the item of a tool that runs on the server; it stays open until `endTool`. */
  beginTool(item: ToolOutput, events: readonly ItemEvent[]): ResponseEvent[] {
    this.#close("completed");
    this.#begin({ kind: "tool", id: item.id, item }, item);
    return this.tool(events);
  }

  /** Events of the tool item that is open. */
  tool(events: readonly ItemEvent[]): ResponseEvent[] {
    for (const event of events) this.#emitInside(event);
    return this.#drain();
  }

  /** Ends the open tool item as this. */
  endTool(item: ToolOutput): ResponseEvent[] {
    this.#done(item);
    return this.#drain();
  }

  /** Ends what is open: what comes next is an item of its own. */
  endItem(): ResponseEvent[] {
    this.#close("completed");
    return this.#drain();
  }

  /** Remarks on the text of the open message; its range has been sent. */
  annotate(annotation: Annotation): ResponseEvent[] {
    if (this.#open?.kind !== "message") return [];
    const { annotations } = this.#open;
    const at = { ...this.#place(), content_index: 0, annotation_index: annotations.length };
    annotations.push(annotation);
    this.#emit("response.output_text.annotation.added", { ...at, annotation });
    return this.#drain();
  }

  /** The response ends here for another reason than the model's. */
  stop(reason: "max_output_tokens" | "max_tool_calls"): void {
    this.#incomplete ??= reason;
  }

  get stopped(): boolean {
    return this.#incomplete !== undefined;
  }

  /** Ends what is open and fixes the final response, which can now be stored; the terminal event is yet to come. */
  complete(usage: TokenUsage): ResponseEvent[] {
    this.#close("completed");
    this.#usage = usage;
    this.#status = this.#incomplete === undefined ? "completed" : "incomplete";
    if (this.#status === "completed") this.#completedAt = unixSeconds();
    return this.#drain();
  }

  /** The terminal event of a response that is complete, as it is going to be. */
  get ending(): ResponseEvent {
    return { type: `response.${this.#status}`, sequence_number: this.#sequence, response: this.response };
  }

  /** The terminal event of a response that is complete. */
  terminal(): ResponseEvent[] {
    this.#emit(`response.${this.#status}`, { response: this.response });
    return this.#drain();
  }

  /** The engine failed, or storing did: completed items stay. */
  fail(error: ApiError, usage?: TokenUsage): ResponseEvent[] {
    this.#close("incomplete");
    this.#usage = usage;
    this.#status = "failed";
    this.#completedAt = null;
    const code = error.status === 429 ? "rate_limit_exceeded" : "server_error";
    this.#error = { code, message: error.message };
    const detail = { type: error.type, code, message: error.message, param: error.param };
    this.#emit("error", { code, message: error.message, param: error.param, error: detail });
    this.#emit("response.failed", { response: this.response });
    return this.#drain();
  }

  /** A background response was cancelled. There is no event of its own for it. */
  cancel(usage?: TokenUsage): ResponseEvent[] {
    this.#close("incomplete");
    this.#usage = usage;
    this.#status = "cancelled";
    this.#emit("response.cancelled", { response: this.response });
    return this.#drain();
  }

  #push(event: ChoiceEvent): void {
    switch (event.type) {
      case "text":
        this.#text(event.text, event.logprobs ?? []);
        return;
      case "reasoning":
        this.#reasoning(event.text);
        return;
      case "tool-call":
        this.#call(newClientCall(event.id, event.name, event.custom === true));
        return;
      case "tool-arguments":
        this.#arguments(event.text);
        return;
      case "tool-end":
        this.#close(event.complete ? "completed" : "incomplete");
        return;
      case "finish":
        if (event.reason !== "length") return;
        this.#incomplete = "max_output_tokens";
        this.#close("incomplete");
    }
  }

  #text(text: string, entries: readonly LogprobEntry[]): void {
    let open = this.#open;
    if (open?.kind !== "message") {
      this.#close("completed");
      open = { kind: "message", id: newId("msg_"), text: "", logprobs: [], annotations: [] };
      this.#begin(open, {
        id: open.id,
        type: "message",
        status: "in_progress",
        role: "assistant",
        content: [],
      });
      this.#emit("response.content_part.added", {
        ...this.#place(),
        content_index: 0,
        part: textPart("", [], []),
      });
    }
    const logprobs = this.#options.logprobs
      ? entries.map((entry) => toWireLogprob(entry, this.#options.tokenizer))
      : [];
    open.text += text;
    open.logprobs.push(...logprobs);
    this.#emit("response.output_text.delta", { ...this.#place(), content_index: 0, delta: text, logprobs });
  }

  #reasoning(text: string): void {
    let open = this.#open;
    if (open?.kind !== "reasoning") {
      this.#close("completed");
      open = { kind: "reasoning", id: newId("rs_"), text: "" };
      this.#begin(open, { id: open.id, type: "reasoning", status: "in_progress", summary: [], content: [] });
      this.#emit("response.content_part.added", {
        ...this.#place(),
        content_index: 0,
        part: { type: "reasoning_text", text: "" },
      });
      if (this.#options.summary) {
        const part = { type: "summary_text", text: "" };
        this.#emit("response.reasoning_summary_part.added", { ...this.#place(), summary_index: 0, part });
      }
    }
    open.text += text;
    this.#emit("response.reasoning_text.delta", { ...this.#place(), content_index: 0, delta: text });
    if (this.#options.summary) {
      this.#emit("response.reasoning_summary_text.delta", {
        ...this.#place(),
        summary_index: 0,
        delta: text,
      });
    }
  }

  #call(call: ClientCall): void {
    this.#close("completed");
    this.#begin({ kind: "call", id: call.id, call, text: "" }, clientCallItem(call, "in_progress", ""));
  }

  #arguments(text: string): void {
    if (this.#open?.kind !== "call") return;
    this.#open.text += text;
    this.#emitInside(clientCallDelta(this.#open.call, text));
  }

  #begin(open: Open, item: OutputItem): void {
    this.#open = open;
    this.#emit("response.output_item.added", { output_index: this.#output.length, item });
  }

  /** Where the open item is. */
  #place(): { item_id: string; output_index: number } {
    return { item_id: this.#open!.id, output_index: this.#output.length };
  }

  /** Ends the open item, if there is one. */
  #close(status: ItemStatus): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#done(this.#endParts(open, status));
  }

  #done(item: OutputItem): void {
    this.#emit("response.output_item.done", { output_index: this.#output.length, item });
    this.#output.push(item);
    this.#open = undefined;
  }

  #endParts(open: Open, status: ItemStatus): OutputItem {
    if (open.kind === "tool") return { ...open.item, status };
    const place = { ...this.#place(), content_index: 0 };
    const { id, text } = open;
    switch (open.kind) {
      case "message": {
        const part = textPart(text, open.logprobs, open.annotations);
        this.#emit("response.output_text.done", { ...place, text, logprobs: open.logprobs });
        this.#emit("response.content_part.done", { ...place, part });
        return { id, type: "message", status, role: "assistant", content: [part] };
      }
      case "reasoning":
        return this.#endReasoning(id, text, status);
      case "call":
        // An item that was cut short has no complete arguments to announce.
        if (status === "completed") this.#emitInside(clientCallDone(open.call, text));
        return clientCallItem(open.call, status, text);
    }
  }

  #endReasoning(id: string, text: string, status: ItemStatus): OutputItem {
    const place = { ...this.#place(), content_index: 0 };
    const { summary, seal } = this.#options;
    const part = { type: "reasoning_text" as const, text };
    this.#emit("response.reasoning_text.done", { ...place, text });
    this.#emit("response.content_part.done", { ...place, part });
    const parts = summary ? [{ type: "summary_text" as const, text }] : [];
    if (summary) {
      const at = { ...this.#place(), summary_index: 0 };
      this.#emit("response.reasoning_summary_text.done", { ...at, text });
      this.#emit("response.reasoning_summary_part.done", { ...at, part: parts[0] });
    }
    return {
      id,
      type: "reasoning",
      status,
      summary: parts,
      content: [part],
      ...(seal && { encrypted_content: seal(text) }),
    };
  }

  /** An event of the open item. */
  #emitInside([type, body]: ItemEvent): void {
    this.#emit(type, { ...this.#place(), ...body });
  }

  #emit(type: string, body: Readonly<Record<string, unknown>>): void {
    const event = { type, sequence_number: this.#sequence++, ...body };
    this.#events.push(this.#options.obfuscate ? obfuscated(event) : event);
  }

  #drain(): ResponseEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }
}

function textPart(
  text: string,
  logprobs: readonly WireLogprob[],
  annotations: readonly Annotation[],
): MessagePart {
  return { type: "output_text", text, annotations: [...annotations], logprobs };
}

type MessagePart = Extract<OutputItem, { type: "message" }>["content"][number];

/** A delta with padding; other events as they are. */
export function obfuscated(event: ResponseEvent): ResponseEvent {
  const { delta } = event;
  return typeof delta === "string" ? { ...event, obfuscation: paddingFor(delta.length) } : event;
}

/** One event as a server-sent frame. */
export function responseFrame(event: ResponseEvent): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
