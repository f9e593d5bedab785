// Text from bytes that arrive in pieces. Everything decodable comes out at once; only an incomplete sequence at the
// end waits for more.

import { bytesFrom, decodeFewBytes, decodeUtf8Lossy, joinBytes, utf8SequenceAt } from "./utf8-tail.ts";

const nothing: readonly number[] = [];

export class IncrementalText {
  /** An incomplete sequence, at most three bytes. */
  pending: readonly number[] = nothing;
  /** The latest call met bytes that are no UTF-8. */
  sawInvalid = false;

  push(bytes: Uint8Array): string {
    const all = joinBytes(this.pending, bytes);
    this.sawInvalid = false;
    let at = 0;
    while (at < all.length) {
      const { kind, length } = utf8SequenceAt(all, at);
      if (kind === "incomplete") break;
      if (kind === "invalid") this.sawInvalid = true;
      at += length;
    }
    this.pending = at === all.length ? nothing : bytesFrom(all, at);
    return all instanceof Uint8Array ? decodeUtf8Lossy(all.subarray(0, at)) : decodeFewBytes(all, at);
  }

  /** U+FFFD for a sequence that will not be completed, else nothing. */
  flush(): string {
    this.sawInvalid = this.pending.length > 0;
    this.pending = nothing;
    return this.sawInvalid ? "\ufffd" : "";
  }
}
