// The packed vocabulary: the trie in level order, so that loading is one pass without sorting or hashing (unpack.ts), and
// so that it can be searched where it lies (packed-search.ts).
//
//   0  "TWV3"            12  number of IDs                    24  nodes that have children
//   4  checksum of       16  number of tokens                 28  SHA-256 of the .tiktoken text it reproduces
//      all that follows  20  entries in the split overflow    60  sections, each padded to 4 bytes:
//   8  number of nodes
//
//   labels     one byte per node: the edge that leads to it (0 for the root)
//   children   bits: per node as many ones as it has children, then a zero
//   tokens     one bit per node that has children: whether a token ends there; at every other node one does
//   IDs        per token in node order: the low 16 bits, then (next section) two bits above them
//   splits     four bits per token: length of the left part, 0 if atomic; 15: see the overflow, in order
//   overflow   16 bits each: splits
//   searching  32 bits each: per block of 1024 bits of `children` the zeros before it, then the zeros before it that
//              follow a one; per block of 1024 bits of `tokens` the ones before it
//
// Numbers are little-endian; fields of less than a byte start at its low bits.

import { TokenwireError } from "../../errors.ts";
import { MAX_NODES } from "./trie.ts";

const HEADER = 60;
/** Where the bytes under the checksum start. */
const CHECKED = 8;
const MAGIC = 0x33565754;
/** IDs have 18 bits. */
const MAX_PACKED_IDS = 1 << 18;

/** The error for a file that is not what its builder wrote. */
export function damaged(problem: string): TokenwireError {
  return new TokenwireError(
    "DAMAGED_VOCABULARY",
    `Damaged vocabulary: ${problem}. Reinstall the package or download the file again.`,
  );
}

/** Checksum of all bytes that the header does not exempt: catches any single damaged word. */
export function packedChecksum(file: Uint8Array): number {
  const words = new Int32Array(file.buffer, file.byteOffset + CHECKED, (file.length - CHECKED) >> 2);
  const whole = words.length & ~3;
  let sum = 0x811c9dc5 | 0;
  // Four at a time: this runs before the loop is compiled.
  for (let i = 0; i < whole; i += 4) {
    sum = Math.imul(sum ^ words[i]!, 0x01000193);
    sum = Math.imul(sum ^ words[i + 1]!, 0x01000193);
    sum = Math.imul(sum ^ words[i + 2]!, 0x01000193);
    sum = Math.imul(sum ^ words[i + 3]!, 0x01000193);
  }
  for (let i = whole; i < words.length; i++) sum = Math.imul(sum ^ words[i]!, 0x01000193);
  return sum >>> 0;
}

/** The parts of a packed vocabulary, as they lie in the file. */
export interface Sections {
  /** The whole file, at an address that is a multiple of four. */
  readonly file: Uint8Array;
  readonly nodeCount: number;
  readonly idCount: number;
  readonly tokenCount: number;
  /** Number of nodes that have children. */
  readonly innerCount: number;
  readonly labels: Uint8Array;
  readonly children: Uint32Array;
  readonly tokens: Uint32Array;
  readonly idsLow: Uint16Array;
  readonly idsHigh: Uint8Array;
  readonly splits: Uint8Array;
  readonly splitOverflow: Uint16Array;
  /** Per block of BLOCK_BITS of `children`: the nodes that end before it, and those of them with children. */
  readonly nodesBefore: Uint32Array;
  readonly innerBefore: Uint32Array;
  /** Per block of BLOCK_BITS of `tokens`: the ones before it. */
  readonly tokensBefore: Uint32Array;
}

/** The bit at a position of a bit vector. */
export function bitAt(bits: Uint32Array, position: number): number {
  return (bits[position >> 5]! >> (position & 31)) & 1;
}

/** ID of the token with this index in node order. */
export function idAt({ idsLow, idsHigh }: Sections, index: number): number {
  return idsLow[index]! | (((idsHigh[index >> 2]! >> ((index & 3) << 1)) & 3) << 16);
}

/** Searching skips blocks of this many bits. */
export const BLOCK_BITS = 1024;

const padded = (length: number): number => (length + 3) & ~3;

/** A section as numbers; what pads it is there to be read. */
function halves({ buffer, byteOffset, byteLength }: Uint8Array): Uint16Array {
  return new Uint16Array(buffer, byteOffset, byteLength >> 1);
}

function words({ buffer, byteOffset, byteLength }: Uint8Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, padded(byteLength) >> 2);
}

/**
 * Reads a packed vocabulary up to its trie. Raises DAMAGED_VOCABULARY for a truncated or altered file; never reads out of
 * bounds.
 */
export function readPacked(input: Uint8Array): Sections {
  // Sections are read as words, which must be aligned. A Buffer's `slice` would not copy.
  const file = input.byteOffset % 4 === 0 ? input : new Uint8Array(input);
  if (file.length < HEADER || file.length % 4 !== 0) throw damaged(`it ends after ${file.length} bytes`);
  const [magic, checksum, nodeCount, idCount, tokenCount, overflowCount, innerCount] = words(
    file.subarray(0, HEADER),
  ) as unknown as readonly [number, number, number, number, number, number, number];
  if (magic !== MAGIC) throw damaged('it does not start with "TWV3"');
  const contradiction = `${nodeCount} nodes, ${idCount} IDs and ${tokenCount} tokens in ${file.length} bytes`;
  const isImpossible =
    nodeCount > MAX_NODES ||
    idCount > MAX_PACKED_IDS ||
    tokenCount > idCount ||
    tokenCount >= nodeCount ||
    innerCount >= nodeCount ||
    overflowCount > tokenCount;
  if (isImpossible) throw damaged(contradiction);
  let end = HEADER;
  const next = (length: number): Uint8Array => {
    const start = end;
    end += padded(length);
    return file.subarray(start, start + length);
  };
  const blocks = Math.ceil((2 * nodeCount - 1) / BLOCK_BITS);
  const sections = {
    file,
    nodeCount,
    idCount,
    tokenCount,
    innerCount,
    // In the order in which they lie.
    labels: next(nodeCount),
    children: words(next((2 * nodeCount + 6) >> 3)),
    tokens: words(next((innerCount + 7) >> 3)),
    idsLow: halves(next(2 * tokenCount)),
    idsHigh: next((tokenCount + 3) >> 2),
    splits: next((tokenCount + 1) >> 1),
    splitOverflow: halves(next(2 * overflowCount)),
    nodesBefore: words(next(4 * blocks)),
    innerBefore: words(next(4 * blocks)),
    tokensBefore: words(next(4 * Math.ceil(innerCount / BLOCK_BITS))),
  };
  if (end !== file.length) throw damaged(contradiction);
  if (packedChecksum(file) !== checksum) throw damaged("its checksum does not match");
  return sections;
}
