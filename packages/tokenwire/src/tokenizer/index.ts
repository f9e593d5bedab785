export { type BatchOptions, encodeBatchInWorkers } from "./encode-batch.ts";
export { type LoadTiktokenOptions, loadTiktoken } from "./load-tiktoken.ts";
