// Copies of one character removed from the ends: of each token, or of the whole text once it has been fused.

import type { JsonNode } from "../json-node.ts";
import type { Decoder, TextSink } from "./decoder.ts";

export interface StripSettings {
  readonly content: string;
  /** How many copies to remove at the start and at the end. */
  readonly start: number;
  readonly stop: number;
  /** Whether parts are one text, not tokens each with ends of its own. */
  readonly whole: boolean;
}

export class StripDecoder implements Decoder {
  private readonly content: string;
  private readonly start: number;
  private readonly stop: number;
  private readonly whole: boolean;

  constructor({ content, start, stop, whole }: StripSettings) {
    this.content = content;
    this.start = start;
    this.stop = stop;
    this.whole = whole;
  }

  static fromJson(node: JsonNode, whole: boolean): StripDecoder {
    return new StripDecoder({
      content: node.child("content").string(),
      start: node.child("start").index(),
      stop: node.child("stop").index(),
      whole,
    });
  }

  open(next: TextSink): TextSink {
    if (this.whole) return this.openWhole(next);
    return {
      push: (text) => next.push(this.stripStop(this.stripStart(text, this.start).text)),
      end: () => next.end(),
    };
  }

  /** Strips the text that all parts make up: leading copies as they come, trailing ones held until something follows. */
  private openWhole(next: TextSink): TextSink {
    let toStrip = this.start;
    let held = "";
    return {
      push: (part) => {
        const stripped = this.stripStart(part, toStrip);
        toStrip = stripped.text === "" ? stripped.left : 0;
        const text = held + stripped.text;
        const kept = this.stripStop(text);
        held = text.slice(kept.length);
        if (kept !== "") next.push(kept);
      },
      end: () => next.end(),
    };
  }

  private stripStart(text: string, most: number): { readonly text: string; readonly left: number } {
    let taken = 0;
    while (taken < most && text.startsWith(this.content, taken * this.content.length)) taken++;
    return { text: text.slice(taken * this.content.length), left: most - taken };
  }

  private stripStop(text: string): string {
    let end = text.length;
    for (let taken = 0; taken < this.stop && text.endsWith(this.content, end); taken++)
      end -= this.content.length;
    return text.slice(0, Math.max(0, end));
  }
}
