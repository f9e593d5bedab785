// Writes the packed form of a vocabulary; the layout is described where it is read, in core's vocabulary/packed.ts.

import {
  buildTrie,
  childCount,
  packedChecksum,
  type RankedToken,
  splitOf,
  tokenAt,
} from "@tokenwire/core/tokenizer";

const HEADER = 60;

class Writer {
  readonly #parts: Uint8Array[] = [];

  /** Adds a section, padded to four bytes. */
  bytes(section: Uint8Array): void {
    const out = new Uint8Array((section.length + 3) & ~3);
    out.set(section);
    this.#parts.push(out);
  }

  wide(values: readonly number[]): void {
    const out = new Uint8Array(values.length * 2);
    const view = new DataView(out.buffer);
    for (const [i, value] of values.entries()) view.setUint16(i * 2, value, true);
    this.bytes(out);
  }

  nibbles(values: readonly number[]): void {
    const out = new Uint8Array((values.length + 1) >> 1);
    for (const [i, value] of values.entries()) out[i >> 1]! |= value << ((i & 1) * 4);
    this.bytes(out);
  }

  join(): Uint8Array {
    return Buffer.concat(this.#parts);
  }
}

/** Four-bit values, with 15 standing for "in the overflow list". */
function withOverflow(values: readonly number[]): { small: number[]; overflow: number[] } {
  return {
    small: values.map((value) => Math.min(value, 15)),
    overflow: values.filter((value) => value >= 15),
  };
}

/** Packs `tokens`, whose .tiktoken text has the given SHA-256. Throws if backtracking does not apply to them. */
export function packVocabulary(tokens: readonly RankedToken[], sha256: Uint8Array): Uint8Array {
  const { trie, canonical } = buildTrie(tokens);
  if (!canonical) throw new Error("Some token is not the merge of two others.");
  const { nodeCount } = trie;
  const childCounts: number[] = [];
  const isToken = new Uint8Array((nodeCount + 7) >> 3);
  const ids: number[] = [];
  for (let node = 0; node < nodeCount; node++) {
    childCounts.push(childCount(trie, node));
    const id = tokenAt(trie, node);
    if (id < 0) continue;
    isToken[node >> 3]! |= 1 << (node & 7);
    ids.push(id);
  }
  const counts = withOverflow(childCounts);
  const splitLengths = withOverflow(ids.map((id) => splitOf(trie, id)));
  const writer = new Writer();
  writer.bytes(trie.labels.subarray(0, nodeCount));
  writer.nibbles(counts.small);
  writer.bytes(isToken);
  writer.wide(ids.map((id) => id & 0xffff));
  writer.nibbles(ids.map((id) => id >> 16));
  writer.nibbles(splitLengths.small);
  writer.wide(counts.overflow);
  writer.wide(splitLengths.overflow);
  const body = writer.join();
  const file = new Uint8Array(HEADER + body.length);
  file.set(body, HEADER);
  const view = new DataView(file.buffer);
  file.set([0x54, 0x57, 0x56, 0x31]);
  const sizes = [
    nodeCount,
    trie.idCount,
    trie.tokenCount,
    counts.overflow.length,
    splitLengths.overflow.length,
  ];
  for (const [i, size] of sizes.entries()) view.setUint32(4 + 4 * i, size, true);
  file.set(sha256, 24);
  view.setUint32(56, packedChecksum(file, HEADER), true);
  return file;
}
