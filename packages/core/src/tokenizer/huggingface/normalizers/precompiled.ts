// SentencePiece's precompiled character map: a double-array trie from UTF-8 to replacement texts. Grapheme clusters
// are looked up whole first, then character by character, as Hugging Face does.

import { decodeBase64, decodeUtf8, encodeUtf8 } from "../../../bytes/index.ts";
import type { Rewriter } from "../aligned-text.ts";
import { invalidTokenizer } from "../faults.ts";
import type { JsonNode } from "../json-node.ts";
import { GraphemeClusters } from "./grapheme-clusters.ts";
import { RewritingNormalizer } from "./normalizer.ts";
import { UnitQuestion } from "./unit-question.ts";

/** Clusters of so many bytes of UTF-8 are not looked up whole. */
const tooLong = 6;
const mostKnown = 10_000;

export class PrecompiledNormalizer extends RewritingNormalizer {
  private readonly trie: Uint32Array;
  private readonly replacements: Uint8Array;
  private readonly clusters = new GraphemeClusters();
  /** What characters and clusters become that were looked up before. */
  private readonly known = new Map<string, string | undefined>();
  /** Whether a unit is a cluster of its own beside others that are, and is not replaced. */
  private readonly stays = new UnitQuestion(
    (unit) => this.clusters.standsAlone(unit) && this.replacementOf(String.fromCharCode(unit)) === undefined,
  );

  /** `bytes`: u32 size of the trie in bytes, the trie as u32 units, then NUL-terminated replacement texts. */
  constructor(bytes: Uint8Array, path: string) {
    super();
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const trieBytes = bytes.length >= 4 ? view.getUint32(0, true) : 0;
    if (trieBytes < 4 || trieBytes % 4 !== 0 || trieBytes > bytes.length - 4) {
      throw invalidTokenizer(path, `the trie size ${trieBytes} does not fit ${bytes.length} bytes.`);
    }
    this.trie = new Uint32Array(trieBytes / 4);
    for (let i = 0; i < this.trie.length; i++) this.trie[i] = view.getUint32(4 + 4 * i, true);
    this.replacements = bytes.subarray(4 + trieBytes);
  }

  static fromJson(node: JsonNode): PrecompiledNormalizer {
    const field = node.child("precompiled_charsmap");
    try {
      return new PrecompiledNormalizer(decodeBase64(field.string()), field.path);
    } catch (cause) {
      throw invalidTokenizer(field.path, "not the base64 of a character map.", cause);
    }
  }

  /** Most characters are clusters of their own and stay: a table says so for each. */
  protected override rewrite(text: string, out: Rewriter): void {
    let kept = 0;
    for (let at = 0; at < text.length; ) {
      const isAlone = at + 1 === text.length || this.clusters.standsAlone(text.charCodeAt(at + 1));
      if (isAlone && this.stays.holds(text.charCodeAt(at))) {
        at++;
        continue;
      }
      out.keep(kept, at);
      for (const end of this.clusters.endsFrom(text, at)) {
        this.cluster(text.slice(at, end), at, out);
        at = end;
      }
      kept = at;
    }
    out.keep(kept, text.length);
  }

  private cluster(cluster: string, start: number, out: Rewriter): void {
    const whole = this.replacementOf(cluster);
    if (whole !== undefined) {
      out.replace(start, start + cluster.length, whole);
      return;
    }
    let at = start;
    for (const character of cluster) {
      const replacement = this.replacementOf(character);
      const end = at + character.length;
      if (replacement === undefined) out.keep(at, end);
      else out.replace(at, end, replacement);
      at = end;
    }
  }

  /** What a short cluster or a character becomes; undefined if it stays or is too long to be looked up whole. */
  private replacementOf(text: string): string | undefined {
    if (text.length >= tooLong) return undefined;
    if (this.known.has(text)) return this.known.get(text);
    const bytes = encodeUtf8(text);
    const replacement = bytes.length < tooLong ? this.lookup(bytes) : undefined;
    if (this.known.size >= mostKnown) this.known.clear();
    this.known.set(text, replacement);
    return replacement;
  }

  /** The replacement for the shortest prefix of `bytes` that the trie holds. */
  private lookup(bytes: Uint8Array): string | undefined {
    const { trie } = this;
    let node = offsetOf(trie[0] ?? 0);
    for (const byte of bytes) {
      if (byte === 0) return undefined;
      node ^= byte;
      const unit = trie[node];
      if (unit === undefined || (unit & 0x800000ff) !== byte) return undefined;
      node ^= offsetOf(unit);
      if (((unit >>> 8) & 1) === 1) return this.replacementAt((trie[node] ?? 0) & 0x7fffffff);
    }
    return undefined;
  }

  private replacementAt(start: number): string {
    const end = this.replacements.indexOf(0, start);
    return decodeUtf8(this.replacements.subarray(start, end === -1 ? undefined : end));
  }
}

function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}
