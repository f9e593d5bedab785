// Reads what precedes the tensor data of a GGUF file (versions 2 and 3): header, metadata, tensor infos. It works on
// the beginning of a file, so that a model of many gigabytes is inspected after a few megabytes.
// Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md

import { Cursor, damaged, MoreBytesNeeded } from "./cursor.ts";
import { type GgufTensorType, ggufTensorTypes } from "./tensor-type.ts";
import { type GgufValue, readValue } from "./value.ts";

/** One tensor as the file declares it; its data is not read. */
export interface GgufTensorInfo {
  readonly name: string;
  /** Contiguous dimension first: a matrix `[in, out]` is `out` rows of `in` values. */
  readonly dimensions: readonly number[];
  readonly type: GgufTensorType;
  /** Position of the data in bytes from the start of the file. */
  readonly offset: number;
  /** Size of the data in bytes. */
  readonly byteLength: number;
}

export interface GgufFile {
  readonly version: number;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: readonly GgufTensorInfo[];
  /** Byte position at which tensor data begins. */
  readonly dataOffset: number;
}

export interface ReadGgufOptions {
  /** Size of the whole file in bytes, when `bytes` is only its beginning. Default: `bytes.length`. */
  readonly fileSize?: number;
}

const magic = 0x46554747;
const maxPairs = 100_000;
const maxTensors = 100_000;
const maxKeyBytes = 65_535;
const maxDimensions = 8;
const defaultAlignment = 32;

/**
 * Header, metadata and tensor infos of a GGUF file.
 *
 * Returns undefined when `bytes` is the beginning of a larger file and ends before the tensor data: call again with
 * more bytes. Raises INVALID_GGUF for anything the file contradicts itself in, with the byte offset.
 *
 * @example
 * const file = readGguf(bytes);
 * file?.metadata.get("general.architecture");   // "llama"
 */
export function readGguf(bytes: Uint8Array, options: ReadGgufOptions = {}): GgufFile | undefined {
  const fileSize = Math.max(options.fileSize ?? bytes.length, bytes.length);
  try {
    return readAll(new Cursor(bytes, fileSize));
  } catch (error) {
    if (error instanceof MoreBytesNeeded) return undefined;
    throw error;
  }
}

function readAll(cursor: Cursor): GgufFile {
  if (cursor.u32("magic") !== magic) throw damaged("it does not start with the bytes GGUF.");
  const version = cursor.u32("version");
  if (version !== 2 && version !== 3) {
    throw damaged(`version ${version} at offset 4; versions 2 and 3 (little-endian) are accepted.`);
  }
  const tensorCount = cursor.size("tensor count", maxTensors);
  const pairCount = cursor.size("metadata count", maxPairs);
  const metadata = readMetadata(cursor, pairCount);
  const declared = readTensorInfos(cursor, tensorCount);
  const dataOffset = alignUp(cursor.offset, alignmentOf(metadata));
  const tensors = declared.map((tensor) => placeTensor(tensor, dataOffset, cursor.fileSize));
  return { version, metadata, tensors, dataOffset };
}

function readMetadata(cursor: Cursor, count: number): Map<string, GgufValue> {
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < count; i++) {
    const key = cursor.string(`metadata key ${i}`, maxKeyBytes);
    if (metadata.has(key)) throw damaged(`metadata key "${key}" occurs twice.`);
    const type = cursor.u32(`type of "${key}"`);
    metadata.set(key, readValue(cursor, type, `value of "${key}"`));
  }
  return metadata;
}

type DeclaredTensor = Omit<GgufTensorInfo, "byteLength">;

function readTensorInfos(cursor: Cursor, count: number): DeclaredTensor[] {
  const tensors: DeclaredTensor[] = [];
  const names = new Set<string>();
  for (let i = 0; i < count; i++) {
    const name = cursor.string(`name of tensor ${i}`, maxKeyBytes);
    if (names.has(name)) throw damaged(`tensor "${name}" occurs twice.`);
    names.add(name);
    tensors.push({ name, ...readShape(cursor, name) });
  }
  return tensors;
}

function readShape(cursor: Cursor, name: string): Omit<DeclaredTensor, "name"> {
  const rank = cursor.u32(`dimension count of tensor "${name}"`);
  if (rank > maxDimensions)
    throw damaged(`tensor "${name}" has ${rank} dimensions; at most ${maxDimensions}.`);
  const dimensions: number[] = [];
  for (let d = 0; d < rank; d++) {
    dimensions.push(cursor.size(`dimension ${d} of tensor "${name}"`, Number.MAX_SAFE_INTEGER));
  }
  const typeId = cursor.u32(`type of tensor "${name}"`);
  const type = ggufTensorTypes.get(typeId);
  if (type === undefined) {
    const known = [...ggufTensorTypes.values()].map((entry) => `${entry.id} ${entry.name}`).join(", ");
    throw damaged(`tensor "${name}" has type ${typeId}; known types: ${known}.`);
  }
  return { dimensions, type, offset: cursor.size(`offset of tensor "${name}"`, Number.MAX_SAFE_INTEGER) };
}

/** Turns the relative offset into one from the start of the file and checks that the data lies inside it. */
function placeTensor(tensor: DeclaredTensor, dataOffset: number, fileSize: number): GgufTensorInfo {
  const { name, dimensions, type } = tensor;
  const values = dimensions.reduce((product, dimension) => product * dimension, 1);
  if (!Number.isSafeInteger(values)) throw damaged(`tensor "${name}" has a size beyond 2^53 values.`);
  const row = dimensions[0] ?? 1;
  if (row % type.blockSize !== 0) {
    throw damaged(
      `tensor "${name}" has rows of ${row} values; ${type.name} needs a multiple of ${type.blockSize}.`,
    );
  }
  const byteLength = (values / type.blockSize) * type.blockBytes;
  const offset = dataOffset + tensor.offset;
  if (offset + byteLength > fileSize) {
    throw damaged(
      `tensor "${name}" spans bytes ${offset} to ${offset + byteLength}, the file ends at ${fileSize}.`,
    );
  }
  return { name, dimensions, type, offset, byteLength };
}

function alignmentOf(metadata: ReadonlyMap<string, GgufValue>): number {
  const value = metadata.get("general.alignment") ?? defaultAlignment;
  if (typeof value !== "number" || !Number.isInteger(value) || value < 1 || value > 65_536) {
    throw damaged(`general.alignment is ${String(value)}; an integer from 1 to 65536 is accepted.`);
  }
  return value;
}

function alignUp(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment;
}
