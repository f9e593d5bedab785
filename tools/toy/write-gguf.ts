// Writes GGUF version 3. Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md

/** A metadata value with its type as the format names it. */
export type Metadata =
  | { readonly type: "u32" | "f32"; readonly value: number }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "u32[]" | "i32[]"; readonly value: readonly number[] }
  | { readonly type: "string[]"; readonly value: readonly string[] };

export type StoredType = "F32" | "F16" | "Q8_0";

export interface StoredTensor {
  readonly name: string;
  /** Contiguous dimension first. */
  readonly dimensions: readonly number[];
  readonly type: StoredType;
  readonly values: Float32Array;
}

const alignment = 32;
const typeNumbers: Readonly<Record<StoredType, number>> = { F32: 0, F16: 1, Q8_0: 8 };
const valueNumbers = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9 } as const;

/** Bytes that grow. */
class ByteWriter {
  #bytes = new Uint8Array(1 << 16);
  #view = new DataView(this.#bytes.buffer);
  length = 0;

  #room(count: number): number {
    const at = this.length;
    this.length += count;
    if (this.length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.length, 2 * this.#bytes.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }

  u8(value: number): void {
    const at = this.#room(1);
    this.#view.setUint8(at, value);
  }

  u16(value: number): void {
    const at = this.#room(2);
    this.#view.setUint16(at, value, true);
  }

  u32(value: number): void {
    const at = this.#room(4);
    this.#view.setUint32(at, value >>> 0, true);
  }

  f32(value: number): void {
    const at = this.#room(4);
    this.#view.setFloat32(at, value, true);
  }

  u64(value: number): void {
    const at = this.#room(8);
    this.#view.setBigUint64(at, BigInt(value), true);
  }

  string(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.u64(bytes.length);
    const at = this.#room(bytes.length);
    this.#bytes.set(bytes, at);
  }

  align(): void {
    this.#room((alignment - (this.length % alignment)) % alignment);
  }

  take(): Uint8Array {
    return this.#bytes.slice(0, this.length);
  }
}

/** The half-precision number nearest to a value, ties to even. */
export function floatToHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (size >= 65_520) return sign | 0x7c00;
  // Subnormals share the exponent −14; the unit in the last place is 2^-24 there.
  const exponent = size < 2 ** -14 ? -14 : Math.floor(Math.log2(size));
  const unit = 2 ** (exponent - 10);
  const scaled = size / unit;
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  const rounded = rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
  return sign | (rounded + (size < 2 ** -14 ? 0 : (exponent + 14) * 1024));
}

function writeTensor(writer: ByteWriter, tensor: StoredTensor): void {
  switch (tensor.type) {
    case "F32":
      for (const value of tensor.values) writer.f32(value);
      break;
    case "F16":
      for (const value of tensor.values) writer.u16(floatToHalf(value));
      break;
    case "Q8_0":
      for (let at = 0; at < tensor.values.length; at += 32)
        writeBlock(writer, tensor.values.subarray(at, at + 32));
  }
}

/** 32 values as a half-precision scale and 32 bytes. */
function writeBlock(writer: ByteWriter, values: Float32Array): void {
  const scale = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) / 127;
  writer.u16(floatToHalf(scale));
  for (const value of values) {
    const rounded = scale === 0 ? 0 : Math.round(value / scale);
    writer.u8(Math.max(-127, Math.min(127, rounded)) & 255);
  }
}

function tensorBytes(tensor: StoredTensor): number {
  const count = tensor.values.length;
  if (tensor.type === "Q8_0") return (count / 32) * 34;
  return tensor.type === "F16" ? count * 2 : count * 4;
}

function writeMetadata(writer: ByteWriter, entry: Metadata): void {
  switch (entry.type) {
    case "u32":
    case "f32":
      writer.u32(valueNumbers[entry.type]);
      if (entry.type === "u32") writer.u32(entry.value);
      else writer.f32(entry.value);
      return;
    case "bool":
      writer.u32(valueNumbers.bool);
      writer.u8(entry.value ? 1 : 0);
      return;
    case "string":
      writer.u32(valueNumbers.string);
      writer.string(entry.value);
      return;
    case "string[]":
      writer.u32(valueNumbers.array);
      writer.u32(valueNumbers.string);
      writer.u64(entry.value.length);
      for (const item of entry.value) writer.string(item);
      return;
    default:
      writer.u32(valueNumbers.array);
      writer.u32(entry.type === "u32[]" ? valueNumbers.u32 : valueNumbers.i32);
      writer.u64(entry.value.length);
      for (const item of entry.value) writer.u32(item);
  }
}

/**
 * A GGUF file.
 *
 * @throws RangeError when a tensor's values do not match its dimensions, or a Q8_0 row is no multiple of 32.
 */
export function writeGguf(
  metadata: Readonly<Record<string, Metadata>>,
  tensors: readonly StoredTensor[],
): Uint8Array {
  const writer = new ByteWriter();
  writer.u32(0x46554747);
  writer.u32(3);
  writer.u64(tensors.length);
  writer.u64(Object.keys(metadata).length);
  for (const [key, entry] of Object.entries(metadata)) {
    writer.string(key);
    writeMetadata(writer, entry);
  }
  let offset = 0;
  for (const tensor of tensors) {
    checkTensor(tensor);
    writer.string(tensor.name);
    writer.u32(tensor.dimensions.length);
    for (const dimension of tensor.dimensions) writer.u64(dimension);
    writer.u32(typeNumbers[tensor.type]);
    writer.u64(offset);
    offset += Math.ceil(tensorBytes(tensor) / alignment) * alignment;
  }
  writer.align();
  for (const tensor of tensors) {
    writeTensor(writer, tensor);
    writer.align();
  }
  return writer.take();
}

function checkTensor(tensor: StoredTensor): void {
  const count = tensor.dimensions.reduce((product, dimension) => product * dimension, 1);
  if (count !== tensor.values.length) {
    throw new RangeError(`Tensor "${tensor.name}": ${tensor.values.length} values for ${count} places`);
  }
  if (tensor.type === "Q8_0" && (tensor.dimensions[0] ?? 0) % 32 !== 0) {
    throw new RangeError(`Tensor "${tensor.name}": rows of ${tensor.dimensions[0]} cannot be stored as Q8_0`);
  }
}
