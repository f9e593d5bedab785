// Matrix product in WebAssembly SIMD (AssemblyScript): C = A·B or C += A·B in f32, for operands of any strides.
// B is packed into panels of eight columns, then a 4×8 register tile walks down the rows of A.
// Only IEEE basic operations in a fixed order are used, so a result has the same bits on every machine.

/** Copies columns j..j+7 of B (K rows) into a contiguous panel, filling with zeros beyond `columns`. */
function packPanel(b: usize, strideK: usize, strideJ: usize, K: i32, columns: i32, panel: usize): void {
  if (columns === 8 && strideJ === 4) {
    for (let k = 0; k < K; k++) {
      v128.store(panel, v128.load(b));
      v128.store(panel, v128.load(b, 16), 16);
      b += strideK;
      panel += 32;
    }
    return;
  }
  for (let k = 0; k < K; k++) {
    let source = b;
    for (let j = 0; j < 8; j++) {
      store<f32>(panel + ((<usize>j) << 2), j < columns ? load<f32>(source) : 0);
      if (j < columns) source += strideJ;
    }
    b += strideK;
    panel += 32;
  }
}

/** Adds (or stores) the first `columns` of eight values. */
function storeRow(c: usize, low: v128, high: v128, columns: i32, accumulate: bool, scratch: usize): void {
  if (columns === 8) {
    if (accumulate) {
      low = f32x4.add(v128.load(c), low);
      high = f32x4.add(v128.load(c, 16), high);
    }
    v128.store(c, low);
    v128.store(c, high, 16);
    return;
  }
  v128.store(scratch, low);
  v128.store(scratch, high, 16);
  for (let j = 0; j < columns; j++) {
    const offset = (<usize>j) << 2;
    const value = load<f32>(scratch + offset);
    store<f32>(c + offset, accumulate ? load<f32>(c + offset) + value : value);
  }
}

/**
 * C[I×J] (row stride strideC, columns contiguous) = or += A[I×K]·B[K×J]. Pointers and strides are in bytes.
 * `panel` needs K·32 + 32 bytes of scratch.
 */
export function gemm(
  a: usize,
  strideAI: usize,
  strideAK: usize,
  b: usize,
  strideBK: usize,
  strideBJ: usize,
  c: usize,
  strideC: usize,
  I: i32,
  J: i32,
  K: i32,
  accumulate: bool,
  panel: usize,
): void {
  const scratch = panel;
  panel += 32;
  for (let j = 0; j < J; j += 8) {
    const columns = min(8, J - j);
    packPanel(b + <usize>j * strideBJ, strideBK, strideBJ, K, columns, panel);
    const cj = c + ((<usize>j) << 2);
    let i = 0;
    for (; i + 4 <= I; i += 4) {
      let a0 = a + <usize>i * strideAI;
      let a1 = a0 + strideAI;
      let a2 = a1 + strideAI;
      let a3 = a2 + strideAI;
      let c00 = f32x4.splat(0);
      let c01 = c00;
      let c10 = c00;
      let c11 = c00;
      let c20 = c00;
      let c21 = c00;
      let c30 = c00;
      let c31 = c00;
      let p = panel;
      const end = panel + ((<usize>K) << 5);
      while (p < end) {
        const b0 = v128.load(p);
        const b1 = v128.load(p, 16);
        let x = v128.load32_splat(a0);
        c00 = f32x4.add(c00, f32x4.mul(x, b0));
        c01 = f32x4.add(c01, f32x4.mul(x, b1));
        x = v128.load32_splat(a1);
        c10 = f32x4.add(c10, f32x4.mul(x, b0));
        c11 = f32x4.add(c11, f32x4.mul(x, b1));
        x = v128.load32_splat(a2);
        c20 = f32x4.add(c20, f32x4.mul(x, b0));
        c21 = f32x4.add(c21, f32x4.mul(x, b1));
        x = v128.load32_splat(a3);
        c30 = f32x4.add(c30, f32x4.mul(x, b0));
        c31 = f32x4.add(c31, f32x4.mul(x, b1));
        a0 += strideAK;
        a1 += strideAK;
        a2 += strideAK;
        a3 += strideAK;
        p += 32;
      }
      const ci = cj + <usize>i * strideC;
      storeRow(ci, c00, c01, columns, accumulate, scratch);
      storeRow(ci + strideC, c10, c11, columns, accumulate, scratch);
      storeRow(ci + 2 * strideC, c20, c21, columns, accumulate, scratch);
      storeRow(ci + 3 * strideC, c30, c31, columns, accumulate, scratch);
    }
    for (; i < I; i++) {
      let a0 = a + <usize>i * strideAI;
      let c0 = f32x4.splat(0);
      let c1 = c0;
      let p = panel;
      for (let k = 0; k < K; k++) {
        const x = v128.load32_splat(a0);
        c0 = f32x4.add(c0, f32x4.mul(x, v128.load(p)));
        c1 = f32x4.add(c1, f32x4.mul(x, v128.load(p, 16)));
        a0 += strideAK;
        p += 32;
      }
      storeRow(cj + <usize>i * strideC, c0, c1, columns, accumulate, scratch);
    }
  }
}
