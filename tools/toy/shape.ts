// The model's hyper-parameters and where each tensor lies in one flat array of weights.

export interface Shape {
  readonly vocabulary: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly hidden: number;
  readonly context: number;
  readonly epsilon: number;
  readonly ropeBase: number;
}

export type TensorKind = "embedding" | "matrix" | "norm";

export interface Tensor {
  /** Its name in a GGUF file. */
  readonly name: string;
  readonly kind: TensorKind;
  /** Rows of `columns` values; a norm has one row. */
  readonly rows: number;
  readonly columns: number;
  /** Index of the first value in the array of weights. */
  readonly offset: number;
}

/** All tensors in storage order, as in a GGUF file of architecture llama with tied embeddings. */
export function layOutTensors(shape: Shape): readonly Tensor[] {
  const tensors: Tensor[] = [];
  let offset = 0;
  const add = (name: string, kind: TensorKind, rows: number, columns: number): void => {
    tensors.push({ name, kind, rows, columns, offset });
    offset += rows * columns;
  };
  const { width, hidden } = shape;
  add("token_embd.weight", "embedding", shape.vocabulary, width);
  for (let layer = 0; layer < shape.layers; layer++) {
    const prefix = `blk.${layer}.`;
    add(`${prefix}attn_norm.weight`, "norm", 1, width);
    for (const name of ["attn_q", "attn_k", "attn_v", "attn_output"]) {
      add(`${prefix}${name}.weight`, "matrix", width, width);
    }
    add(`${prefix}ffn_norm.weight`, "norm", 1, width);
    add(`${prefix}ffn_gate.weight`, "matrix", hidden, width);
    add(`${prefix}ffn_up.weight`, "matrix", hidden, width);
    add(`${prefix}ffn_down.weight`, "matrix", width, hidden);
  }
  add("output_norm.weight", "norm", 1, width);
  return tensors;
}

/** Number of weights in all. */
export function countWeights(tensors: readonly Tensor[]): number {
  return tensors.reduce((sum, tensor) => sum + tensor.rows * tensor.columns, 0);
}
