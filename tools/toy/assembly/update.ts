// Vector operations of the optimisers: gradient sums, AdamW, momentum, and the scaling steps around the
// orthogonalisation of a matrix.

import { sum4 } from "./exp";

/** Sets `count` values to zero. */
export function clear(x: usize, count: i32): void {
  memory.fill(x, 0, (<usize>count) << 2);
}

/** x += y · factor. */
export function addScaled(x: usize, y: usize, factor: f32, count: i32): void {
  const scale = f32x4.splat(factor);
  for (let o: usize = 0; o < (<usize>count) << 2; o += 16) {
    v128.store(x + o, f32x4.add(v128.load(x + o), f32x4.mul(v128.load(y + o), scale)));
  }
}

/** x = x · a + y · b. */
export function blend(x: usize, a: f32, y: usize, b: f32, count: i32): void {
  const scaleX = f32x4.splat(a);
  const scaleY = f32x4.splat(b);
  for (let o: usize = 0; o < (<usize>count) << 2; o += 16) {
    v128.store(x + o, f32x4.add(f32x4.mul(v128.load(x + o), scaleX), f32x4.mul(v128.load(y + o), scaleY)));
  }
}

/** Sum of squares. */
export function sumOfSquares(x: usize, count: i32): f64 {
  let sum: f64 = 0;
  const block = 1024;
  for (let start = 0; start < count; start += block) {
    const end = min(start + block, count);
    let part = f32x4.splat(0);
    for (let i = start; i < end; i += 4) {
      const v = v128.load(x + ((<usize>i) << 2));
      part = f32x4.add(part, f32x4.mul(v, v));
    }
    sum += <f64>sum4(part);
  }
  return sum;
}

/** One AdamW step: `correction1` and `correction2` are 1 − β^t. */
export function adamW(
  weight: usize,
  gradient: usize,
  first: usize,
  second: usize,
  count: i32,
  rate: f32,
  beta1: f32,
  beta2: f32,
  correction1: f32,
  correction2: f32,
  decay: f32,
): void {
  const b1 = f32x4.splat(beta1);
  const b2 = f32x4.splat(beta2);
  const c1 = f32x4.splat(1 - beta1);
  const c2 = f32x4.splat(1 - beta2);
  const eps = f32x4.splat(1e-8);
  const step = f32x4.splat(rate / correction1);
  const root = f32x4.splat(1 / correction2);
  const keep = f32x4.splat(1 - rate * decay);
  for (let o: usize = 0; o < (<usize>count) << 2; o += 16) {
    const g = v128.load(gradient + o);
    const m = f32x4.add(f32x4.mul(v128.load(first + o), b1), f32x4.mul(g, c1));
    const v = f32x4.add(f32x4.mul(v128.load(second + o), b2), f32x4.mul(f32x4.mul(g, g), c2));
    v128.store(first + o, m);
    v128.store(second + o, v);
    const change = f32x4.div(f32x4.mul(m, step), f32x4.add(f32x4.sqrt(f32x4.mul(v, root)), eps));
    v128.store(weight + o, f32x4.sub(f32x4.mul(v128.load(weight + o), keep), change));
  }
}

/** to = from. */
export function copy(to: usize, from: usize, count: i32): void {
  memory.copy(to, from, (<usize>count) << 2);
}

/** to[columns×rows] = from[rows×columns]ᵀ. */
export function transpose(from: usize, to: usize, rows: i32, columns: i32): void {
  for (let row = 0; row < rows; row++) {
    let target = to + ((<usize>row) << 2);
    for (let column = 0; column < columns; column++) {
      store<f32>(target, load<f32>(from));
      from += 4;
      target += (<usize>rows) << 2;
    }
  }
}
