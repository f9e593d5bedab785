// What an operator can decide about a server, with the defaults. Every limit has a name; exceeding one names it.

import type { Logger } from "pino";
import type { Engine } from "../engines/index.ts";
import type { ModelProfile, ReasoningFields } from "../protocol/index.ts";
import type { ResponseStore } from "../store/index.ts";
import type { Authenticate } from "./auth.ts";
import type { CodecOptions } from "./codec/options.ts";
import type { KeyLimitOptions } from "./key-limits.ts";
import type { TracingOptions } from "./observability/tracing.ts";
import { type OriginRules, originRules } from "./origin.ts";
import type { TlsOptions } from "./tls.ts";
import type { ServerToolOptions } from "./tools/options.ts";

/** One model to serve: an engine and what the protocols must know about its model. */
export interface ModelOptions {
  readonly engine: Engine;
  /** Default: a profile built from what the engine says about its model. */
  readonly profile?: ModelProfile;
  /** Further names under which clients may ask for it. */
  readonly aliases?: readonly string[];
}

/** Milliseconds; 0 turns a limit off. */
export interface TimeoutOptions {
  /** Waiting for a free slot; 503 after it. Default 60 s. */
  readonly queue?: number;
  /** From the engine call to its first token. Default 300 s. */
  readonly firstToken?: number;
  /** Between two tokens. Default 60 s. */
  readonly betweenTokens?: number;
  /** A whole request. Default 1 h. */
  readonly total?: number;
  /** A reader that takes nothing for so long is disconnected. Default 60 s. */
  readonly stalledReader?: number;
  /** How long running requests may take to finish once the server closes. Default 30 s. */
  readonly drain?: number;
  /** How long a WebSocket may stay open. Default 1 h. */
  readonly socket?: number;
  /** Receiving a request, headers and body. Default 120 s. */
  readonly upload?: number;
}

export interface LimitOptions {
  /** Bytes of a request body. Default 32 MiB. */
  readonly body?: number;
  /** Nesting of a JSON body. Default 128. */
  readonly jsonDepth?: number;
  /** Requests that generate at the same time. Default 64. */
  readonly running?: number;
  /** Requests that wait for a slot; 429 above. Default 100. */
  readonly waiting?: number;
  /** Connections that are open at the same time; more are ended at once. Default 10,000. */
  readonly connections?: number;
  /** WebSockets that are open at the same time. Default 100. */
  readonly sockets?: number;
  /** Choices per request. Default 128. */
  readonly n?: number;
}

