// The packed vocabulary: the trie in level order, so that loading is one pass without sorting or hashing.
//
//   0  "TWV2"            12  number of tokens                 24  SHA-256 of the .tiktoken text it reproduces
//   4  number of nodes   16  entries in the split overflow    56  checksum of everything after the header
//   8  number of IDs     20  nodes that have children         60  sections, each padded to 4 bytes:
//
//   labels     one byte per node: the edge that leads to it (0 for the root)
//   children   bits: per node as many ones as it has children, then a zero
//   tokens     one bit per node that has children: whether a token ends there; at every other node one does
//   IDs        per token in node order: the low 16 bits, then (next section) two bits above them
//   splits     four bits per token: length of the left part, 0 if atomic; 15: see the overflow, in order
//   overflow   16 bits each: splits
//
// Numbers are little-endian; fields of less than a byte start at its low bits.

import { TokenwireError } from "../../errors.ts";
import { type Arena, createTrie, indexTrie, lengthOf, MAX_NODES, plainArena, type Trie } from "./trie.ts";

const HEADER = 60;
const MAGIC = 0x32565754;
/** IDs have 18 bits. */
const MAX_PACKED_IDS = 1 << 18;

function damaged(problem: string): TokenwireError {
  return new TokenwireError(
    "DAMAGED_VOCABULARY",
    `Damaged vocabulary: ${problem}. Reinstall the package or download the file again.`,
  );
}

/** Checksum of `bytes[start..]`, whose length is a multiple of four: catches any single damaged word. */
export function packedChecksum(bytes: Uint8Array, start: number): number {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + start, (bytes.length - start) >> 2);
  let sum = 0x811c9dc5 | 0;
  for (let i = 0; i < words.length; i++) sum = Math.imul(sum ^ words[i]!, 0x01000193);
  return sum >>> 0;
}

/** The parts of a packed vocabulary, as they lie in the file. */
export interface Sections {
  /** The whole file, at an address that is a multiple of four. */
  readonly file: Uint8Array;
  /** What the checksum of everything after the header should be. */
  readonly checksum: number;
  readonly nodeCount: number;
  readonly idCount: number;
  readonly tokenCount: number;
  /** Number of nodes that have children. */
  readonly innerCount: number;
  readonly sha256: string;
  readonly labels: Uint8Array;
  readonly children: Uint8Array;
  readonly tokens: Uint8Array;
  readonly idsLow: Uint16Array;
  readonly idsHigh: Uint8Array;
  readonly splits: Uint8Array;
  readonly splitOverflow: Uint16Array;
}

const padded = (length: number): number => (length + 3) & ~3;

function readSections(input: Uint8Array): Sections {
  // Sections are read as words, which must be aligned. A Buffer's `slice` would not copy.
  const file = input.byteOffset % 4 === 0 ? input : new Uint8Array(input);
  if (file.length < HEADER) throw damaged(`${file.length} bytes are less than the header of ${HEADER}`);
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  if (view.getUint32(0, true) !== MAGIC) throw damaged('it does not start with "TWV2"');
  const [nodeCount, idCount, tokenCount, splitOverflow, innerCount] = [4, 8, 12, 16, 20].map((offset) =>
    view.getUint32(offset, true),
  ) as [number, number, number, number, number];
  if (nodeCount > MAX_NODES || idCount > MAX_PACKED_IDS || tokenCount > idCount || tokenCount >= nodeCount) {
    throw damaged(`impossible sizes: ${nodeCount} nodes, ${idCount} IDs, ${tokenCount} tokens`);
  }
  if (innerCount >= nodeCount || splitOverflow > tokenCount) {
    throw damaged(`impossible sizes: ${innerCount} nodes with children, ${splitOverflow} long splits`);
  }
  let offset = HEADER;
  const section = (length: number): Uint8Array => {
    const start = offset;
    offset += padded(length);
    return file.subarray(start, start + length);
  };
  const wide = (length: number): Uint16Array => {
    const start = offset;
    offset += padded(length * 2);
    return offset > file.length
      ? new Uint16Array(0)
      : new Uint16Array(file.buffer, file.byteOffset + start, length);
  };
  const sections = {
    file,
    checksum: view.getUint32(56, true),
    nodeCount,
    idCount,
    tokenCount,
    innerCount,
    sha256: Array.from(file.subarray(24, 56), (byte) => byte.toString(16).padStart(2, "0")).join(""),
    labels: section(nodeCount),
    children: section((2 * nodeCount + 6) >> 3),
    tokens: section((innerCount + 7) >> 3),
    idsLow: wide(tokenCount),
    idsHigh: section((tokenCount + 3) >> 2),
    splits: section((tokenCount + 1) >> 1),
    splitOverflow: wide(splitOverflow),
  };
  if (offset !== file.length) throw damaged(`it has ${file.length} bytes instead of ${offset}`);
  return sections;
}

