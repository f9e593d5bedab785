// The trainer's WebAssembly module: every numeric loop of the forward pass, the backward pass and the optimiser.

export { attention, attentionBackward } from "./attention";
export { gemm } from "./gemm";
export {
  crossEntropy,
  gatedUnit,
  gatedUnitBackward,
  gather,
  rmsNorm,
  rmsNormBackward,
  rotate,
  scatterAdd,
} from "./layers";
export { adamW, addScaled, blend, clear, copy, sumOfSquares, transpose } from "./update";
