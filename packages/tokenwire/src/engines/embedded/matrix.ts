// Products of a fixed matrix with one or many vectors: in WebAssembly SIMD where the host has it, else in plain
// TypeScript. Both take the same input; results differ by rounding only, as the order of additions differs.

import { matrixKernel } from "./generated/matrix-kernel.ts";

/** A matrix of `outputs` rows that can be multiplied with vectors of `inputs` values. */
export interface Matrix {
  readonly inputs: number;
  readonly outputs: number;
  /** y[i] = W·x[i] for `count` vectors laid end to end; with `add`, y[i] += W·x[i]. */
  multiply(x: Float32Array, y: Float32Array, count: number, add?: boolean): void;
}

/** Makes matrices that share one kernel and its memory. */
export interface MatrixBackend {
  readonly name: "simd" | "plain";
  /** Copies `values`, stored as `outputs` rows of `inputs` values. */
  create(values: Float32Array, inputs: number, outputs: number): Matrix;
}

/** Most vectors of one `multiply`. */
export const maximumVectors = 64;

interface KernelExports {
  pack(from: number, inputs: number, outputs: number, to: number): void;
  multiply(x: number, inputs: number, panels: number, outputs: number, y: number, count: number): void;
}

/**
 * The fastest backend of this host.
 *
 * @param name "plain" forces the TypeScript loops.
 */
export function createMatrixBackend(name?: "simd" | "plain"): MatrixBackend {
  if (name !== "plain") {
    const module = compileKernel();
    if (module !== undefined) return new SimdBackend(module);
  }
  return { name: "plain", create: (values, inputs, outputs) => new PlainMatrix(values, inputs, outputs) };
}

let compiled: WebAssembly.Module | undefined;

/** The kernel, or undefined where WebAssembly or its SIMD instructions are missing. */
function compileKernel(): WebAssembly.Module | undefined {
  if (typeof WebAssembly === "undefined") return undefined;
  if (compiled === undefined) {
    const bytes = Uint8Array.from(atob(matrixKernel), (character) => character.charCodeAt(0));
    if (!WebAssembly.validate(bytes)) return undefined;
    compiled = new WebAssembly.Module(bytes);
  }
  return compiled;
}

const page = 65_536;

class SimdBackend implements MatrixBackend {
  readonly name = "simd";
  readonly #memory: WebAssembly.Memory;
  readonly #kernel: KernelExports;
  /** The first page holds the module's own constants. */
  #end = page;
  #scratch = 0;
  #scratchBytes = 0;

  constructor(module: WebAssembly.Module) {
    this.#memory = new WebAssembly.Memory({ initial: 2, maximum: page });
    const instance = new WebAssembly.Instance(module, { env: { memory: this.#memory } });
    this.#kernel = instance.exports as unknown as KernelExports;
  }

  create(values: Float32Array, inputs: number, outputs: number): Matrix {
    const panels = this.#take(Math.ceil(outputs / 8) * 8 * inputs * 4);
    const from = this.#reserve(values.byteLength);
    new Float32Array(this.#memory.buffer, from, values.length).set(values);
    this.#kernel.pack(from, inputs, outputs, panels);
    return {
      inputs,
      outputs,
      multiply: (x, y, count, add = false) => this.#multiply(panels, inputs, outputs, x, y, count, add),
    };
  }

  #multiply(
    panels: number,
    inputs: number,
    outputs: number,
    x: Float32Array,
    y: Float32Array,
    count: number,
    add: boolean,
  ): void {
    const padded = Math.ceil(outputs / 8) * 8;
    const from = this.#reserve((count * inputs + count * padded) * 4);
    const to = from + count * inputs * 4;
    const { buffer } = this.#memory;
    new Float32Array(buffer, from, count * inputs).set(x.subarray(0, count * inputs));
    this.#kernel.multiply(from, inputs, panels, padded, to, count);
    const result = new Float32Array(buffer, to, count * padded);
    copyRows(result, padded, y, outputs, count, add);
  }

  /** Room for good. */
  #take(bytes: number): number {
    const at = this.#end;
    this.#end += Math.ceil(bytes / 64) * 64;
    this.#grow(this.#end);
    return at;
  }

  /** Room until the next call, behind everything taken for good. */
  #reserve(bytes: number): number {
    if (this.#scratch < this.#end || this.#scratchBytes < bytes) {
      this.#scratch = this.#end;
      this.#scratchBytes = bytes;
      this.#grow(this.#scratch + bytes);
    }
    return this.#scratch;
  }

  #grow(end: number): void {
    const missing = end - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / page));
  }
}

function copyRows(
  from: Float32Array,
  stride: number,
  to: Float32Array,
  width: number,
  count: number,
  add: boolean,
): void {
  if (!add && stride === width) {
    to.set(from);
    return;
  }
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < width; i++) {
      const value = from[row * stride + i] as number;
      const at = row * width + i;
      to[at] = add ? (to[at] as number) + value : value;
    }
  }
}

/** The readable twin of the kernel. */
class PlainMatrix implements Matrix {
  readonly inputs: number;
  readonly outputs: number;
  readonly #values: Float32Array;

  constructor(values: Float32Array, inputs: number, outputs: number) {
    this.#values = values;
    this.inputs = inputs;
    this.outputs = outputs;
  }

  multiply(x: Float32Array, y: Float32Array, count: number, add = false): void {
    const { inputs, outputs } = this;
    const w = this.#values;
    for (let i = 0; i < count; i++) {
      for (let row = 0; row < outputs; row++) {
        let sum = 0;
        for (let k = 0, a = row * inputs, b = i * inputs; k < inputs; k++, a++, b++) {
          sum += (w[a] as number) * (x[b] as number);
        }
        const at = i * outputs + row;
        y[at] = add ? (y[at] as number) + sum : sum;
      }
    }
  }
}
