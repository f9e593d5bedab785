// The trainer's WebAssembly module as TypeScript sees it, and the memory that all workers share.

type Pointer = number;

export interface Kernels {
  gemm(
    a: Pointer,
    strideAI: number,
    strideAK: number,
    b: Pointer,
    strideBK: number,
    strideBJ: number,
    c: Pointer,
    strideC: number,
    I: number,
    J: number,
    K: number,
    accumulate: boolean,
    panel: Pointer,
  ): void;
  rmsNorm(
    x: Pointer,
    gain: Pointer,
    out: Pointer,
    reciprocal: Pointer,
    rows: number,
    width: number,
    eps: number,
  ): void;
  rmsNormBackward(
    x: Pointer,
    gain: Pointer,
    reciprocal: Pointer,
    dout: Pointer,
    dx: Pointer,
    dgain: Pointer,
    rows: number,
    width: number,
  ): void;
  rotate(
    x: Pointer,
    table: Pointer,
    positions: Pointer,
    rows: number,
    heads: number,
    headSize: number,
    sign: number,
  ): void;
  gatedUnit(gate: Pointer, up: Pointer, out: Pointer, count: number): void;
  gatedUnitBackward(gate: Pointer, up: Pointer, dout: Pointer, count: number): void;
  gather(table: Pointer, ids: Pointer, out: Pointer, rows: number, width: number): void;
  scatterAdd(dtable: Pointer, ids: Pointer, dout: Pointer, rows: number, width: number): void;
  crossEntropy(
    logits: Pointer,
    targets: Pointer,
    weights: Pointer,
    rows: number,
    columns: number,
    normaliser: number,
  ): number;
  attention(
    q: Pointer,
    k: Pointer,
    v: Pointer,
    out: Pointer,
    stride: number,
    length: number,
    heads: number,
    headSize: number,
    probabilities: Pointer,
    panel: Pointer,
  ): void;
  attentionBackward(
    q: Pointer,
    k: Pointer,
    v: Pointer,
    dout: Pointer,
    dq: Pointer,
    dk: Pointer,
    dv: Pointer,
    stride: number,
    length: number,
    heads: number,
    headSize: number,
    probabilities: Pointer,
    scratch: Pointer,
    panel: Pointer,
  ): void;
  clear(x: Pointer, count: number): void;
  copy(to: Pointer, from: Pointer, count: number): void;
  transpose(from: Pointer, to: Pointer, rows: number, columns: number): void;
  addScaled(x: Pointer, y: Pointer, factor: number, count: number): void;
  blend(x: Pointer, a: number, y: Pointer, b: number, count: number): void;
  sumOfSquares(x: Pointer, count: number): number;
  adamW(
    weight: Pointer,
    gradient: Pointer,
    first: Pointer,
    second: Pointer,
    count: number,
    rate: number,
    beta1: number,
    beta2: number,
    correction1: number,
    correction2: number,
    decay: number,
  ): void;
}

/** Pages of 64 KiB that the module declares as its maximum; compiled into it. */
export const maximumPages = 16_384;

/** The module needs the first pages for its own constants. */
export const firstFreeByte = 65_536;

/** Memory for `bytes` bytes after the module's own part, shareable between workers. */
export function createMemory(bytes: number): WebAssembly.Memory {
  const pages = Math.ceil((firstFreeByte + bytes) / 65_536);
  return new WebAssembly.Memory({ initial: pages, maximum: maximumPages, shared: true });
}

/** Binds the compiled module to a memory. */
export function bindKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  const abort = (): never => {
    throw new Error("The training kernels hit an assertion");
  };
  const instance = new WebAssembly.Instance(module, { env: { memory, abort } });
  return instance.exports as unknown as Kernels;
}

/** Hands out pieces of a memory, 64-byte aligned, from `start` upwards. */
export class Arena {
  #next: number;

  constructor(start: number) {
    this.#next = Math.ceil(start / 64) * 64;
  }

  /** Address of `count` four-byte values. */
  take(count: number): Pointer {
    const at = this.#next;
    this.#next = Math.ceil((at + count * 4) / 64) * 64;
    return at;
  }

  /** First address not handed out. */
  get end(): Pointer {
    return this.#next;
  }
}
