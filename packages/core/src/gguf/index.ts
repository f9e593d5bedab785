// Reading GGUF files: metadata and tensor infos. Tensor data is the engine's business.

export { type GgufFile, type GgufTensorInfo, type ReadGgufOptions, readGguf } from "./read-gguf.ts";
export { type GgufTensorType, ggufTensorTypes } from "./tensor-type.ts";
export type { GgufScalar, GgufValue } from "./value.ts";
