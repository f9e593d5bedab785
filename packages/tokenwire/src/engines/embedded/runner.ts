// The forward pass of a llama-architecture transformer: blocks of tokens in, logits or hidden states of the last one
// out. Rotary embedding turns neighbouring pairs (2i, 2i+1) of each head, as llama.cpp does for this architecture.

import { KeyValueCache } from "./key-value-cache.ts";
import { createMatrixBackend, type Matrix, type MatrixBackend, maximumVectors } from "./matrix.ts";
import type { LlamaModel, LlamaShape } from "./model.ts";

interface Layer {
  readonly attentionNorm: Float32Array;
  readonly query: Matrix;
  readonly key: Matrix;
  readonly value: Matrix;
  readonly attentionOutput: Matrix;
  readonly feedForwardNorm: Float32Array;
  readonly gate: Matrix;
  readonly up: Matrix;
  readonly down: Matrix;
}

/** Runs one model. Holds no state of sequences: that is in their `KeyValueCache`. */
export class Runner {
  readonly shape: LlamaShape;
  readonly backend: MatrixBackend["name"];
  readonly #embedding: Float32Array;
  readonly #layers: readonly Layer[];
  readonly #outputNorm: Float32Array;
  readonly #output: Matrix;
  readonly #rotation: Rotation;
  readonly #x: Float32Array;
  readonly #normed: Float32Array;
  readonly #q: Float32Array;
  readonly #attended: Float32Array;
  readonly #gate: Float32Array;
  readonly #up: Float32Array;
  readonly #scores: Float32Array;

