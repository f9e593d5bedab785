export type { Authenticate } from "./auth.ts";
export { FileMapCache } from "./codec/file-map-cache.ts";
export type { CodecOptions, VersionPolicyOptions } from "./codec/options.ts";
export type { FetchHandler } from "./fetch-handler.ts";
export { type ChoiceSink, type GenerationOptions, generateChoices, repeatPlan } from "./generate.ts";
export type { KeyLimitOptions } from "./key-limits.ts";
export { describeModel, type ServedModel } from "./models.ts";
export {
  type LimitOptions,
  type ModelOptions,
  type ServerOptions,
  type TimeoutOptions,
  toSettings,
} from "./options.ts";
export { createServer, type ServeOptions, type Server, serve } from "./serve.ts";
export type { TlsOptions } from "./tls.ts";
export type { ServerToolOptions } from "./tools/options.ts";
