// The kernel of the embedded engine: a matrix packed into panels of eight outputs, times one or many vectors.

/** Packs `outputs` rows of `inputs` values into panels [input][8 outputs], zeros beyond the last output. */
export function pack(from: usize, inputs: i32, outputs: i32, to: usize): void {
  const line = (<usize>inputs) << 2;
  for (let first = 0; first < outputs; first += 8) {
    for (let k = 0; k < inputs; k++) {
      for (let j = 0; j < 8; j++) {
        const row = first + j;
        const value: f32 = row < outputs ? load<f32>(from + <usize>row * line + ((<usize>k) << 2)) : 0;
        store<f32>(to, value);
        to += 4;
      }
    }
  }
}

/** y[i] = W·x[i]; `outputs` is a multiple of eight. */
export function multiply(x: usize, inputs: i32, panels: usize, outputs: i32, y: usize, count: i32): void {
  const line = (<usize>inputs) << 2;
  const panelBytes = line << 3;
  const yLine = (<usize>outputs) << 2;
  for (let first = 0; first < outputs; first += 8) {
    const end = panels + panelBytes;
    const column = y + ((<usize>first) << 2);
    let i = 0;
    for (; i + 4 <= count; i += 4) {
      let x0 = x + <usize>i * line;
      let x1 = x0 + line;
      let x2 = x1 + line;
      let x3 = x2 + line;
      let c00 = f32x4.splat(0);
      let c01 = c00;
      let c10 = c00;
      let c11 = c00;
      let c20 = c00;
      let c21 = c00;
      let c30 = c00;
      let c31 = c00;
      for (let p = panels; p < end; p += 32) {
        const w0 = v128.load(p);
        const w1 = v128.load(p, 16);
        let v = v128.load32_splat(x0);
        c00 = f32x4.add(c00, f32x4.mul(v, w0));
        c01 = f32x4.add(c01, f32x4.mul(v, w1));
        v = v128.load32_splat(x1);
        c10 = f32x4.add(c10, f32x4.mul(v, w0));
        c11 = f32x4.add(c11, f32x4.mul(v, w1));
        v = v128.load32_splat(x2);
        c20 = f32x4.add(c20, f32x4.mul(v, w0));
        c21 = f32x4.add(c21, f32x4.mul(v, w1));
        v = v128.load32_splat(x3);
        c30 = f32x4.add(c30, f32x4.mul(v, w0));
        c31 = f32x4.add(c31, f32x4.mul(v, w1));
        x0 += 4;
        x1 += 4;
        x2 += 4;
        x3 += 4;
      }
      const at = column + <usize>i * yLine;
      put(at, c00, c01);
      put(at + yLine, c10, c11);
      put(at + 2 * yLine, c20, c21);
      put(at + 3 * yLine, c30, c31);
    }
    for (; i < count; i++) {
      // Two chains per half panel: one alone would wait for its own additions.
      let x0 = x + <usize>i * line;
      let c0 = f32x4.splat(0);
      let c1 = c0;
      let d0 = c0;
      let d1 = c0;
      let p = panels;
      for (; p + 64 <= end; p += 64) {
        let v = v128.load32_splat(x0);
        c0 = f32x4.add(c0, f32x4.mul(v, v128.load(p)));
        c1 = f32x4.add(c1, f32x4.mul(v, v128.load(p, 16)));
        v = v128.load32_splat(x0, 4);
        d0 = f32x4.add(d0, f32x4.mul(v, v128.load(p, 32)));
        d1 = f32x4.add(d1, f32x4.mul(v, v128.load(p, 48)));
        x0 += 8;
      }
      if (p < end) {
        const v = v128.load32_splat(x0);
        c0 = f32x4.add(c0, f32x4.mul(v, v128.load(p)));
        c1 = f32x4.add(c1, f32x4.mul(v, v128.load(p, 16)));
      }
      put(column + <usize>i * yLine, f32x4.add(c0, d0), f32x4.add(c1, d1));
    }
    panels += panelBytes;
  }
}

function put(at: usize, low: v128, high: v128): void {
  v128.store(at, low);
  v128.store(at, high, 16);
}
