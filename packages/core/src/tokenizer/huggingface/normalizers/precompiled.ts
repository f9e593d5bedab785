// SentencePiece's precompiled character map: a double-array trie from UTF-8 to replacement texts. Grapheme clusters
// are looked up whole first, then character by character, as Hugging Face does.

import { decodeBase64, decodeUtf8, encodeUtf8 } from "../../../bytes/index.ts";
import type { Rewriter } from "../aligned-text.ts";
import { invalidTokenizer } from "../faults.ts";
import type { JsonNode } from "../json-node.ts";
import { RewritingNormalizer } from "./normalizer.ts";

const segmenter = new Intl.Segmenter("und", { granularity: "grapheme" });
const longestLookedUpWhole = 6;

export class PrecompiledNormalizer extends RewritingNormalizer {
  private readonly trie: Uint32Array;
  private readonly replacements: Uint8Array;

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

  /** ASCII needs no look-up; the rest is cut into clusters stretch by stretch. */
  protected override rewrite(text: string, out: Rewriter): void {
    for (let at = 0; at < text.length; ) {
      const plain = this.changesAscii ? at : plainEnd(text, at);
      if (plain > at) out.keep(at, plain);
      const end = plain === text.length ? plain : stretchEnd(text, plain);
      let start = plain;
      for (const cluster of clustersOf(text.slice(plain, end))) {
        this.cluster(cluster, start, out);
        start += cluster.length;
      }
      at = end;
    }
  }

  private cluster(cluster: string, start: number, out: Rewriter): void {
    if (cluster.length === 1 && isPlain(cluster.charCodeAt(0)) && !this.changesAscii) {
      out.keep(start, start + 1);
      return;
    }
    const bytes = encodeUtf8(cluster);
    if (bytes.length < longestLookedUpWhole) {
      const whole = this.lookup(bytes);
      if (whole !== undefined) {
        out.replace(start, start + cluster.length, whole);
        return;
      }
    }
    let at = start;
    for (const character of cluster) {
      const replacement = this.lookup(encodeUtf8(character));
      const end = at + character.length;
      if (replacement === undefined) out.keep(at, end);
      else out.replace(at, end, replacement);
      at = end;
    }
  }

  /** Whether any printable ASCII character is replaced; none is in the maps of known models. */
  private get changesAscii(): boolean {
    this.asciiChange ??= Array.from({ length: 95 }, (_, i) => this.lookup(Uint8Array.of(32 + i))).some(
      (replacement) => replacement !== undefined,
    );
    return this.asciiChange;
  }

  private asciiChange: boolean | undefined;

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

/** The grapheme clusters of a text. ASCII has none of several characters but one line break. */
function clustersOf(text: string): Iterable<string> {
  if (/^\p{ASCII}*$/u.test(text) && !text.includes("\r\n")) return text;
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}

/** Where the run of printable ASCII ends that starts at `start`, less a last character that marks may follow. */
function plainEnd(text: string, start: number): number {
  let end = start;
  while (end < text.length && isPlain(text.charCodeAt(end))) end++;
  return end === text.length || end === start ? end : end - 1;
}

/** The segmenter takes quadratic time, so it gets a few hundred characters at once. */
const longestStretch = 400;

/** The next place after `start` that is surely a boundary of clusters: between printable ASCII or ideographs. */
function stretchEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const before = text.charCodeAt(at - 1);
    const after = text.charCodeAt(at);
    if (isPlain(before) && isPlain(after)) return at;
    if (at - start >= longestStretch && isIdeograph(before) && isIdeograph(after)) return at;
  }
  return text.length;
}

function isPlain(unit: number): boolean {
  return unit >= 0x20 && unit <= 0x7e;
}

function isIdeograph(unit: number): boolean {
  return unit >= 0x4e00 && unit <= 0x9fff;
}
