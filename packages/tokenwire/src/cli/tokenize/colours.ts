// Tokens as coloured text for a terminal: neighbours differ in background, special tokens are inverse, a token that is
// only a part of a character shows its bytes.

import type { Encoding } from "@tokenwire/core/tokenizer";
import { printable, textOrBytes } from "../output.ts";

const backgrounds = ["48;5;24", "48;5;58", "48;5;53", "48;5;22", "48;5;94"];
const RESET = "\u001b[0m";

/** Colours tokens that arrive in parts; `colour` false puts brackets around them instead. */
export class TokenPainter {
  readonly #encoding: Encoding;
  readonly #colour: boolean;
  #index = 0;

  constructor(encoding: Encoding, colour: boolean) {
    this.#encoding = encoding;
    this.#colour = colour;
  }

  paint(ids: Uint32Array): string {
    let text = "";
    for (const id of ids) text += this.#one(id);
    return text;
  }

  #one(id: number): string {
    const shown = visible(this.#encoding.decodeSingleTokenBytes(id));
    const style = this.#encoding.isSpecialToken(id) ? "7" : backgrounds[this.#index++ % backgrounds.length]!;
    if (!this.#colour) return `[${shown.replaceAll("\n", "")}]${"\n".repeat(newlines(shown))}`;
    // The background ends before a line break, or terminals colour the rest of the line.
    return shown
      .split("\n")
      .map((line) => (line === "" ? "" : `\u001b[${style}m${line}${RESET}`))
      .join("\n");
  }
}

function newlines(text: string): number {
  return text.split("\n").length - 1;
}

/** A token's text with line breaks marked and kept, and other control characters made visible. */
function visible(bytes: Uint8Array): string {
  return printable(textOrBytes(bytes)).replaceAll("\n", "⏎\n").replaceAll("\t", "→");
}
