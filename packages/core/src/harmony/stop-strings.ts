// Stop strings of a user, matched against what the user sees: never across messages, never in reasoning or calls.

import { type ClassificationPolicy, classifyMessage } from "./classify.ts";
import type { HarmonyEvent, MessageStartEvent } from "./events.ts";
import { Message } from "./message.ts";

export interface StopStringMatcher {
  /** The events without what follows a stop string; text that may begin one is held back. */
  push(events: readonly HarmonyEvent[]): HarmonyEvent[];
  /** The stop string that ended the output, once one did. */
  readonly matched: string | undefined;
}

/**
 * Watches the visible channels (the answer and preambles) for stop strings. Once one is met, nothing more comes out.
 *
 * @example const stop = createStopStringMatcher(["\n\n"]); show(stop.push(parser.push(ids)));
 */
export function createStopStringMatcher(
  stops: readonly string[],
  policy: ClassificationPolicy = {},
): StopStringMatcher {
  return new VisibleStops(
    stops.filter((stop) => stop !== ""),
    policy,
  );
}

class VisibleStops implements StopStringMatcher {
  matched: string | undefined;
  private readonly stops: readonly string[];
  private readonly policy: ClassificationPolicy;
  private visible = false;
  private held = "";
  private heldFrom = 0;

  constructor(stops: readonly string[], policy: ClassificationPolicy) {
    this.stops = stops;
    this.policy = policy;
  }

  push(events: readonly HarmonyEvent[]): HarmonyEvent[] {
    const out: HarmonyEvent[] = [];
    for (const event of events) {
      if (this.matched !== undefined) break;
      if (event.type === "message_start") this.visible = this.isVisible(event);
      if (event.type === "delta" && this.visible) this.text(event, out);
      else {
        if (event.type === "message_end") this.release(event.index, event.message.contentEnd, out);
        out.push(event);
      }
    }
    return out;
  }

  private isVisible({ role, name, channel, recipient }: MessageStartEvent): boolean {
    const kind = classifyMessage(
      new Message({ role, name, channel, recipient, content: "" }),
      this.policy,
    )?.kind;
    return kind === "content" || kind === "preamble";
  }

  private text(event: Extract<HarmonyEvent, { type: "delta" }>, out: HarmonyEvent[]): void {
    const tokenStart = this.held === "" ? event.tokenStart : this.heldFrom;
    const text = this.held + event.text;
    const found = firstStop(text, this.stops);
    const end = found?.at ?? text.length - prefixLength(text, this.stops);
    if (end > 0) out.push({ ...event, text: text.slice(0, end), tokenStart });
    this.matched = found?.stop;
    this.held = found === undefined ? text.slice(end) : "";
    this.heldFrom = end > 0 ? event.tokenStart : tokenStart;
  }

  private release(index: number, tokenEnd: number, out: HarmonyEvent[]): void {
    const { held: text, heldFrom: tokenStart } = this;
    if (text !== "") out.push({ type: "delta", index, text, tokenStart, tokenEnd });
    this.held = "";
  }
}

function firstStop(text: string, stops: readonly string[]): { at: number; stop: string } | undefined {
  let best: { at: number; stop: string } | undefined;
  for (const stop of stops) {
    const at = text.indexOf(stop);
    if (at !== -1 && (best === undefined || at < best.at)) best = { at, stop };
  }
  return best;
}

/** Length of the longest end of `text` that begins a stop string. */
function prefixLength(text: string, stops: readonly string[]): number {
  const longest = Math.max(0, ...stops.map((stop) => stop.length - 1));
  for (let length = Math.min(longest, text.length); length > 0; length--) {
    const tail = text.slice(-length);
    if (stops.some((stop) => stop.startsWith(tail))) return length;
  }
  return 0;
}
