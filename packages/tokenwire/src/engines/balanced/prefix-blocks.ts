// Hashes of a prompt's blocks, so that requests with the same beginning can be sent to the same engine. Only full blocks
// count; each hash stands for everything up to its end.

import { createHash } from "node:crypto";

export interface PrefixBlockOptions {
  /** Tokens per block. Default 16. */
  readonly blockSize?: number;
  /** `own` (default): a fast 64-bit chain. `vllm`: its `sha256_cbor`. `sglang`: its SHA-256 chain. */
  readonly mode?: "own" | "vllm" | "sglang";
  /** Own mode: a number. vLLM: PYTHONHASHSEED as text. */
  readonly seed?: number;
  readonly salt?: string;
  readonly lora?: string;
}

/**
 * Hashes of the full blocks of a prompt, 64 bits each.
 *
 * @example prefixBlocks(ids, { blockSize: 16 }).length // Math.floor(ids.length / 16)
 */
export function prefixBlocks(ids: ArrayLike<number>, options: PrefixBlockOptions = {}): bigint[] {
  const { blockSize = 16, mode = "own" } = options;
  if (!Number.isInteger(blockSize) || blockSize < 1)
    throw new RangeError(`Block size ${blockSize}: expected 1 or more.`);
  if (mode === "own") return ownBlocks(ids, blockSize, options);
  const next = mode === "vllm" ? vllmChain(options) : sglangChain();
  const hashes: bigint[] = [];
  for (let start = 0; start + blockSize <= ids.length; start += blockSize) {
    hashes.push(next(Array.from({ length: blockSize }, (_, index) => ids[start + index]!)));
  }
  return hashes;
}

const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));

/** The finaliser of MurmurHash3. */
function mix(value: number): number {
  let h = value;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function ownBlocks(
  ids: ArrayLike<number>,
  blockSize: number,
  { seed = 0, salt, lora }: PrefixBlockOptions,
): bigint[] {
  let a = 0x9e3779b1 ^ seed;
  let b = 0x7f4a7c15 ^ Math.imul(seed, 0x27d4eb2f);
  const absorb = (values: ArrayLike<number>, start: number, count: number): void => {
    for (let index = start; index < start + count; index += 1) {
      a = rotate(Math.imul(a ^ values[index]!, 0xcc9e2d51), 15);
      b = rotate(Math.imul(b ^ values[index]!, 0x1b873593), 13);
      a = (a + b) | 0;
      b = (b + Math.imul(a, 5)) | 0;
    }
    a = mix(a ^ count);
    b = mix((b + a) | 0);
  };
  for (const name of [salt, lora]) {
    if (name === undefined) continue;
    const bytes = new TextEncoder().encode(name);
    absorb([...bytes, bytes.length], 0, bytes.length + 1);
  }
  const hashes: bigint[] = [];
  for (let start = 0; start + blockSize <= ids.length; start += blockSize) {
    absorb(ids, start, blockSize);
    hashes.push((BigInt(a >>> 0) << 32n) | BigInt(b >>> 0));
  }
  return hashes;
}

type Chain = (ids: readonly number[]) => bigint;
const sha256 = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();

/** Head of a CBOR item in its shortest form (RFC 8949). */
function cborHead(major: number, value: number): number[] {
  const type = major << 5;
  if (value < 24) return [type | value];
  if (value < 0x100) return [type | 24, value];
  if (value < 0x10000) return [type | 25, value >> 8, value & 0xff];
  return [type | 26, value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

const cborText = (text: string): number[] => {
  const bytes = new TextEncoder().encode(text);
  return [...cborHead(3, bytes.length), ...bytes];
};

function vllmChain({ seed = 0, salt, lora }: PrefixBlockOptions): Chain {
  let parent = sha256(Uint8Array.from(cborText(String(seed))));
  let first = true;
  return (ids) => {
    const extra = [...(lora === undefined ? [] : [lora]), ...(first && salt !== undefined ? [salt] : [])];
    first = false;
    const keys = extra.length === 0 ? [0xf6] : [...cborHead(4, extra.length), ...extra.flatMap(cborText)];
    const list = [...cborHead(4, ids.length), ...ids.flatMap((id) => cborHead(0, id))];
    parent = sha256(Uint8Array.from([0x83, 0x58, 0x20, ...parent, ...list, ...keys]));
    return parent.readBigUInt64BE(24);
  };
}

function sglangChain(): Chain {
  let parent: Uint8Array = new Uint8Array();
  return (ids) => {
    const digest = sha256(Buffer.concat([parent, Buffer.from(Uint32Array.from(ids).buffer)]));
    parent = digest;
    return digest.readBigUInt64BE(0);
  };
}
