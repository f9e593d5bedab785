// The compiled form of a tokenizer.json: what takes time to parse and to index, as it lies in memory, and the rest as JSON.
//
//    0  "TWJ1"                       12  0                        28  bytes of the JSON
//    4  checksum of what follows     16  number of tokens         32  bytes of the tokens' texts
//    8  hash of a sample: whether    20  slots of the index       36  1: every token has a score
//       the slots are still right    24  number of merges         40  sections, each padded to 8 bytes:
//
//   JSON       the file without `model.vocab` and `model.merges`
//   texts      the tokens, one after another, in UTF-8
//   lengths    32 bits per token: UTF-16 units, or all ones where an ID has no token
//   slots      32 bits each: those of a `TokenIndex`
//   merges     four numbers of 32 bits each, in the order of the slots of a `MergeTable`: left, right, rank, merged
//   scores     64 bits per token
//
// Numbers are little-endian.

export const MAGIC = 0x314a5754;
export const HEADER = 40;
/** Where the bytes under the checksum start. */
const CHECKED = 8;
export const NO_TOKEN = 0xffffffff;

/** Sizes of the sections, in their order. */
export interface Sizes {
  readonly tokens: number;
  readonly slots: number;
  readonly merges: number;
  readonly json: number;
  readonly texts: number;
  readonly hasScores: boolean;
}

export function sectionLengths({ tokens, slots, merges, json, texts, hasScores }: Sizes): readonly number[] {
  return [json, texts, 4 * tokens, 4 * slots, 16 * merges, hasScores ? 8 * tokens : 0];
}

export function padded(length: number): number {
  return Math.ceil(length / 8) * 8;
}

/** Of the 32-bit numbers after the exempt ones. */
export function checksumOf(file: Uint8Array): number {
  const words = new Int32Array(file.buffer, file.byteOffset + CHECKED, (file.length - CHECKED) >> 2);
  let sum = 0x811c9dc5 | 0;
  for (let i = 0; i < words.length; i++) sum = Math.imul(sum ^ words[i]!, 0x01000193);
  return sum >>> 0;
}