  constructor(model: LlamaModel, backend: MatrixBackend = createMatrixBackend()) {
    const { shape } = model;
    const { width, hidden, vocabulary } = shape;
    const keyWidth = (width / shape.heads) * shape.keyHeads;
    this.shape = shape;
    this.backend = backend.name;
    this.#embedding = model.embedding;
    this.#layers = model.layers.map((layer) => ({
      attentionNorm: layer.attentionNorm,
      query: backend.create(layer.query, width, width),
      key: backend.create(layer.key, width, keyWidth),
      value: backend.create(layer.value, width, keyWidth),
      attentionOutput: backend.create(layer.attentionOutput, width, width),
      feedForwardNorm: layer.feedForwardNorm,
      gate: backend.create(layer.gate, width, hidden),
      up: backend.create(layer.up, width, hidden),
      down: backend.create(layer.down, hidden, width),
    }));
    this.#outputNorm = model.outputNorm;
    this.#output = backend.create(model.output, width, vocabulary);
    this.#rotation = new Rotation(width / shape.heads, shape.ropeBase);
    const block = (columns: number) => new Float32Array(maximumVectors * columns);
    this.#x = block(width);
    this.#normed = block(width);
    this.#q = block(width);
    this.#attended = block(width);
    this.#gate = block(hidden);
    this.#up = block(hidden);
    this.#scores = new Float32Array(shape.context);
  }

  /** An empty cache for a new sequence. */
  createCache(): KeyValueCache {
    const keyWidth = (this.shape.width / this.shape.heads) * this.shape.keyHeads;
    return new KeyValueCache(this.shape.layers, keyWidth);
  }

  /**
   * Evaluates up to `maximumVectors` tokens that follow those in the cache, and adds them to it.
   *
   * @param logits filled with the logits after the last token; leave it out where they are not needed.
   */
  evaluate(tokens: ArrayLike<number>, cache: KeyValueCache, logits?: Float32Array): void {
    const count = tokens.length;
    const { width } = this.shape;
    if (count < 1 || count > maximumVectors) throw new RangeError(`Cannot evaluate ${count} tokens at once`);
    this.#embed(tokens);
    this.#layers.forEach((layer, index) => {
      this.#attend(layer, index, cache, count);
      this.#feedForward(layer, count);
    });
    cache.length += count;
    if (logits === undefined) return;
    const last = this.#x.subarray((count - 1) * width, count * width);
    normalise(last, this.#outputNorm, this.#normed, 1, width, this.shape.epsilon);
    this.#output.multiply(this.#normed, logits, 1);
  }

  /** Adds the final hidden states of the tokens last evaluated to `sum`. */
  addHiddenStates(count: number, sum: Float64Array): void {
    const { width } = this.shape;
    normalise(this.#x, this.#outputNorm, this.#normed, count, width, this.shape.epsilon);
    for (let i = 0; i < count * width; i++) {
      sum[i % width] = (sum[i % width] as number) + (this.#normed[i] as number);
    }
  }

  #embed(tokens: ArrayLike<number>): void {
    const { width, vocabulary } = this.shape;
    for (let i = 0; i < tokens.length; i++) {
      const token = tokens[i] as number;
      if (!(token >= 0 && token < vocabulary)) throw new RangeError(`Token ${token} is not in the model`);
      this.#x.set(this.#embedding.subarray(token * width, (token + 1) * width), i * width);
    }
  }

  #attend(layer: Layer, index: number, cache: KeyValueCache, count: number): void {
    const { width, heads, keyHeads, epsilon } = this.shape;
    const headSize = width / heads;
    const keyWidth = headSize * keyHeads;
    const { keys, values } = cache.room(index, count);
    const newKeys = keys.subarray(cache.length * keyWidth);
    normalise(this.#x, layer.attentionNorm, this.#normed, count, width, epsilon);
    layer.query.multiply(this.#normed, this.#q, count);
    layer.key.multiply(this.#normed, newKeys, count);
    layer.value.multiply(this.#normed, values.subarray(cache.length * keyWidth), count);
    this.#rotation.apply(this.#q, count, heads, cache.length);
    this.#rotation.apply(newKeys, count, keyHeads, cache.length);
    for (let i = 0; i < count; i++) {
      for (let head = 0; head < heads; head++) {
        const keyOffset = Math.floor((head * keyHeads) / heads) * headSize;
        this.#attendHead(i, head, keys, values, keyOffset, cache.length + i + 1);
      }
    }
    layer.attentionOutput.multiply(this.#attended, this.#x, count, true);
  }

  /** softmax(q·k/√d)·v of one head of token `row` over the first `visible` positions. */
  #attendHead(
    row: number,
    head: number,
    keys: Float32Array,
    values: Float32Array,
    keyOffset: number,
    visible: number,
  ): void {
    const { width, heads, keyHeads } = this.shape;
    const size = width / heads;
    const keyWidth = size * keyHeads;
    const scores = this.#scores;
    const q = this.#q;
    const out = this.#attended;
    const at = row * width + head * size;
    const scale = 1 / Math.sqrt(size);
    let top = Number.NEGATIVE_INFINITY;
    for (let position = 0; position < visible; position++) {
      let score = 0;
      for (let d = 0, a = at, b = position * keyWidth + keyOffset; d < size; d++, a++, b++) {
        score += (q[a] as number) * (keys[b] as number);
      }
      score *= scale;
      scores[position] = score;
      if (score > top) top = score;
    }
    out.fill(0, at, at + size);
    let total = 0;
    for (let position = 0; position < visible; position++) {
      const weight = Math.exp((scores[position] as number) - top);
      total += weight;
      for (let d = 0, a = at, b = position * keyWidth + keyOffset; d < size; d++, a++, b++) {
        out[a] = (out[a] as number) + weight * (values[b] as number);
      }
    }
    for (let d = at; d < at + size; d++) out[d] = (out[d] as number) / total;
  }

  #feedForward(layer: Layer, count: number): void {
    const { width, hidden, epsilon } = this.shape;
    normalise(this.#x, layer.feedForwardNorm, this.#normed, count, width, epsilon);
    layer.gate.multiply(this.#normed, this.#gate, count);
    layer.up.multiply(this.#normed, this.#up, count);
    const gate = this.#gate;
    for (let i = 0; i < count * hidden; i++) {
      const z = gate[i] as number;
      gate[i] = (z / (1 + Math.exp(-z))) * (this.#up[i] as number);
    }
    layer.down.multiply(gate, this.#x, count, true);
  }
}

/** y = x / sqrt(mean(x²) + ε) · gain, row by row. */
function normalise(
  x: Float32Array,
  gain: Float32Array,
  y: Float32Array,
  rows: number,
  width: number,
  epsilon: number,
): void {
  for (let row = 0; row < rows; row++) {
    const start = row * width;
    let sum = 0;
    for (let i = start; i < start + width; i++) sum += (x[i] as number) ** 2;
    const scale = 1 / Math.sqrt(sum / width + epsilon);
    for (let i = 0; i < width; i++) y[start + i] = (x[start + i] as number) * scale * (gain[i] as number);
  }
}

/** Rotary position embedding with a table that grows as positions are reached. */
class Rotation {
  readonly #size: number;
  readonly #base: number;
  #table = new Float32Array(0);
  #positions = 0;

  constructor(size: number, base: number) {
    this.#size = size;
    this.#base = base;
  }

  /** Rotates `count` vectors of `heads` heads at positions `first`, `first` + 1, … */
  apply(x: Float32Array, count: number, heads: number, first: number): void {
    this.#prepare(first + count);
    const size = this.#size;
    for (let i = 0; i < count; i++) {
      const line = (first + i) * size;
      for (let head = 0; head < heads; head++) {
        const at = (i * heads + head) * size;
        for (let d = 0; d < size; d += 2) {
          const cos = this.#table[line + d] as number;
          const sin = this.#table[line + d + 1] as number;
          const a = x[at + d] as number;
          const b = x[at + d + 1] as number;
          x[at + d] = a * cos - b * sin;
          x[at + d + 1] = a * sin + b * cos;
        }
      }
    }
  }

  #prepare(positions: number): void {
    if (positions <= this.#positions) return;
    const size = this.#size;
    const total = Math.max(positions, 2 * this.#positions, 256);
    this.#table = new Float32Array(total * size);
    for (let position = 0; position < total; position++) {
      for (let d = 0; d < size; d += 2) {
        const angle = position * this.#base ** (-d / size);
        this.#table[position * size + d] = Math.cos(angle);
        this.#table[position * size + d + 1] = Math.sin(angle);
      }
    }
    this.#positions = total;
  }
}