export interface ServerOptions {
  readonly models: readonly ModelOptions[];
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 8000; 0 takes any free port. */
  readonly port?: number;
  /** Speak HTTPS with this certificate. Default: plain HTTP. */
  readonly tls?: TlsOptions;
  /**
   * Whose `X-Tokenwire-Routing-Key` and `X-Tokenwire-Target-Worker` decide which of several engines answers: of clients
   * that have shown a key or a certificate, of all, or of none; the others' are ignored. Default `authenticated`.
   */
  readonly routingHeaders?: "authenticated" | "all" | "none";
  /** When given, every route but health and readiness needs one of them. `sha256:` and 64 digits stand for a key. */
  readonly apiKeys?: readonly string[];
  /** Finds who a request comes from where no key matches, as for tokens of an identity provider. */
  readonly authenticate?: Authenticate;
  /** Serve `/metrics` on this port of the same address too, without a key. Default: only on the main port, with one. */
  readonly metricsPort?: number;
  /** Count under the names of another server too. */
  readonly metricsCompat?: "vllm";
  /** Origins whose pages may read answers, or `["*"]`. Default: none. */
  readonly corsOrigins?: readonly string[];
  /** Further names under which a server on this machine's own address may be asked, as behind a proxy. */
  readonly allowedHosts?: readonly string[];
  readonly limits?: LimitOptions;
  readonly timeouts?: TimeoutOptions;
  /** What each API key may ask. Default: no limit. */
  readonly keyLimits?: KeyLimitOptions;
  /** Milliseconds that text of a stream may wait for more, so that a chunk holds several tokens. Default 0: none waits. */
  readonly coalesceMs?: number;
  /** Silence on a stream after which a comment is sent, in milliseconds. Default 15 s; 0: never. */
  readonly keepAlive?: number;
  /** Which reasoning fields chat completions carry. Default `both`. */
  readonly reasoningFields?: ReasoningFields;
  /** Error bodies in OpenAI's shape, or in those of SMG. Default `openai`. */
  readonly errorDialect?: "openai" | "smg";
  /** Refuse unknown fields by name instead of ignoring them. Default false. */
  readonly strict?: boolean;
  /** Answer requests for any model name with the first model. Default false. */
  readonly anyModel?: boolean;
  /** The date harmony models are told, `YYYY-MM-DD`; `"today"`, or `"none"`. Default `"today"`. */
  readonly currentDate?: string;
  /** Tools that run inside `/v1/responses`, and MCP servers for chat completions. Default: none. */
  readonly tools?: ServerToolOptions;
  /** Binary answers and the discovery of dialect maps. */
  readonly codec?: CodecOptions;
  /** Where responses and conversations are kept; the caller closes it. Default: in memory, closed with the server. */
  readonly store?: ResponseStore;
  /** Default: no log. */
  readonly logger?: Logger;
  /** Log what was asked and answered, with each request. Default false: neither prompts nor answers are logged. */
  readonly logContent?: boolean;
  /** OpenTelemetry. Default: on where the program has registered a provider when the server is made. */
  readonly tracing?: TracingOptions | false;
}

/** The options with every default filled in. */
export interface ServerSettings {
  readonly limits: Required<LimitOptions>;
  readonly timeouts: Required<TimeoutOptions>;
  readonly keyLimits: KeyLimitOptions;
  readonly coalesceMs: number;
  readonly keepAlive: number;
  readonly reasoningFields: ReasoningFields;
  readonly errorDialect: "openai" | "smg";
  readonly strict: boolean;
  readonly anyModel: boolean;
  readonly currentDate: string;
  readonly logContent: boolean;
  readonly origins: OriginRules;
  /** Clients may say which of several engines answers. */
  readonly hearsRouting: boolean;
}

export function toSettings(options: Omit<ServerOptions, "models">): ServerSettings {
  return {
    limits: {
      body: 32 * 1024 * 1024,
      jsonDepth: 128,
      running: 64,
      waiting: 100,
      connections: 10_000,
      sockets: 100,
      n: 128,
      ...options.limits,
    },
    timeouts: {
      queue: 60_000,
      firstToken: 300_000,
      betweenTokens: 60_000,
      total: 3_600_000,
      stalledReader: 60_000,
      drain: 30_000,
      socket: 3_600_000,
      upload: 120_000,
      ...options.timeouts,
    },
    keyLimits: options.keyLimits ?? {},
    coalesceMs: options.coalesceMs ?? 0,
    keepAlive: options.keepAlive ?? 15_000,
    reasoningFields: options.reasoningFields ?? "both",
    errorDialect: options.errorDialect ?? "openai",
    strict: options.strict ?? false,
    anyModel: options.anyModel ?? false,
    currentDate: options.currentDate ?? "today",
    logContent: options.logContent ?? false,
    hearsRouting: hearsRouting(options),
    origins: originRules(options.host ?? "127.0.0.1", options.corsOrigins ?? [], options.allowedHosts ?? []),
  };
}

function hearsRouting({
  routingHeaders = "authenticated",
  apiKeys = [],
  authenticate,
  tls,
}: Omit<ServerOptions, "models">): boolean {
  if (routingHeaders !== "authenticated") return routingHeaders === "all";
  return apiKeys.length > 0 || authenticate !== undefined || tls?.clientCa !== undefined;
}
