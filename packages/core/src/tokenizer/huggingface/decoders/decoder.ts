// What a decoder is: a stage that receives tokens one by one and passes text on. Bulk decoding feeds all tokens and
// ends; streaming feeds them as they arrive. One implementation serves both.

/** Receives the parts of a text in order. */
export interface TextSink {
  push(text: string): void;
  end(): void;
}

export interface DecoderContext {
  /** Parts are emitted as soon as their characters are known, not when the run they belong to is known to be valid. */
  readonly eager: boolean;
  /** Bytes of byte tokens pass as the lone surrogates U+DC00 + byte, so that no byte is lost to U+FFFD. */
  readonly keepBytes: boolean;
}

export interface Decoder {
  /** A new stage in front of `next`. */
  open(next: TextSink, context: DecoderContext): TextSink;
}

/** A stage that holds nothing back: each part by itself, knowing only whether it is the first. */
export class MapDecoder implements Decoder {
  private readonly map: (text: string, first: boolean) => string;

  constructor(map: (text: string, first: boolean) => string) {
    this.map = map;
  }

  open(next: TextSink): TextSink {
    let first = true;
    return {
      push: (text) => {
        next.push(this.map(text, first));
        first = false;
      },
      end: () => next.end(),
    };
  }
}
