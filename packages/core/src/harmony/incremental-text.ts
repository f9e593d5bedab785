// Text from bytes that arrive in pieces. Everything decodable comes out at once; only an incomplete sequence at the
// end waits for more.

import { decodeUtf8Lossy, joinBytes, utf8SequenceAt } from "./utf8-tail.ts";

const noBytes = new Uint8Array(0);

export class IncrementalText {
  /** An incomplete sequence, at most three bytes. */
  pending: Uint8Array = noBytes;
  /** The latest call met bytes that are no UTF-8. */
  sawInvalid = false;

  push(bytes: Uint8Array): string {
    const all = joinBytes(this.pending, bytes);
    this.sawInvalid = false;
    let at = 0;
    while (at < all.length) {
      const sequence = utf8SequenceAt(all, at);
      if (sequence.kind === "incomplete") break;
      if (sequence.kind === "invalid") this.sawInvalid = true;
      at += sequence.length;
    }
    this.pending = at === all.length ? noBytes : all.slice(at);
    return decodeUtf8Lossy(all.subarray(0, at));
  }

  /** U+FFFD for a sequence that will not be completed, else nothing. */
  flush(): string {
    this.sawInvalid = this.pending.length > 0;
    this.pending = noBytes;
    return this.sawInvalid ? "\ufffd" : "";
  }
}
