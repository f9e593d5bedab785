// Text from which an engine removed the special tokens, so that `assistant` and a channel word run into the text:
// `analysisLet me see.assistantfinalHello`. The markers are put back where the words stand.

import type { HarmonyEvent } from "./events.ts";
import type { RecoverParser } from "./recover-parser.ts";
import { channelToken, endToken, messageToken, startToken } from "./tokens.ts";
import { isBlank } from "./white-space.ts";

const opening = /^\s*(?:assistant)?(analysis|commentary|final)/i;
const finalAlone = /^\s*final/i;
const seam = /assistant(analysis|commentary|final)/i;
const seams = ["assistantanalysis", "assistantcommentary", "assistantfinal"];
const openings = [...seams, "analysis", "commentary"];

export class MarkerlessFeed {
  private readonly always: boolean;
  private held = "";
  /** Undecided until the text shows how it begins. */
  private active: boolean | undefined;
  private opened = false;

  constructor(mode: "auto" | "on") {
    this.always = mode === "on";
  }

  push(text: string, parser: RecoverParser, sink: HarmonyEvent[]): void {
    this.held += text;
    if (this.active === undefined) this.decide(false);
    if (this.active === false) this.release(parser, sink);
    else if (this.active) this.split(parser, sink);
  }

  /** Markers are there after all: this is ordinary harmony text. */
  markerSeen(parser: RecoverParser, sink: HarmonyEvent[]): void {
    if (this.active) this.end(parser, sink);
    else this.release(parser, sink);
  }

  end(parser: RecoverParser, sink: HarmonyEvent[]): void {
    if (this.active === undefined) this.decide(true);
    if (!this.active) {
      this.release(parser, sink);
      return;
    }
    this.split(parser, sink);
    this.emit(this.held.trimEnd(), parser, sink);
    this.held = "";
  }

  private release(parser: RecoverParser, sink: HarmonyEvent[]): void {
    if (this.held !== "") parser.stepText(this.held, sink);
    this.held = "";
  }

  /** `assistantfinal`, or a channel of reasoning with or without `assistant`; ordinary text may begin with `final`. */
  private decide(atEnd: boolean): void {
    const begins = opening.test(this.held) && !finalAlone.test(this.held);
    const start = this.held.trimStart().toLowerCase();
    const open = !atEnd && openings.some((word) => word.length > start.length && word.startsWith(start));
    if (begins) this.active = true;
    else if (!open) this.active = this.always;
  }

  /** Emits what no seam can begin in any more, and opens a message at each seam. */
  private split(parser: RecoverParser, sink: HarmonyEvent[]): void {
    if (!this.opened) {
      const match = opening.exec(this.held);
      this.open(match?.[1], match?.[0].length ?? 0, parser, sink);
    }
    for (let match = seam.exec(this.held); match !== null; match = seam.exec(this.held)) {
      const text = this.held.slice(0, match.index).trimEnd();
      this.emit(text, parser, sink);
      parser.stepMarker(endToken, match.index - text.length, sink);
      this.held = this.held.slice(match.index);
      this.open(match[1], match[0].length, parser, sink);
    }
    if (parser.content === "") this.held = this.held.trimStart();
    const keep = this.held.length - heldLength(this.held);
    this.emit(this.held.slice(0, keep), parser, sink);
    this.held = this.held.slice(keep);
  }

  private open(
    channel: string | undefined,
    length: number,
    parser: RecoverParser,
    sink: HarmonyEvent[],
  ): void {
    this.opened = true;
    parser.markerless = true;
    if (parser.state === "ExpectStart") parser.stepMarker(startToken, 0, sink);
    parser.stepImplied("assistant", sink);
    if (channel !== undefined) {
      parser.stepMarker(channelToken, 0, sink);
      parser.stepImplied(channel.toLowerCase(), sink);
    }
    parser.stepMarker(messageToken, length, sink);
    this.held = this.held.slice(length);
  }

  private emit(text: string, parser: RecoverParser, sink: HarmonyEvent[]): void {
    const start = parser.content === "" ? text.trimStart() : text;
    if (start !== "") parser.stepText(start, sink);
  }
}

/** Length of the end of `text` that may belong to a seam: white space, and the beginning of a seam after it. */
function heldLength(text: string): number {
  const lower = text.toLowerCase();
  for (let length = Math.min(text.length, 18); length > 0; length--) {
    const tail = lower.slice(-length);
    if (seams.some((word) => word.startsWith(tail))) return trailingSpace(text.slice(0, -length)) + length;
  }
  return trailingSpace(text);
}

function trailingSpace(text: string): number {
  return isBlank(text) ? text.length : text.length - text.trimEnd().length;
}