/** What a packed vocabulary says beside the trie. */
export interface UnpackedVocabulary {
  readonly trie: Trie;
  /** SHA-256 of the .tiktoken text that it was made from, in hexadecimal. */
  readonly sha256: string;
}

/** Owner of memory for a trie that may know a faster way to fill it. */
export interface Unpacker {
  readonly arena: Arena;
  /** Checks the sections and fills the empty `trie`; false if they are damaged, or if this is not possible here. */
  unpack(trie: Trie, sections: Sections, limit: number): boolean;
}

/**
 * The trie of a packed vocabulary. Tokens with IDs of `idLimit` and above are left out, so that one file serves two
 * encodings of which one extends the other.
 *
 * Raises DAMAGED_VOCABULARY for a truncated, altered or contradictory file; never reads out of bounds.
 */
export function unpackVocabulary(
  file: Uint8Array,
  options: { readonly idLimit?: number | undefined; readonly unpacker?: Unpacker | undefined } = {},
): UnpackedVocabulary {
  const sections = readSections(file);
  const { nodeCount, idCount, tokenCount, sha256 } = sections;
  const { unpacker } = options;
  const limit = Math.min(options.idLimit ?? idCount, idCount);
  const trie = createTrie(nodeCount, limit, Math.min(tokenCount, limit), unpacker?.arena ?? plainArena);
  trie.labels.set(sections.labels);
  if (unpacker?.unpack(trie, sections, limit) !== true) fillTrie(trie, sections, limit);
  // The header is not under the checksum: the number of IDs must be what the largest one says.
  if (limit === idCount && limit > 0 && lengthOf(trie, limit - 1) === 0) {
    throw damaged(`no token has the last of ${idCount} IDs`);
  }
  return { trie, sha256 };
}

function fillTrie(trie: Trie, sections: Sections, limit: number): void {
  if (packedChecksum(sections.file, HEADER) !== sections.checksum)
    throw damaged("its checksum does not match");
  const parents = new Int32Array(sections.nodeCount);
  const depths = new Uint16Array(sections.nodeCount);
  placeChildren(trie, sections, parents, depths);
  placeTokens(trie, sections, limit);
  indexTrie(trie, parents, depths);
}

function placeChildren(trie: Trie, sections: Sections, parents: Int32Array, depths: Uint16Array): void {
  const { nodes } = trie;
  const { nodeCount, children } = sections;
  let next = 1;
  let bit = 0;
  for (let node = 0; node < nodeCount; node++) {
    const first = next;
    const depth = depths[node]! + 1;
    for (; ((children[bit >> 3]! >> (bit & 7)) & 1) === 1; bit++) {
      if (next === nodeCount) throw damaged("it has more edges than nodes");
      parents[next] = node;
      depths[next++] = depth;
    }
    bit++;
    const count = next - first;
    if (count > 256 || (node >= first && node > 0)) throw damaged(`node ${node} is out of order`);
    nodes[2 * node] = first | (count << 23);
  }
  if (next !== nodeCount) throw damaged(`${nodeCount - next} nodes have no parent`);
}

function placeTokens(trie: Trie, sections: Sections, limit: number): void {
  const { nodes, labels, tokens: records } = trie;
  const { nodeCount, idCount, tokenCount, innerCount, tokens, idsLow, idsHigh, splitOverflow } = sections;
  const seen = new Uint8Array(idCount);
  let index = 0;
  let inner = 0;
  let overflow = 0;
  for (let node = 0; node < nodeCount; node++) {
    nodes[2 * node + 1] = 0xffffff | (labels[node]! << 24);
    const isInner = nodes[2 * node]! >>> 23 !== 0;
    const isToken = !isInner || ((tokens[inner >> 3]! >> (inner & 7)) & 1) === 1;
    if (isInner) inner++;
    if (!isToken) continue;
    if (index >= tokenCount) throw damaged("more tokens than announced");
    if (node === 0) throw damaged("it has a token without bytes");
    const id = idsLow[index]! | (((idsHigh[index >> 2]! >> ((index & 3) << 1)) & 3) << 16);
    let split = (sections.splits[index >> 1]! >> ((index & 1) << 2)) & 15;
    if (split === 15) split = splitOverflow[overflow++] ?? 0;
    index++;
    if (id >= idCount || seen[id] === 1) throw damaged(`token ID ${id} is out of range or occurs twice`);
    seen[id] = 1;
    if (id >= limit) continue;
    nodes[2 * node + 1] = id | (labels[node]! << 24);
    records[4 * id + 3] = split << 16;
  }
  if (index !== tokenCount) throw damaged(`${tokenCount - index} tokens are missing`);
  if (inner !== innerCount) throw damaged(`${inner} nodes have children instead of ${innerCount}`);
}
