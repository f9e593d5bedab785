// Causal attention of one document, all heads, forward and backward. Query rows are taken in blocks so that keys
// after a block's last row are never touched: half the work of the full square.

import { exp4, sum4 } from "./exp";
import { gemm } from "./gemm";

const BLOCK: i32 = 32;

/** Softmax over keys 0..visible−1 of a row; the rest up to `padded` becomes zero. */
function softmaxRow(row: usize, visible: i32, padded: i32, scale: f32): void {
  let top: f32 = load<f32>(row);
  for (let k = 1; k < visible; k++) top = max(top, load<f32>(row + ((<usize>k) << 2)));
  for (let k = visible; k < padded; k++) store<f32>(row + ((<usize>k) << 2), -Infinity);
  const shift = f32x4.splat(top);
  const factor = f32x4.splat(scale);
  const floor = f32x4.splat(-86);
  let total = f32x4.splat(0);
  const bytes = (<usize>padded) << 2;
  for (let o: usize = 0; o < bytes; o += 16) {
    const x = f32x4.mul(f32x4.sub(v128.load(row + o), shift), factor);
    const e = v128.and(exp4(x), f32x4.gt(x, floor));
    total = f32x4.add(total, e);
    v128.store(row + o, e);
  }
  const inverse = f32x4.splat(1 / sum4(total));
  for (let o: usize = 0; o < bytes; o += 16) v128.store(row + o, f32x4.mul(v128.load(row + o), inverse));
}

/** Width of a stored probability row. */
function padded4(length: i32): i32 {
  return (length + 3) & ~3;
}

/**
 * out = softmax(q·kᵀ/√headSize)·v for one document of `length` rows (row stride `stride` bytes, heads side by side).
 * `probabilities` keeps heads × length × padded4(length) values for the backward pass.
 */
export function attention(
  q: usize,
  k: usize,
  v: usize,
  out: usize,
  stride: usize,
  length: i32,
  heads: i32,
  headSize: i32,
  probabilities: usize,
  panel: usize,
): void {
  const scale: f32 = 1 / sqrt<f32>(<f32>headSize);
  const width = (<usize>padded4(length)) << 2;
  for (let head = 0; head < heads; head++) {
    const offset = (<usize>(head * headSize)) << 2;
    for (let start = 0; start < length; start += BLOCK) {
      const rows = min(BLOCK, length - start);
      const keys = start + rows;
      const p = probabilities + <usize>start * width;
      const at = <usize>start * stride + offset;
      gemm(q + at, stride, 4, k + offset, 4, stride, p, width, rows, keys, headSize, false, panel);
      for (let i = 0; i < rows; i++) softmaxRow(p + <usize>i * width, start + i + 1, padded4(keys), scale);
      gemm(p, width, 4, v + offset, stride, 4, out + at, stride, rows, headSize, keys, false, panel);
    }
    probabilities += <usize>length * width;
  }
}

/** Adds to dq, dk, dv. `scratch` holds BLOCK × padded4(length) values. */
export function attentionBackward(
  q: usize,
  k: usize,
  v: usize,
  dout: usize,
  dq: usize,
  dk: usize,
  dv: usize,
  stride: usize,
  length: i32,
  heads: i32,
  headSize: i32,
  probabilities: usize,
  scratch: usize,
  panel: usize,
): void {
  const scale: f32 = 1 / sqrt<f32>(<f32>headSize);
  const width = (<usize>padded4(length)) << 2;
  for (let head = 0; head < heads; head++) {
    const offset = (<usize>(head * headSize)) << 2;
    for (let start = 0; start < length; start += BLOCK) {
      const rows = min(BLOCK, length - start);
      const keys = start + rows;
      const p = probabilities + <usize>start * width;
      const at = <usize>start * stride + offset;
      // dV += Pᵀ·dO
      gemm(p, 4, width, dout + at, stride, 4, dv + offset, stride, keys, headSize, rows, true, panel);
      // dP = dO·Vᵀ
      gemm(dout + at, stride, 4, v + offset, 4, stride, scratch, width, rows, keys, headSize, false, panel);
      for (let i = 0; i < rows; i++) {
        scoreGradientRow(scratch + <usize>i * width, p + <usize>i * width, keys, scale);
      }
      // dQ += dS·K, dK += dSᵀ·Q
      gemm(scratch, width, 4, k + offset, stride, 4, dq + at, stride, rows, headSize, keys, true, panel);
      gemm(scratch, 4, width, q + at, stride, 4, dk + offset, stride, keys, headSize, rows, true, panel);
    }
    probabilities += <usize>length * width;
  }
}

/** dS = P ⊙ (dP − Σ P⊙dP) · scale, in place of dP. */
function scoreGradientRow(dp: usize, p: usize, keys: i32, scale: f32): void {
  const bytes = (<usize>padded4(keys)) << 2;
  for (let k = keys; k < padded4(keys); k++) store<f32>(dp + ((<usize>k) << 2), 0);
  let dot = f32x4.splat(0);
  for (let o: usize = 0; o < bytes; o += 16) {
    dot = f32x4.add(dot, f32x4.mul(v128.load(p + o), v128.load(dp + o)));
  }
  const mean = f32x4.splat(sum4(dot));
  const factor = f32x4.splat(scale);
  for (let o: usize = 0; o < bytes; o += 16) {
    const centred = f32x4.sub(v128.load(dp + o), mean);
    v128.store(dp + o, f32x4.mul(f32x4.mul(v128.load(p + o), centred), factor));
  }
}
