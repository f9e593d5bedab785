export {
  type BalancedEngine,
  type BalancedEngineOptions,
  type BalancePolicy,
  type BalanceStatistics,
  type Capabilities,
  createBalancedEngine,
  createEngine,
  type Engine,
  EngineError,
  type EngineInfo,
  type EngineOptions,
  fromCumulativeText,
  type GenerateEvent,
  type GenerateRequest,
  listEngineKinds,
} from "./engines/index.ts";
export {
  createHarmonyProfile,
  type Derivation,
  type HarmonyProfileOptions,
  type HubOptions,
  type ResolvedProfile,
  type ResolveProfileOptions,
  resolveProfile,
} from "./profiles/index.ts";
export { ApiError, type ChatFormat, type ModelProfile } from "./protocol/index.ts";
export {
  type Authenticate,
  type CodecOptions,
  createServer,
  type FetchHandler,
  FileMapCache,
  type KeyLimitOptions,
  type LimitOptions,
  type ModelOptions,
  type ServeOptions,
  type Server,
  type ServerOptions,
  type ServerToolOptions,
  serve,
  type TimeoutOptions,
  type TlsOptions,
} from "./server/index.ts";
export {
  createMemoryStore,
  type MemoryStoreOptions,
  openPostgresStore,
  openSqliteStore,
  type PostgresStoreOptions,
  type ResponseStore,
  type SqliteStoreOptions,
} from "./store/index.ts";
export {
  type BatchOptions,
  encodeBatchInWorkers,
  type LoadTiktokenOptions,
  loadTiktoken,
} from "./tokenizer/index.ts";
