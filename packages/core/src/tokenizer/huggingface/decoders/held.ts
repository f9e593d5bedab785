// Stages that must see further than one part: the suffix decoder, CTC, and a stage that works on the whole text.

import type { JsonNode } from "../json-node.ts";
import type { Decoder, DecoderContext, TextSink } from "./decoder.ts";
import { cleanUp } from "./word-piece.ts";

/** `BPEDecoder`: a suffix that ends words becomes a space, and nothing in the last token. */
export class SuffixDecoder implements Decoder {
  private readonly suffix: string;

  constructor(node: JsonNode) {
    this.suffix = node.child("suffix").optionalString() ?? "</w>";
  }

  open(next: TextSink): TextSink {
    let held: string | undefined;
    return {
      push: (token) => {
        if (held !== undefined) next.push(held.replaceAll(this.suffix, " "));
        held = token;
      },
      end: () => {
        if (held !== undefined) next.push(held.replaceAll(this.suffix, ""));
        next.end();
      },
    };
  }
}

/** `CTC`: repeated tokens count once, padding is silence, a delimiter separates words. */
export class CtcDecoder implements Decoder {
  private readonly padding: string;
  private readonly delimiter: string;
  private readonly cleanup: boolean;

  constructor(node: JsonNode) {
    this.padding = node.child("pad_token").optionalString() ?? "<pad>";
    this.delimiter = node.child("word_delimiter_token").optionalString() ?? "|";
    this.cleanup = node.child("cleanup").boolean(true);
  }

  open(next: TextSink): TextSink {
    let previous: string | undefined;
    return {
      push: (token) => {
        if (token === previous) return;
        previous = token;
        const text = this.textOf(token);
        if (text !== "") next.push(text);
      },
      end: () => next.end(),
    };
  }

  private textOf(token: string): string {
    const text = token.replaceAll(this.padding, "");
    return this.cleanup ? cleanUp(text).replaceAll(this.delimiter, " ") : text;
  }
}

/** Joins all parts before `inner` sees them: right for any stage, at the price of holding the text to its end. */
export class WholeTextDecoder implements Decoder {
  private readonly inner: Decoder;

  constructor(inner: Decoder) {
    this.inner = inner;
  }

  open(next: TextSink, context: DecoderContext): TextSink {
    const stage = this.inner.open(next, context);
    let text = "";
    return {
      push: (part) => {
        text += part;
      },
      end: () => {
        if (text !== "") stage.push(text);
        stage.end();
      },
    };
  }
}
