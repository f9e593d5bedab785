// Writes the packed form of a vocabulary; the layout is described where it is read, in core's vocabulary/packed.ts.

import {
  packedBlockBits as BLOCK_BITS,
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

  words(values: readonly number[]): void {
    const out = new Uint8Array(values.length * 4);
    const view = new DataView(out.buffer);
    for (const [i, value] of values.entries()) view.setUint32(i * 4, value, true);
    this.bytes(out);
  }

  /** Values of 1, 2 or 4 bits. */
  bits(width: number, values: readonly number[]): void {
    const out = new Uint8Array(Math.ceil((values.length * width) / 8));
    for (const [i, value] of values.entries()) out[(i * width) >> 3]! |= value << ((i * width) & 7);
    this.bytes(out);
  }

  join(): Uint8Array {
    return Buffer.concat(this.#parts);
  }
}

/** Per block of bits, the number of ones before it. */
function countsBefore(bits: readonly number[]): number[] {
  const counts: number[] = [];
  let count = 0;
  for (const [i, bit] of bits.entries()) {
    if (i % BLOCK_BITS === 0) counts.push(count);
    count += bit;
  }
  return counts;
}

/** Packs `tokens`, whose .tiktoken text has the given SHA-256. Throws if backtracking does not apply to them. */
export function packVocabulary(tokens: readonly RankedToken[], sha256: Uint8Array): Uint8Array {
  const { trie, canonical } = buildTrie(tokens);
  if (trie.idCount > 1 << 18)
    throw new Error(`IDs have 18 bits in packed vocabularies; the largest is ${trie.idCount - 1}.`);
  if (!canonical) throw new Error("Some token is not the merge of two others.");
  const { nodeCount } = trie;
  const children: number[] = [];
  const isToken: number[] = [];
  const ids: number[] = [];
  for (let node = 0; node < nodeCount; node++) {
    const count = childCount(trie, node);
    for (let i = 0; i < count; i++) children.push(1);
    children.push(0);
    const id = tokenAt(trie, node);
    if (count > 0) isToken.push(id < 0 ? 0 : 1);
    if (id >= 0) ids.push(id);
  }
  const splits = ids.map((id) => splitOf(trie, id));
  const longSplits = splits.filter((length) => length >= 15);
  const writer = new Writer();
  writer.bytes(trie.labels.subarray(0, nodeCount));
  writer.bits(1, children);
  writer.bits(1, isToken);
  writer.wide(ids.map((id) => id & 0xffff));
  writer.bits(
    2,
    ids.map((id) => id >> 16),
  );
  writer.bits(
    4,
    splits.map((length) => Math.min(length, 15)),
  );
  writer.wide(longSplits);
  // A node ends at its zero, and has children if that follows a one.
  const ends = children.map((bit) => 1 - bit);
  writer.words(countsBefore(ends));
  writer.words(countsBefore(ends.map((end, i) => end & (children[i - 1] ?? 0))));
  writer.words(countsBefore(isToken));
  const body = writer.join();
  const file = new Uint8Array(HEADER + body.length);
  file.set(body, HEADER);
  const view = new DataView(file.buffer);
  file.set([0x54, 0x57, 0x56, 0x33]);
  const sizes = [nodeCount, trie.idCount, trie.tokenCount, longSplits.length, isToken.length];
  for (const [i, size] of sizes.entries()) view.setUint32(8 + 4 * i, size, true);
  file.set(sha256, 28);
  view.setUint32(4, packedChecksum(file), true);
  return file;
}
