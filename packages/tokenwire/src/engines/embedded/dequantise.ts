// Tensor data of GGUF files as f32 values. Supported: F32, F16, Q8_0 (blocks of 32: an f16 scale, then 32 int8).

import type { GgufTensorInfo } from "@tokenwire/core/gguf";
import { damagedModel } from "./model-error.ts";

const blockValues = 32;
const blockBytes = 34;

/** The value of an IEEE half-precision number. */
export function halfToFloat(half: number): number {
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  const sign = half & 0x8000 ? -1 : 1;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

let halves: Float32Array | undefined;

/** All 65,536 half-precision numbers; made on first use. */
function halfTable(): Float32Array {
  halves ??= Float32Array.from({ length: 65_536 }, (_, half) => halfToFloat(half));
  return halves;
}

/**
 * The values of a tensor.
 *
 * @throws INVALID_GGUF for a tensor type that is not supported.
 */
export function readTensor(file: Uint8Array, tensor: GgufTensorInfo): Float32Array {
  const view = new DataView(file.buffer, file.byteOffset + tensor.offset, tensor.byteLength);
  const count = tensor.dimensions.reduce((product, dimension) => product * dimension, 1);
  const values = new Float32Array(count);
  switch (tensor.type.name) {
    case "F32":
      for (let i = 0; i < count; i++) values[i] = view.getFloat32(i * 4, true);
      return values;
    case "F16": {
      const table = halfTable();
      for (let i = 0; i < count; i++) values[i] = table[view.getUint16(i * 2, true)] as number;
      return values;
    }
    case "Q8_0":
      readBlocks(view, values);
      return values;
    default:
      throw damagedModel(
        `tensor "${tensor.name}" has type ${tensor.type.name}; the embedded engine reads F32, F16 and Q8_0.`,
      );
  }
}

function readBlocks(view: DataView, values: Float32Array): void {
  for (let block = 0; block < values.length / blockValues; block++) {
    const at = block * blockBytes;
    const scale = halfToFloat(view.getUint16(at, true));
    for (let i = 0; i < blockValues; i++) values[block * blockValues + i] = scale * view.getInt8(at + 2 + i);
  }
}
