export type { ChatQuery, ChatStore, StoredChat, StoredCompletion, StoredMessage } from "./chats.ts";
export type { Claimed, Claims } from "./claims.ts";
export type { LeasedResponse, ResponseLeases } from "./leases.ts";
export { createMemoryStore, type MemoryStoreOptions } from "./memory.ts";
export { openPostgresStore, type PostgresStoreOptions } from "./postgres.ts";
export { openSqliteStore, type SqliteStoreOptions } from "./sqlite.ts";
export {
  type Page,
  type PageRequest,
  pageOf,
  type ResponseStore,
  type StoredConversation,
  type StoredResponse,
} from "./store.ts";
