// Text input: finds markers that stand as text, however the text is cut.

import type { HarmonyEvent } from "./events.ts";
import { MarkerlessFeed } from "./markerless-feed.ts";
import type { RecoverParser } from "./recover-parser.ts";
import { markerTexts } from "./tokens.ts";

/** What to do about text whose markers an engine removed. `auto`: read it as such when it begins like it. */
export type MarkersStripped = "off" | "auto" | "on";

const markerIds: ReadonlyMap<string, number> = new Map(Array.from(markerTexts, ([id, text]) => [text, id]));
const marker = new RegExp([...markerIds.keys()].map((text) => text.replace(/[|]/g, "\\$&")).join("|"), "g");

export class TextFeed {
  private held = "";
  private markerless: MarkerlessFeed | undefined;

  constructor(mode: MarkersStripped) {
    if (mode !== "off") this.markerless = new MarkerlessFeed(mode);
  }

  push(text: string, parser: RecoverParser, sink: HarmonyEvent[]): void {
    const all = this.held + text;
    let at = 0;
    for (const match of all.matchAll(marker)) {
      this.text(all.slice(at, match.index), parser, sink);
      this.markerless?.markerSeen(parser, sink);
      this.markerless = undefined;
      parser.stepMarker(markerIds.get(match[0])!, match[0].length, sink);
      at = match.index + match[0].length;
    }
    const end = all.length - markerPrefixLength(all, at);
    this.text(all.slice(at, end), parser, sink);
    this.held = all.slice(end);
  }

  end(parser: RecoverParser, sink: HarmonyEvent[]): void {
    this.text(this.held, parser, sink);
    this.held = "";
    this.markerless?.end(parser, sink);
  }

  private text(text: string, parser: RecoverParser, sink: HarmonyEvent[]): void {
    if (text === "") return;
    if (this.markerless === undefined) parser.stepText(text, sink);
    else this.markerless.push(text, parser, sink);
  }
}

/** Length of the longest end of `text` that could begin a marker, or half a character. */
function markerPrefixLength(text: string, from: number): number {
  const start = text.lastIndexOf("<");
  if (start >= from) {
    const tail = text.slice(start);
    for (const known of markerIds.keys()) if (known.startsWith(tail)) return tail.length;
  }
  return /[\ud800-\udbff]$/.test(text) && text.length > from ? 1 : 0;
}
