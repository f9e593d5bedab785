// From what a harmony parser reads to output events. The recipient decides what is a call, the channel what is
// reasoning; everything else an assistant says is visible text.

import { type HarmonyEncoding, type HarmonyEvent, StreamableParser } from "@tokenwire/core/harmony";
import type { OutputEndReason, OutputEvent, OutputParser } from "@tokenwire/core/parsers";
import { newId } from "../ids.ts";

type MessageStart = Extract<HarmonyEvent, { type: "message_start" }>;
type MessageEnd = Extract<HarmonyEvent, { type: "message_end" }>;
type Kind = "text" | "reasoning" | "call" | "hidden";

/** Recipients that address a participant, not a tool. */
const participants = new Set(["all", "assistant", "user"]);
/** Words that models write where a content type belongs; without a tool of that name they call nothing. */
const contentTypeWords = new Set(["json", "code", "text"]);

/** Between two visible messages of one answer, such as a preamble and the answer. */
const seam = "\n";

export interface HarmonyOutputOptions {
  readonly separateReasoning: boolean;
  /** Names of the request's tools. */
  readonly toolNames: readonly string[];
}

export class HarmonyOutputParser implements OutputParser {
  readonly #parser: StreamableParser;
  readonly #encoding: HarmonyEncoding;
  readonly #options: HarmonyOutputOptions;
  #kind: Kind = "text";
  #calls = 0;
  #argumentsSeen = false;
  /** Kinds that have been said something of. */
  #hasText = false;
  #hasReasoning = false;
  #seamDue = false;
  #primed: OutputEvent[] = [];
  /** The latest event was text, and further text of the message is nothing more than that. */
  #isFlowing = false;
  /** Text that may be the first half of a marker. */
  #heldText = "";

  constructor(encoding: HarmonyEncoding, options: HarmonyOutputOptions) {
    this.#parser = new StreamableParser(encoding, {
      role: "assistant",
      mode: "recover",
      knownTools: options.toolNames,
      undoWindow: 0,
    });
    this.#encoding = encoding;
    this.#options = options;
  }

  /** Reads tokens that the prompt holds already; what they mean is told with the first output. */
  prime(ids: ArrayLike<number>): void {
    this.#primed = this.#read(this.#parser.push(ids));
    this.#isFlowing = false;
  }

  pushIds(ids: ArrayLike<number>): OutputEvent[] {
    return this.#withPrimed(this.#read(this.#parser.push(ids)));
  }

  goOn(id: number): string | undefined {
    return this.#isFlowing ? this.#parser.goOn(id) : undefined;
  }

  push(text: string): OutputEvent[] {
    const buffer = this.#heldText + text;
    const cut = markerStart(buffer);
    this.#heldText = buffer.slice(cut);
    return this.#pushText(buffer.slice(0, cut));
  }

  #pushText(text: string): OutputEvent[] {
    return text === "" ? [] : this.pushIds(this.#encoding.encode(text, { allowedSpecial: "all" }));
  }

  end(reason?: OutputEndReason): OutputEvent[] {
    const held = this.#pushText(this.#heldText);
    return [
      ...held,
      ...this.#withPrimed(
        this.#read(this.#parser.end({ reason: reason === "error" ? undefined : reason }), reason),
      ),
    ];
  }

  #withPrimed(events: OutputEvent[]): OutputEvent[] {
    if (this.#primed.length === 0) return events;
    const all = [...this.#primed, ...events];
    this.#primed = [];
    return all;
  }

  #read(events: readonly HarmonyEvent[], reason?: OutputEndReason): OutputEvent[] {
    const result: OutputEvent[] = [];
    for (const event of events) {
      this.#isFlowing = event.type === "delta" && this.#kind !== "hidden";
      if (event.type === "message_start") this.#start(event, result);
      else if (event.type === "delta") this.#delta(event.text, result);
      else if (event.type === "message_end") this.#end(event, reason, result);
      else
        result.push({ type: "diagnostic", code: event.diagnostic.code, text: event.diagnostic.text ?? "" });
    }
    return result;
  }

  #start(event: MessageStart, result: OutputEvent[]): void {
    this.#kind = this.#kindOf(event);
    this.#seamDue = this.#kind === "reasoning" ? this.#hasReasoning : this.#kind === "text" && this.#hasText;
    if (this.#kind !== "call") return;
    this.#argumentsSeen = false;
    const name = event.recipient!.replace(/^functions\./, "");
    result.push({ type: "tool-call", index: this.#calls++, id: newId("call_"), name });
  }

  #kindOf({ role, recipient, canonicalChannel }: MessageStart): Kind {
    if (role !== "assistant") return "hidden";
    if (recipient !== undefined && this.#isCall(recipient)) return "call";
    if (canonicalChannel !== "analysis") return "text";
    return this.#options.separateReasoning ? "reasoning" : "text";
  }

  #isCall(recipient: string): boolean {
    if (participants.has(recipient)) return false;
    return !contentTypeWords.has(recipient) || this.#options.toolNames.includes(recipient);
  }

  #delta(text: string, result: OutputEvent[]): void {
    switch (this.#kind) {
      case "call":
        this.#argumentsSeen = true;
        result.push({ type: "tool-arguments", index: this.#calls - 1, text });
        return;
      case "hidden":
        result.push({ type: "diagnostic", code: "foreign-message", text });
        return;
      default:
        if (this.#seamDue) result.push({ type: this.#kind, text: seam });
        this.#seamDue = false;
        if (this.#kind === "text") this.#hasText = true;
        else this.#hasReasoning = true;
        result.push({ type: this.#kind, text });
    }
  }

  #end({ complete }: MessageEnd, reason: OutputEndReason | undefined, result: OutputEvent[]): void {
    if (this.#kind !== "call") return;
    const index = this.#calls - 1;
    const truncated = !complete && reason !== "stop";
    // A call of a function without parameters may come with an empty body; clients parse arguments as JSON.
    if (!this.#argumentsSeen && !truncated) result.push({ type: "tool-arguments", index, text: "{}" });
    result.push({ type: "tool-end", index, status: truncated ? "truncated" : "ok" });
    this.#kind = "text";
  }
}

/** Where an unfinished marker begins at the end of a text; the length when there is none. */
function markerStart(text: string): number {
  const at = text.lastIndexOf("<");
  return at >= 0 && /^<(?:\|[a-z_0-9]{0,24}\|?)?$/.test(text.slice(at)) ? at : text.length;
}
