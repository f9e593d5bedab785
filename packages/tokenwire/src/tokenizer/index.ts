export { type BatchOptions, encodeBatchInWorkers } from "./encode-batch.ts";
export { type EncodeInTurnsOptions, encodeInTurns } from "./encode-in-turns.ts";
export { type LoadTiktokenOptions, loadTiktoken } from "./load-tiktoken.ts";
