// Forward and backward pass over a batch of whole documents laid end to end. Matrix products run over all tokens at
// once; attention stays within each document and positions begin at 0 in each, exactly as in inference.

import type { Arena, Kernels } from "./kernels.ts";
import { layOutTensors, type Shape, type Tensor } from "./shape.ts";

/** Tokens to learn from: `targets[i]` follows `tokens[i]`, with its weight in the loss. */
export interface Batch {
  readonly tokens: Int32Array;
  readonly targets: Int32Array;
  readonly weights: Float32Array;
  /** Lengths of the documents, in order; their sum is the number of tokens. */
  readonly lengths: readonly number[];
}

interface LayerMemory {
  readonly x: number;
  readonly reciprocal1: number;
  readonly normed1: number;
  readonly q: number;
  readonly k: number;
  readonly v: number;
  readonly probabilities: number;
  readonly attended: number;
  readonly middle: number;
  readonly reciprocal2: number;
  readonly normed2: number;
  readonly gate: number;
  readonly up: number;
  readonly active: number;
}

const bytes = 4;

/** One worker's view of the model: shared weights, its own activations. */
export class Network {
  readonly #kernels: Kernels;
  readonly #shape: Shape;
  readonly #memory: WebAssembly.Memory;
  readonly #tensors: ReadonlyMap<string, Tensor>;
  readonly #weights: number;
  readonly #capacity: number;
  readonly #layers: readonly LayerMemory[];
  readonly #table: number;
  readonly #panel: number;
  readonly #tokens: number;
  readonly #targets: number;
  readonly #targetWeights: number;
  readonly #positions: number;
  readonly #final: number;
  readonly #finalNormed: number;
  readonly #finalReciprocal: number;
  readonly #logits: number;
  readonly #dx: number;
  readonly #dnormed: number;
  readonly #dwide: number;
  readonly #dq: number;
  readonly #dk: number;
  readonly #dv: number;
  readonly #scores: number;

