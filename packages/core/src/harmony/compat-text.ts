// How openai-harmony turns content bytes into text: per token, the valid beginning and at most one replacement.

import { bytesFrom, decodeFewBytes, joinBytes, utf8SequenceAt, validUtf8Prefix } from "./utf8-tail.ts";

const nothing: readonly number[] = [];

/** What a token's bytes completed. The two parts are encoded separately where the reference re-encodes content. */
export interface CompatPiece {
  readonly text: string;
  readonly replacement: "" | "\ufffd";
}

export class CompatText {
  /** Bytes of content that are no text yet. */
  pending: readonly number[] = nothing;
  /** An id outside the vocabulary ends the decoding of its message. */
  undecodable = false;

  /** Reads the bytes of one token; undefined for an id outside the vocabulary. */
  push(bytes: Uint8Array | undefined): CompatPiece | undefined {
    if (bytes === undefined) this.undecodable = true;
    if (this.undecodable || bytes === undefined) return undefined;
    const all = joinBytes(this.pending, bytes);
    const valid = validUtf8Prefix(all);
    const text = decodeFewBytes(all, valid);
    let used = valid;
    let replacement: CompatPiece["replacement"] = "";
    if (valid < all.length) {
      const sequence = utf8SequenceAt(all, valid);
      if (sequence.kind === "invalid") {
        replacement = "\ufffd";
        used += sequence.length;
      }
    }
    this.pending = used === all.length ? nothing : bytesFrom(all, used);
    return text === "" && replacement === "" ? undefined : { text, replacement };
  }

  /** What the end of the message adds to its text; the reference never reports it as a delta. */
  tail(): string {
    const text = (this.undecodable ? "\ufffd" : "") + decodeFewBytes(this.pending, this.pending.length);
    this.pending = nothing;
    this.undecodable = false;
    return text;
  }
}
