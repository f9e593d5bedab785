// IDs back to text through the decoder stages, in bulk or as they arrive.

import { decodeUtf8Strict, incompleteUtf8Tail } from "../../bytes/index.ts";
import { TokenwireError } from "../../errors.ts";
import type { DecodeOptions, StreamDecoder } from "../tokenizer.ts";
import type { AddedToken } from "./added-tokens.ts";
import { unescapeBytes } from "./decoders/byte-level.ts";
import type { Decoder, DecoderContext, TextSink } from "./decoders/index.ts";
import type { TokenModel } from "./models/index.ts";
import type { Normalizer } from "./normalizers/index.ts";

class TextCollector implements TextSink {
  private text = "";

  push(text: string): void {
    this.text += text;
  }

  end(): void {}

  take(): string {
    const { text } = this;
    this.text = "";
    return text;
  }
}

/** UTF-8 that arrives in parts and must be valid. Raises INVALID_UTF8. */
class StrictBytes {
  private pending: Uint8Array = new Uint8Array(0);

  push(bytes: Uint8Array): string {
    const input = new Uint8Array(this.pending.length + bytes.length);
    input.set(this.pending);
    input.set(bytes, this.pending.length);
    const complete = input.length - incompleteUtf8Tail(input);
    this.pending = input.subarray(complete);
    return decodeUtf8Strict(input.subarray(0, complete));
  }

  end(): string {
    const rest = this.pending;
    this.pending = new Uint8Array(0);
    return decodeUtf8Strict(rest);
  }
}

export class PipelineDecoder {
  private readonly name: string;
  private readonly model: TokenModel;
  private readonly decoder: Decoder;
  private readonly added = new Map<number, string>();
  private readonly special = new Set<number>();

  constructor(
    name: string,
    model: TokenModel,
    decoder: Decoder,
    tokens: readonly AddedToken[],
    normalizer: Normalizer | undefined,
  ) {
    this.name = name;
    this.model = model;
    this.decoder = decoder;
    for (const token of tokens) {
      const content = token.normalized && normalizer ? normalizer.normalize(token.content) : token.content;
      this.added.set(token.id, content);
      if (token.special) this.special.add(token.id);
    }
  }

  /** The token with this ID; undefined if there is none. */
  tokenOf(id: number): string | undefined {
    return this.added.get(id) ?? this.model.vocabulary.tokenOf(id);
  }

  /** True for the tokens that `skipSpecialTokens` leaves out. */
  isSpecial(id: number): boolean {
    return this.special.has(id);
  }

  decode(ids: ArrayLike<number>, options: DecodeOptions): string {
    if (options.errors === "strict") return decodeUtf8Strict(this.decodeBytes(ids, options));
    return this.run(ids, options, { eager: false, keepBytes: false });
  }

  decodeBytes(ids: ArrayLike<number>, options: DecodeOptions = {}): Uint8Array {
    return unescapeBytes(this.run(ids, options, { eager: false, keepBytes: true }));
  }

  stream(options: DecodeOptions): StreamDecoder {
    const strict = options.errors === "strict";
    const context = { eager: true, keepBytes: strict };
    const out = new TextCollector();
    const bytes = new StrictBytes();
    let stage: TextSink | undefined;
    return {
      push: (ids) => {
        stage ??= this.decoder.open(out, context);
        this.feed(ids, options, stage);
        return strict ? bytes.push(unescapeBytes(out.take())) : out.take();
      },
      end: () => {
        stage?.end();
        stage = undefined;
        return strict ? bytes.push(unescapeBytes(out.take())) + bytes.end() : out.take();
      },
    };
  }

  private run(ids: ArrayLike<number>, options: DecodeOptions, context: DecoderContext): string {
    const out = new TextCollector();
    const stage = this.decoder.open(out, context);
    this.feed(ids, options, stage);
    stage.end();
    return out.take();
  }

  /** IDs beyond the vocabulary are passed over, as in the reference: models have rows for tokens that do not exist. */
  private feed(ids: ArrayLike<number>, options: DecodeOptions, stage: TextSink): void {
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!;
      if (options.skipSpecialTokens === true && this.special.has(id)) continue;
      const token = this.tokenOf(id);
      if (token !== undefined) stage.push(token);
      else if (!Number.isInteger(id) || id < 0) throw this.notAnId(id, i);
    }
  }

  private notAnId(id: number, index: number): TokenwireError {
    return new TokenwireError(
      "INVALID_TOKEN",
      `Invalid token for decoding: ${id} at index ${index} is not a token ID of ${this.name}.`,
    );
  }
}