  /**
   * @param weights address of the weights, in the order of `layOutTensors`.
   * @param capacity most tokens of one batch.
   * @param arena where activations are taken from.
   */
  constructor(
    kernels: Kernels,
    memory: WebAssembly.Memory,
    shape: Shape,
    weights: number,
    capacity: number,
    arena: Arena,
  ) {
    this.#kernels = kernels;
    this.#memory = memory;
    this.#shape = shape;
    this.#weights = weights;
    this.#capacity = capacity;
    this.#tensors = new Map(layOutTensors(shape).map((tensor) => [tensor.name, tensor]));
    const { width, hidden, heads } = shape;
    const rows = (columns: number) => arena.take(capacity * columns);
    const longest = Math.min(capacity, shape.context);
    const square = heads * capacity * (longest + 4);
    this.#layers = Array.from({ length: shape.layers }, () => ({
      x: rows(width),
      reciprocal1: rows(1),
      normed1: rows(width),
      q: rows(width),
      k: rows(width),
      v: rows(width),
      probabilities: arena.take(square),
      attended: rows(width),
      middle: rows(width),
      reciprocal2: rows(1),
      normed2: rows(width),
      gate: rows(hidden),
      up: rows(hidden),
      active: rows(hidden),
    }));
    this.#table = arena.take(longest * (width / heads));
    this.#panel = arena.take((Math.max(capacity, width, hidden, shape.vocabulary) + 1) * 8);
    this.#tokens = rows(1);
    this.#targets = rows(1);
    this.#targetWeights = rows(1);
    this.#positions = rows(1);
    this.#final = rows(width);
    this.#finalNormed = rows(width);
    this.#finalReciprocal = rows(1);
    this.#logits = rows(shape.vocabulary);
    this.#dx = rows(width);
    this.#dnormed = rows(width);
    this.#dwide = rows(hidden);
    this.#dq = rows(width);
    this.#dk = rows(width);
    this.#dv = rows(width);
    this.#scores = arena.take(32 * (longest + 4));
    this.#fillTable(longest);
  }

  #fillTable(positions: number): void {
    const headSize = this.#shape.width / this.#shape.heads;
    const table = new Float32Array(this.#memory.buffer, this.#table, positions * headSize);
    for (let position = 0; position < positions; position++) {
      for (let pair = 0; pair < headSize; pair += 2) {
        const angle = position * this.#shape.ropeBase ** (-pair / headSize);
        table[position * headSize + pair] = Math.cos(angle);
        table[position * headSize + pair + 1] = Math.sin(angle);
      }
    }
  }

  #weight(name: string): number {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) throw new RangeError(`The model has no tensor "${name}"`);
    return this.#weights + tensor.offset * bytes;
  }

  /** y[n×out] = x[n×in]·Wᵀ, or += . */
  #linear(x: number, w: number, y: number, n: number, inputs: number, outputs: number, add = false): void {
    this.#kernels.gemm(
      x,
      inputs * bytes,
      bytes,
      w,
      bytes,
      inputs * bytes,
      y,
      outputs * bytes,
      n,
      outputs,
      inputs,
      add,
      this.#panel,
    );
  }

  /** dx[n×in] = dy[n×out]·W, or += . */
  #linearInput(
    dy: number,
    w: number,
    dx: number,
    n: number,
    inputs: number,
    outputs: number,
    add: boolean,
  ): void {
    this.#kernels.gemm(
      dy,
      outputs * bytes,
      bytes,
      w,
      inputs * bytes,
      bytes,
      dx,
      inputs * bytes,
      n,
      inputs,
      outputs,
      add,
      this.#panel,
    );
  }

  /** dW[out×in] += dyᵀ·x. */
  #linearWeight(dy: number, x: number, dw: number, n: number, inputs: number, outputs: number): void {
    this.#kernels.gemm(
      dy,
      bytes,
      outputs * bytes,
      x,
      inputs * bytes,
      bytes,
      dw,
      inputs * bytes,
      outputs,
      inputs,
      n,
      true,
      this.#panel,
    );
  }

  /**
   * Mean loss of the batch; when `gradients` is given, the gradients (same layout as the weights) are added there.
   */
  run(batch: Batch, gradients?: number): number {
    const n = batch.tokens.length;
    if (n > this.#capacity) throw new RangeError(`Batch of ${n} tokens, capacity is ${this.#capacity}`);
    this.#load(batch);
    this.#forward(batch.lengths, n);
    const normaliser = batch.weights.reduce((sum, weight) => sum + weight, 0);
    const loss = this.#kernels.crossEntropy(
      this.#logits,
      this.#targets,
      this.#targetWeights,
      n,
      this.#shape.vocabulary,
      normaliser,
    );
    if (gradients !== undefined) this.#backward(batch.lengths, n, gradients);
    return loss;
  }

  #load(batch: Batch): void {
    const { buffer } = this.#memory;
    const n = batch.tokens.length;
    new Int32Array(buffer, this.#tokens, n).set(batch.tokens);
    new Int32Array(buffer, this.#targets, n).set(batch.targets);
    new Float32Array(buffer, this.#targetWeights, n).set(batch.weights);
    const positions = new Int32Array(buffer, this.#positions, n);
    let at = 0;
    for (const length of batch.lengths) {
      for (let position = 0; position < length; position++) positions[at++] = position;
    }
  }

  #forward(lengths: readonly number[], n: number): void {
    const kernels = this.#kernels;
    const { width, hidden, heads, epsilon, layers, vocabulary } = this.#shape;
    const headSize = width / heads;
    kernels.gather(this.#weight("token_embd.weight"), this.#tokens, this.#layers[0]?.x ?? 0, n, width);
    this.#layers.forEach((m, layer) => {
      const w = (name: string) => this.#weight(`blk.${layer}.${name}.weight`);
      kernels.rmsNorm(m.x, w("attn_norm"), m.normed1, m.reciprocal1, n, width, epsilon);
      this.#linear(m.normed1, w("attn_q"), m.q, n, width, width);
      this.#linear(m.normed1, w("attn_k"), m.k, n, width, width);
      this.#linear(m.normed1, w("attn_v"), m.v, n, width, width);
      kernels.rotate(m.q, this.#table, this.#positions, n, heads, headSize, 1);
      kernels.rotate(m.k, this.#table, this.#positions, n, heads, headSize, 1);
      this.#eachDocument(lengths, m.probabilities, (offset, length, probabilities) => {
        kernels.attention(
          m.q + offset,
          m.k + offset,
          m.v + offset,
          m.attended + offset,
          width * bytes,
          length,
          heads,
          headSize,
          probabilities,
          this.#panel,
        );
      });
      kernels.copy(m.middle, m.x, n * width);
      this.#linear(m.attended, w("attn_output"), m.middle, n, width, width, true);
      kernels.rmsNorm(m.middle, w("ffn_norm"), m.normed2, m.reciprocal2, n, width, epsilon);
      this.#linear(m.normed2, w("ffn_gate"), m.gate, n, width, hidden);
      this.#linear(m.normed2, w("ffn_up"), m.up, n, width, hidden);
      kernels.gatedUnit(m.gate, m.up, m.active, n * hidden);
      const next = layer + 1 < layers ? (this.#layers[layer + 1]?.x ?? 0) : this.#final;
      kernels.copy(next, m.middle, n * width);
      this.#linear(m.active, w("ffn_down"), next, n, hidden, width, true);
    });
    const gain = this.#weight("output_norm.weight");
    kernels.rmsNorm(this.#final, gain, this.#finalNormed, this.#finalReciprocal, n, width, epsilon);
    this.#linear(this.#finalNormed, this.#weight("token_embd.weight"), this.#logits, n, width, vocabulary);
  }

  #backward(lengths: readonly number[], n: number, gradients: number): void {
    const kernels = this.#kernels;
    const { width, vocabulary } = this.#shape;
    const gradient = (name: string) => this.#weight(name) - this.#weights + gradients;
    const embedding = this.#weight("token_embd.weight");
    const dembedding = gradient("token_embd.weight");
    this.#linearWeight(this.#logits, this.#finalNormed, dembedding, n, width, vocabulary);
    this.#linearInput(this.#logits, embedding, this.#dnormed, n, width, vocabulary, false);
    kernels.clear(this.#dx, n * width);
    kernels.rmsNormBackward(
      this.#final,
      this.#weight("output_norm.weight"),
      this.#finalReciprocal,
      this.#dnormed,
      this.#dx,
      gradient("output_norm.weight"),
      n,
      width,
    );
    for (let layer = this.#layers.length - 1; layer >= 0; layer--) {
      const m = this.#layers[layer] as LayerMemory;
      this.#feedForwardBackward(m, layer, n, gradient);
      this.#attentionBackward(m, layer, lengths, n, gradient);
    }
    kernels.scatterAdd(dembedding, this.#tokens, this.#dx, n, width);
  }

  #feedForwardBackward(m: LayerMemory, layer: number, n: number, gradient: (name: string) => number): void {
    const kernels = this.#kernels;
    const { width, hidden } = this.#shape;
    const w = (name: string) => this.#weight(`blk.${layer}.${name}.weight`);
    const dw = (name: string) => gradient(`blk.${layer}.${name}.weight`);
    this.#linearInput(this.#dx, w("ffn_down"), this.#dwide, n, hidden, width, false);
    this.#linearWeight(this.#dx, m.active, dw("ffn_down"), n, hidden, width);
    kernels.gatedUnitBackward(m.gate, m.up, this.#dwide, n * hidden);
    this.#linearWeight(m.gate, m.normed2, dw("ffn_gate"), n, width, hidden);
    this.#linearWeight(m.up, m.normed2, dw("ffn_up"), n, width, hidden);
    this.#linearInput(m.gate, w("ffn_gate"), this.#dnormed, n, width, hidden, false);
    this.#linearInput(m.up, w("ffn_up"), this.#dnormed, n, width, hidden, true);
    kernels.rmsNormBackward(
      m.middle,
      w("ffn_norm"),
      m.reciprocal2,
      this.#dnormed,
      this.#dx,
      dw("ffn_norm"),
      n,
      width,
    );
  }

  #attentionBackward(
    m: LayerMemory,
    layer: number,
    lengths: readonly number[],
    n: number,
    gradient: (name: string) => number,
  ): void {
    const kernels = this.#kernels;
    const { width, heads } = this.#shape;
    const headSize = width / heads;
    const w = (name: string) => this.#weight(`blk.${layer}.${name}.weight`);
    const dw = (name: string) => gradient(`blk.${layer}.${name}.weight`);
    // The gradient of the attention output takes the place of the normed rows' gradient for a moment.
    this.#linearInput(this.#dx, w("attn_output"), this.#dnormed, n, width, width, false);
    this.#linearWeight(this.#dx, m.attended, dw("attn_output"), n, width, width);
    for (const target of [this.#dq, this.#dk, this.#dv]) kernels.clear(target, n * width);
    this.#eachDocument(lengths, m.probabilities, (offset, length, probabilities) => {
      kernels.attentionBackward(
        m.q + offset,
        m.k + offset,
        m.v + offset,
        this.#dnormed + offset,
        this.#dq + offset,
        this.#dk + offset,
        this.#dv + offset,
        width * bytes,
        length,
        heads,
        headSize,
        probabilities,
        this.#scores,
        this.#panel,
      );
    });
    kernels.rotate(this.#dq, this.#table, this.#positions, n, heads, headSize, -1);
    kernels.rotate(this.#dk, this.#table, this.#positions, n, heads, headSize, -1);
    this.#linearWeight(this.#dq, m.normed1, dw("attn_q"), n, width, width);
    this.#linearWeight(this.#dk, m.normed1, dw("attn_k"), n, width, width);
    this.#linearWeight(this.#dv, m.normed1, dw("attn_v"), n, width, width);
    this.#linearInput(this.#dq, w("attn_q"), this.#dnormed, n, width, width, false);
    this.#linearInput(this.#dk, w("attn_k"), this.#dnormed, n, width, width, true);
    this.#linearInput(this.#dv, w("attn_v"), this.#dnormed, n, width, width, true);
    kernels.rmsNormBackward(
      m.x,
      w("attn_norm"),
      m.reciprocal1,
      this.#dnormed,
      this.#dx,
      dw("attn_norm"),
      n,
      width,
    );
  }

  /** Calls back per document with its byte offset in arrays of `width` columns and its part of the probabilities. */
  #eachDocument(
    lengths: readonly number[],
    probabilities: number,
    visit: (offset: number, length: number, probabilities: number) => void,
  ): void {
    let row = 0;
    let at = probabilities;
    for (const length of lengths) {
      visit(row * this.#shape.width * bytes, length, at);
      row += length;
      at += this.#shape.heads * length * ((length + 3) & ~3) * bytes;
    }
  }
}
