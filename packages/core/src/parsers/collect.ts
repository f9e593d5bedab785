// Folds events into a message. Here, and only here, whole-output rules apply: events that were streamed stand.

import type { OutputEvent } from "./output-event.ts";
import type { Rules } from "./rules.ts";

export interface CollectedCall {
  readonly id: string;
  readonly name: string;
  /** JSON text, exactly as streamed. */
  readonly arguments: string;
  readonly nativeId?: string;
  /** Absent: ok. */
  readonly status?: "invalid" | "truncated";
}

export interface Diagnostic {
  readonly code: string;
  readonly text: string;
}

export interface Message {
  /** Null when there is no visible text (white space does not count beside calls or reasoning). */
  readonly content: string | null;
  readonly reasoning: string | null;
  readonly toolCalls: readonly CollectedCall[];
  readonly diagnostics: readonly Diagnostic[];
}

export interface CollectPolicy {
  /** What becomes of a call that started and turned out wrong. Default: `text`. */
  readonly onInvalid?: Rules["onInvalid"] | undefined;
  readonly onTruncated?: Rules["onTruncated"] | undefined;
  /** Reasoning that is also shown as text: shown in both places, or as text only. Default: `swap`. */
  readonly promotion?: "swap" | "both" | undefined;
  readonly textTrim?: boolean | undefined;
}

type End = Extract<OutputEvent, { type: "tool-end" }>;
type Start = Extract<OutputEvent, { type: "tool-call" }>;

/** One call and where in the text it stood. */
interface Entry {
  readonly start: Start;
  arguments: string;
  end: End | undefined;
}

type Part = { readonly text: string; readonly section?: number | undefined } | Entry;

/**
 * The message that a list of events amounts to.
 *
 * @example collect([...parser.push(output), ...parser.end()]).toolCalls
 */
export function collect(events: Iterable<OutputEvent>, policy: CollectPolicy = {}): Message {
  const collector = new Collector(policy);
  for (const event of events) collector.add(event);
  return collector.message();
}

class Collector {
  readonly #policy: CollectPolicy;
  readonly #parts: Part[] = [];
  readonly #calls = new Map<number, Entry>();
  readonly #diagnostics: Diagnostic[] = [];
  #reasoning = "";
  #promoted = false;

  constructor(policy: CollectPolicy) {
    this.#policy = policy;
  }

  add(event: OutputEvent): void {
    switch (event.type) {
      case "text":
        if (event.promoted === true) this.#promoted = true;
        this.#parts.push({ text: event.text });
        break;
      case "reasoning":
        this.#reasoning += event.text;
        break;
      case "diagnostic":
        this.#diagnostics.push({ code: event.code, text: event.text });
        break;
      case "skip":
        if (event.section !== undefined) this.#parts.push({ text: event.text, section: event.section });
        break;
      default:
        this.#addCall(event);
    }
  }

  message(): Message {
    const swap = this.#promoted && (this.#policy.promotion ?? "swap") === "swap";
    const reasoning = swap || this.#reasoning === "" ? null : this.#reasoning;
    const failed = this.#sectionsWithoutCalls();
    const inFailed = (section: number | undefined) => section !== undefined && failed.has(section);
    const calls: CollectedCall[] = [];
    let text = "";
    for (const part of this.#parts) {
      if (!("start" in part)) {
        if (part.section === undefined || inFailed(part.section)) text += part.text;
      } else if (this.#keeps(part)) {
        calls.push(collected(part));
      } else {
        text += this.#sourceOf(part, inFailed(part.end?.section));
      }
    }
    const blank = text.trim() === "" && (text === "" || calls.length > 0 || reasoning !== null);
    const content = this.#policy.textTrim ? text.trim() : text;
    return {
      content: blank ? null : content,
      reasoning,
      toolCalls: calls,
      diagnostics: [...this.#diagnostics, ...this.#faults()],
    };
  }

  #addCall(event: Exclude<OutputEvent, { type: "text" | "reasoning" | "diagnostic" | "skip" }>): void {
    if (event.type === "tool-call") {
      const entry: Entry = { start: event, arguments: "", end: undefined };
      this.#calls.set(event.index, entry);
      this.#parts.push(entry);
      return;
    }
    const entry = this.#calls.get(event.index);
    if (entry === undefined) return;
    if (event.type === "tool-arguments") entry.arguments += event.text;
    else entry.end = event;
  }

  /** Sections whose calls all came to nothing: they are text, markers included. */
  #sectionsWithoutCalls(): Set<number> {
    const failed = new Set<number>();
    for (const entry of this.#calls.values()) {
      const section = entry.end?.section;
      if (section !== undefined && this.#becomesText(entry)) failed.add(section);
    }
    for (const entry of this.#calls.values()) {
      const section = entry.end?.section;
      if (section !== undefined && !this.#becomesText(entry)) failed.delete(section);
    }
    return failed;
  }

  #policyFor(entry: Entry): "text" | "keep" | "drop" {
    const status = entry.end?.status ?? "ok";
    if (status === "ok") return "keep";
    return (status === "invalid" ? this.#policy.onInvalid : this.#policy.onTruncated) ?? "text";
  }

  #keeps(entry: Entry): boolean {
    return this.#policyFor(entry) === "keep";
  }

  #becomesText(entry: Entry): boolean {
    return this.#policyFor(entry) === "text";
  }

  /** The source of a call that is not kept. Inside a section that has other calls it is not text. */
  #sourceOf(entry: Entry, failedSection: boolean): string {
    const shown = failedSection || (entry.end?.section === undefined && this.#becomesText(entry));
    return shown ? (entry.end?.raw ?? "") : "";
  }

  #faults(): Diagnostic[] {
    const faults: Diagnostic[] = [];
    for (const { end } of this.#calls.values()) {
      if (end?.reason !== undefined) faults.push({ code: end.reason, text: end.raw ?? "" });
    }
    return faults;
  }
}

function collected(entry: Entry): CollectedCall {
  const { id, name, nativeId } = entry.start;
  const status = entry.end?.status;
  return {
    id,
    name,
    arguments: entry.arguments,
    ...(nativeId === undefined ? {} : { nativeId }),
    ...(status === undefined || status === "ok" ? {} : { status }),
  };
}
