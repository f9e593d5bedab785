// Output without a format: everything is text.

import type { OutputEvent, OutputParser } from "@tokenwire/core/parsers";
import type { StreamDecoder, Tokenizer } from "@tokenwire/core/tokenizer";

export class PlainOutputParser implements OutputParser {
  readonly #decoder: StreamDecoder;

  constructor(tokenizer: Tokenizer, skipSpecialTokens: boolean) {
    this.#decoder = tokenizer.createDecoder({ skipSpecialTokens });
  }

  push(text: string): OutputEvent[] {
    return toEvents(text);
  }

  pushIds(ids: ArrayLike<number>): OutputEvent[] {
    return toEvents(this.#decoder.push(ids));
  }

  end(): OutputEvent[] {
    return toEvents(this.#decoder.end());
  }
}

function toEvents(text: string): OutputEvent[] {
  return text === "" ? [] : [{ type: "text", text }];
}
