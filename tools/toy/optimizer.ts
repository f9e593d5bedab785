// One optimiser step of one tensor. Matrices move along their orthogonalised momentum (Muon: five Newton–Schulz steps),
// which needs about half the tokens of AdamW here; embeddings and norms use AdamW.

import type { Arena, Kernels } from "./kernels.ts";
import type { Shape, Tensor } from "./shape.ts";

export interface OptimizerOptions {
  /** Peak learning rate of matrices. */
  readonly matrixRate: number;
  /** Peak learning rate of embeddings and norms. */
  readonly vectorRate: number;
  readonly momentum: number;
  readonly decay: number;
  readonly steps: number;
  readonly warmup: number;
  /** Share of the run after which the rate falls linearly to `finalShare` of the peak. */
  readonly fallFrom: number;
  readonly finalShare: number;
}

/** Share of the peak learning rate at a step (0-based). */
export function rateAt(options: OptimizerOptions, step: number): number {
  if (step < options.warmup) return (step + 1) / options.warmup;
  const from = options.steps * options.fallFrom;
  if (step < from) return 1;
  const progress = Math.min(1, (step - from) / (options.steps - from));
  return 1 + (options.finalShare - 1) * progress;
}

/** Addresses of arrays laid out like the weights. */
export interface OptimizerMemory {
  readonly weights: number;
  readonly first: number;
  readonly second: number;
  /** Gradients of each part of the step's batch; the sum ends up in the first. */
  readonly gradients: readonly number[];
}

const bytes = 4;

export class Optimizer {
  readonly #kernels: Kernels;
  readonly #options: OptimizerOptions;
  readonly #memory: OptimizerMemory;
  readonly #x: number;
  readonly #y: number;
  readonly #gram: number;
  readonly #square: number;
  readonly #panel: number;

  constructor(
    kernels: Kernels,
    shape: Shape,
    options: OptimizerOptions,
    memory: OptimizerMemory,
    arena: Arena,
  ) {
    this.#kernels = kernels;
    this.#options = options;
    this.#memory = memory;
    const largest = shape.width * Math.max(shape.hidden, shape.width);
    this.#x = arena.take(largest);
    this.#y = arena.take(largest);
    this.#gram = arena.take(shape.width * shape.width);
    this.#square = arena.take(shape.width * shape.width);
    this.#panel = arena.take((Math.max(shape.width, shape.hidden) + 1) * 8);
  }

  /** Sums the parts' gradients in order, moves the weights, and clears the gradients. */
  update(tensor: Tensor, step: number): void {
    const count = tensor.rows * tensor.columns;
    const offset = tensor.offset * bytes;
    const parts = this.#memory.gradients.map((start) => start + offset);
    const [gradient = 0, ...rest] = parts;
    for (const part of rest) this.#kernels.addScaled(gradient, part, 1, count);
    this.#kernels.blend(gradient, 1 / parts.length, gradient, 0, count);
    if (tensor.kind === "matrix") this.#updateMatrix(tensor, gradient, step);
    else this.#updateVector(tensor, gradient, step);
    for (const part of parts) this.#kernels.clear(part, count);
  }

  #updateVector(tensor: Tensor, gradient: number, step: number): void {
    const count = tensor.rows * tensor.columns;
    const norm = Math.sqrt(this.#kernels.sumOfSquares(gradient, count));
    if (norm > 1) this.#kernels.blend(gradient, 1 / norm, gradient, 0, count);
    const offset = tensor.offset * bytes;
    this.#kernels.adamW(
      this.#memory.weights + offset,
      gradient,
      this.#memory.first + offset,
      this.#memory.second + offset,
      count,
      this.#options.vectorRate * rateAt(this.#options, step),
      0.9,
      0.95,
      1 - 0.9 ** (step + 1),
      1 - 0.95 ** (step + 1),
      tensor.kind === "norm" ? 0 : this.#options.decay,
    );
  }

  #updateMatrix(tensor: Tensor, gradient: number, step: number): void {
    const kernels = this.#kernels;
    const { rows, columns } = tensor;
    const count = rows * columns;
    const momentum = this.#memory.first + tensor.offset * bytes;
    const beta = this.#options.momentum;
    kernels.blend(momentum, beta, gradient, 1, count);
    kernels.blend(gradient, 1, momentum, beta, count);
    this.#orthogonalise(gradient, rows, columns);
    const rate = this.#options.matrixRate * rateAt(this.#options, step);
    const weight = this.#memory.weights + tensor.offset * bytes;
    const scale = rate * Math.sqrt(Math.max(1, rows / columns));
    kernels.blend(weight, 1 - rate * this.#options.decay, gradient, -scale, count);
  }

  /** Replaces a matrix by (nearly) the closest one with orthonormal rows or columns. */
  #orthogonalise(matrix: number, rows: number, columns: number): void {
    const kernels = this.#kernels;
    const count = rows * columns;
    // Work on the wide form, so that the Gram matrix is the small one.
    const tall = rows > columns;
    const small = Math.min(rows, columns);
    const large = Math.max(rows, columns);
    const norm = Math.sqrt(kernels.sumOfSquares(matrix, count)) + 1e-7;
    let x = this.#x;
    let y = this.#y;
    if (tall) kernels.transpose(matrix, x, rows, columns);
    else kernels.copy(x, matrix, count);
    kernels.blend(x, 1 / norm, x, 0, count);
    const line = large * bytes;
    const gramLine = small * bytes;
    for (let iteration = 0; iteration < 5; iteration++) {
      // gram = x·xᵀ; square = b·gram + c·gram²; y = a·x + square·x
      kernels.gemm(
        x,
        line,
        bytes,
        x,
        bytes,
        line,
        this.#gram,
        gramLine,
        small,
        small,
        large,
        false,
        this.#panel,
      );
      kernels.gemm(
        this.#gram,
        gramLine,
        bytes,
        this.#gram,
        gramLine,
        bytes,
        this.#square,
        gramLine,
        small,
        small,
        small,
        false,
        this.#panel,
      );
      kernels.blend(this.#square, 2.0315, this.#gram, -4.775, small * small);
      kernels.gemm(
        this.#square,
        gramLine,
        bytes,
        x,
        line,
        bytes,
        y,
        line,
        small,
        large,
        small,
        false,
        this.#panel,
      );
      kernels.blend(y, 1, x, 3.4445, count);
      [x, y] = [y, x];
    }
    if (tall) kernels.transpose(x, matrix, columns, rows);
    else kernels.copy(matrix, x, count);
  }
}
