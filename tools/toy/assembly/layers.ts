// The parts of a transformer layer that are not matrix products: RMS norm, rotary embedding, gated unit,
// embedding rows and cross-entropy, each with its backward pass. Pointers are byte addresses of f32 arrays;
// widths are multiples of four.

import { exp4, max4, sum4 } from "./exp";

/** out = x / sqrt(mean(x²) + eps) · gain, per row; the reciprocal root is kept for the backward pass. */
export function rmsNorm(
  x: usize,
  gain: usize,
  out: usize,
  reciprocal: usize,
  rows: i32,
  width: i32,
  eps: f32,
): void {
  const bytes = (<usize>width) << 2;
  for (let row = 0; row < rows; row++) {
    let sum = f32x4.splat(0);
    for (let o: usize = 0; o < bytes; o += 16) {
      const v = v128.load(x + o);
      sum = f32x4.add(sum, f32x4.mul(v, v));
    }
    const r: f32 = 1 / sqrt<f32>(sum4(sum) / <f32>width + eps);
    store<f32>(reciprocal + ((<usize>row) << 2), r);
    const scale = f32x4.splat(r);
    for (let o: usize = 0; o < bytes; o += 16) {
      v128.store(out + o, f32x4.mul(f32x4.mul(v128.load(x + o), scale), v128.load(gain + o)));
    }
    x += bytes;
    out += bytes;
  }
}

/** dx += backward of rmsNorm; dgain += its gradient. */
export function rmsNormBackward(
  x: usize,
  gain: usize,
  reciprocal: usize,
  dout: usize,
  dx: usize,
  dgain: usize,
  rows: i32,
  width: i32,
): void {
  const bytes = (<usize>width) << 2;
  for (let row = 0; row < rows; row++) {
    const r = load<f32>(reciprocal + ((<usize>row) << 2));
    const rv = f32x4.splat(r);
    let dot = f32x4.splat(0);
    for (let o: usize = 0; o < bytes; o += 16) {
      const xv = v128.load(x + o);
      const dv = v128.load(dout + o);
      dot = f32x4.add(dot, f32x4.mul(f32x4.mul(dv, v128.load(gain + o)), xv));
      v128.store(dgain + o, f32x4.add(v128.load(dgain + o), f32x4.mul(f32x4.mul(dv, xv), rv)));
    }
    const correction = f32x4.splat((sum4(dot) * r * r * r) / <f32>width);
    for (let o: usize = 0; o < bytes; o += 16) {
      const direct = f32x4.mul(f32x4.mul(v128.load(dout + o), v128.load(gain + o)), rv);
      const change = f32x4.sub(direct, f32x4.mul(v128.load(x + o), correction));
      v128.store(dx + o, f32x4.add(v128.load(dx + o), change));
    }
    x += bytes;
    dout += bytes;
    dx += bytes;
  }
}

/**
 * Rotates pairs (2i, 2i+1) of every head by the row's position; `sign` −1 undoes it (the backward pass).
 * `table` holds per position headSize/2 cosines, each followed by its sine; `positions` are i32.
 */
export function rotate(
  x: usize,
  table: usize,
  positions: usize,
  rows: i32,
  heads: i32,
  headSize: i32,
  sign: f32,
): void {
  for (let row = 0; row < rows; row++) {
    const position = load<i32>(positions + ((<usize>row) << 2));
    const line = table + ((<usize>(position * headSize)) << 2);
    for (let head = 0; head < heads; head++) {
      for (let o: usize = 0; o < (<usize>headSize) << 2; o += 8) {
        const cos = load<f32>(line + o);
        const sin = sign * load<f32>(line + o, 4);
        const a = load<f32>(x + o);
        const b = load<f32>(x + o, 4);
        store<f32>(x + o, a * cos - b * sin);
        store<f32>(x + o, a * sin + b * cos, 4);
      }
      x += (<usize>headSize) << 2;
    }
  }
}

/** out = silu(gate) ⊙ up. */
export function gatedUnit(gate: usize, up: usize, out: usize, count: i32): void {
  const one = f32x4.splat(1);
  for (let o: usize = 0; o < (<usize>count) << 2; o += 16) {
    const g = v128.load(gate + o);
    const silu = f32x4.div(g, f32x4.add(one, exp4(f32x4.neg(g))));
    v128.store(out + o, f32x4.mul(silu, v128.load(up + o)));
  }
}

/** Overwrites gate and up with their gradients. */
export function gatedUnitBackward(gate: usize, up: usize, dout: usize, count: i32): void {
  const one = f32x4.splat(1);
  for (let o: usize = 0; o < (<usize>count) << 2; o += 16) {
    const g = v128.load(gate + o);
    const u = v128.load(up + o);
    const d = v128.load(dout + o);
    const s = f32x4.div(one, f32x4.add(one, exp4(f32x4.neg(g))));
    const silu = f32x4.mul(g, s);
    const slope = f32x4.add(s, f32x4.mul(silu, f32x4.sub(one, s)));
    v128.store(gate + o, f32x4.mul(f32x4.mul(d, u), slope));
    v128.store(up + o, f32x4.mul(d, silu));
  }
}

/** Copies the embedding row of each id. */
export function gather(table: usize, ids: usize, out: usize, rows: i32, width: i32): void {
  const bytes = (<usize>width) << 2;
  for (let row = 0; row < rows; row++) {
    memory.copy(out, table + <usize>load<i32>(ids + ((<usize>row) << 2)) * bytes, bytes);
    out += bytes;
  }
}

/** Adds each row's gradient to its embedding row. */
export function scatterAdd(dtable: usize, ids: usize, dout: usize, rows: i32, width: i32): void {
  const bytes = (<usize>width) << 2;
  for (let row = 0; row < rows; row++) {
    const target = dtable + <usize>load<i32>(ids + ((<usize>row) << 2)) * bytes;
    for (let o: usize = 0; o < bytes; o += 16) {
      v128.store(target + o, f32x4.add(v128.load(target + o), v128.load(dout + o)));
    }
    dout += bytes;
  }
}

/**
 * Turns logits into their gradient in place and returns the weighted sum of −log p(target) / normaliser.
 * `targets` are i32, `weights` f32; columns must be a multiple of four.
 */
export function crossEntropy(
  logits: usize,
  targets: usize,
  weights: usize,
  rows: i32,
  columns: i32,
  normaliser: f32,
): f64 {
  const bytes = (<usize>columns) << 2;
  let loss: f64 = 0;
  for (let row = 0; row < rows; row++) {
    let top = v128.load(logits);
    for (let o: usize = 16; o < bytes; o += 16) top = f32x4.max(top, v128.load(logits + o));
    const shift = f32x4.splat(max4(top));
    const target = logits + ((<usize>load<i32>(targets + ((<usize>row) << 2))) << 2);
    const weight = load<f32>(weights + ((<usize>row) << 2)) / normaliser;
    const chosen = load<f32>(target) - f32x4.extract_lane(shift, 0);
    let total = f32x4.splat(0);
    for (let o: usize = 0; o < bytes; o += 16) {
      const e = exp4(f32x4.sub(v128.load(logits + o), shift));
      total = f32x4.add(total, e);
      v128.store(logits + o, e);
    }
    const sum = sum4(total);
    loss += <f64>weight * (Math.log(<f64>sum) - <f64>chosen);
    const scale = f32x4.splat(weight / sum);
    for (let o: usize = 0; o < bytes; o += 16) {
      v128.store(logits + o, f32x4.mul(v128.load(logits + o), scale));
    }
    store<f32>(target, load<f32>(target) - weight);
    logits += bytes;
  }
  return loss;
}
