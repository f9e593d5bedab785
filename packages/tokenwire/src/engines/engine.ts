// The contract between tokenwire and whatever continues a token sequence: in process or behind a URL.
// Invariants I1 to I14 are in docs/4-internals/engine-contract.md and are checked by the conformance kit.

import type { OutputConstraint, SamplingParameters } from "../protocol/index.ts";

/** One decoding engine = one model behind one endpoint, in process or remote. */
export type TokenId = number;

export type Constraint = OutputConstraint;

export interface Sampling extends SamplingParameters {
  allowedTokenIds?: readonly TokenId[];
}

/** Where a request should go, where there are several engines. */
export interface Routing {
  /** Requests with the same one go to the same engine while it is not much busier than the others. */
  sessionId?: string;
  /** On whose behalf, for policies that go by a key and find no session. */
  userId?: string;
  /** The engine to ask, by the balancer's name of it, and no other. */
  worker?: string;
  prefixBlocks?: { size: number; hashes: readonly bigint[] };
}

export interface GenerateRequest {
  requestId: string; // minted by the caller; becomes rid / request_id so abort can name it
  /** exactly what the engine must prefill; never re-tokenised on the way */
  prompt: { tokenIds: Uint32Array } | { text: string };
  sampling: Sampling;
  /** strings are a hint only: the layer above re-checks them */
  stop?: { tokenIds?: readonly TokenId[]; strings?: readonly string[] };
  constraint?: Constraint;
  logprobs?: { top: number; prompt?: boolean };
  n?: number;
  priority?: number;
  cacheSalt?: string;
  lora?: string;
  /** routing hints; opaque to the engine, read by the balancer */
  routing?: Routing;
  multimodal?: unknown; // passed through; shape belongs to the engine
  /** for engines behind HTTP: sent along with the request, as W3C trace context is */
  headers?: Readonly<Record<string, string>>;
  /** e.g. kv_transfer_params: forwarded verbatim, never interpreted */
  opaque?: Readonly<Record<string, unknown>>;
}

export interface TokenLogprob {
  id: TokenId;
  logprob: number;
  top?: readonly { id: TokenId; logprob: number }[];
}
export interface Usage {
  promptTokens: number;
  completionTokens: number;
  cachedTokens?: number;
  reasoningTokens?: number;
}
export type FinishReason = "stop" | "length" | "abort" | "error" | "repetition";

export type GenerateEvent =
  | {
      type: "start";
      promptTokens?: number;
      cachedTokens?: number;
      promptLogprobs?: readonly (TokenLogprob | null)[];
    }
  /** deltas, in order, INCLUDING the stop/EOS token when one was sampled */
  | {
      type: "delta";
      index: number;
      tokenIds: readonly TokenId[];
      logprobs?: readonly TokenLogprob[];
      /** set when the ids were not given verbatim by the engine */
      fidelity?: "repaired" | "retokenised";
    }
  /** text-only engines; the layer above tokenises for itself */
  | { type: "text"; index: number; text: string }
  | {
      type: "finish";
      index: number;
      reason: FinishReason;
      matched?: TokenId | string;
      usage?: Usage;
      error?: EngineError;
      opaque?: Readonly<Record<string, unknown>>;
    };

export type EngineErrorCode =
  | "invalid_request"
  | "context_length"
  | "overloaded"
  | "unavailable"
  | "timeout"
  | "internal"
  | "unsupported";

export interface EngineErrorOptions {
  readonly status?: number;
  readonly retryable?: boolean;
  readonly retryAfterMs?: number;
  readonly about?: "constraint" | "lora" | "worker";
  readonly cause?: unknown;
}

export class EngineError extends Error {
  readonly code: EngineErrorCode;
  readonly status: number | undefined;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  /** The part of the request that it is about. */
  readonly about: "constraint" | "lora" | "worker" | undefined;
  constructor(code: EngineErrorCode, message: string, options: EngineErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = "EngineError";
    this.code = code;
    this.status = options.status;
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs;
    this.about = options.about;
  }
}

export interface Capabilities {
  input: "tokens" | "text" | "both";
  output: "tokens" | "text"; // "text" => the layer above re-tokenises
  streaming: boolean;
  cancel: "signal" | "disconnect" | "request-id" | "none";
  logprobs: { maxTop: number; prompt: boolean };
  constraints: readonly Constraint["kind"][]; // [] and logitsAccess => in-process xgrammar
  logitsAccess: boolean; // a per-step token bitmask can be applied
  seed: boolean;
  n: boolean;
  logitBias: boolean;
  stopTokenIds: boolean;
  stopStrings: boolean;
  embeddings: boolean;
  prefixCache: boolean;
  kvEvents: boolean;
}

export interface EngineInfo {
  engine: string;
  version?: string;
  model: string;
  servedNames: readonly string[];
  maxContext: number;
  vocabSize?: number;
  eosTokenIds: readonly TokenId[];
  bosTokenId?: TokenId;
  defaultSampling?: Partial<Sampling>;
  kvBlockSize?: number;
  capabilities: Capabilities;
}

export interface EngineLoad {
  running: number;
  waiting: number;
  usedTokens?: number;
  maxTokens?: number;
  kvUsage?: number;
  cacheHitRate?: number;
}

export interface Engine {
  readonly id: string;
  info(signal?: AbortSignal): Promise<EngineInfo>;
  health(signal?: AbortSignal): Promise<{ ok: boolean; detail?: string }>;
  generate(request: GenerateRequest, signal?: AbortSignal): AsyncIterable<GenerateEvent>;
  embed?(
    request: { requestId: string; inputs: readonly Uint32Array[] },
    signal?: AbortSignal,
  ): Promise<{ vectors: Float32Array[]; usage: Usage }>;
  load?(signal?: AbortSignal): Promise<EngineLoad>;
  /** raw tokenizer files from the engine host (gRPC GetTokenizer, GGUF header) */
  tokenizerArtifacts?(signal?: AbortSignal): Promise<{ files: Map<string, Uint8Array>; sha256?: string }>;
  kvEvents?(signal?: AbortSignal): AsyncIterable<unknown>;
  close(): Promise<void>;
}
