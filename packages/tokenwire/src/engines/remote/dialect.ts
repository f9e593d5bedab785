// What differs between remote engines: how a request is written and how an answer is read. Everything else (HTTP,
// retries, several choices, cancelling, the order of events) is the same for all of them.

import type {
  Capabilities,
  EngineError,
  EngineInfo,
  EngineLoad,
  FinishReason,
  GenerateRequest,
  TokenId,
  TokenLogprob,
  Usage,
} from "../engine.ts";
import type { EngineHttpClient } from "./http-client.ts";
import type { RemoteEngineOptions } from "./options.ts";

/** What one event of the server says, in order. */
export type Piece =
  | {
      readonly type: "ids";
      readonly ids: readonly TokenId[];
      readonly logprobs?: readonly TokenLogprob[];
      readonly fidelity?: "repaired" | "retokenised";
    }
  | { readonly type: "text"; readonly text: string }
  | {
      readonly type: "finish";
      readonly reason: FinishReason;
      readonly matched?: TokenId | string;
      readonly error?: EngineError;
      readonly opaque?: Readonly<Record<string, unknown>>;
      /** Tokens that were generated and that the server keeps to itself. */
      readonly lost?: number;
    }
  | { readonly type: "usage"; readonly usage: Partial<Usage> };

/** Reads the events of one answer. `n` is always 1. */
export interface AnswerReader {
  /** A promise where the server has to be asked again before the event makes sense. */
  push(event: unknown): Piece[] | Promise<Piece[]>;
  /** The server closed the stream or sent its end marker. */
  end(): Piece[];
}

/** What the first event of an answer tells beside its first ids. */
export interface Opening {
  /** The server refuses the request, although it said at first that it would not. */
  readonly refusal?: EngineError;
  readonly promptLogprobs?: readonly (TokenLogprob | null)[];
}

/** For servers whose first event has to be read before an answer can start. */
export interface OpeningReader {
  /** Whether the answer to this request starts no sooner than its first event. */
  isAwaited(request: GenerateRequest): boolean;
  read(event: unknown): Opening;
}

/** For readers that ask the server again. */
export interface ReaderContext {
  readonly http: EngineHttpClient;
  readonly options: RemoteEngineOptions;
  readonly signal: AbortSignal;
  /** What the server said about the model, if it was asked. */
  readonly info: EngineInfo | undefined;
}

export interface Dialect {
  readonly kind: string;
  readonly capabilities: Capabilities;
  /** The server knows no stop ids: it is left when one of ours has come. */
  readonly ignoresStopIds?: boolean;
  readonly generatePath: string;
  readonly health: { readonly path: string; readonly timeout: number };
  /** Requests are written with what the server says about its model: it is asked before the first. */
  readonly needsInfo?: boolean;
  readonly opening?: OpeningReader;
  /** Ids of requests must not return: each attempt gets one of its own, which begins with the request's. */
  readonly freshIds?: boolean;
  /** The body of a request for one choice. Throws `EngineError("unsupported")` for what the engine cannot do. */
  toBody(request: GenerateRequest, model: string, info: EngineInfo | undefined): unknown;
  createReader(request: GenerateRequest, context: ReaderContext): AnswerReader;
  describe(http: EngineHttpClient, options: RemoteEngineOptions, signal?: AbortSignal): Promise<EngineInfo>;
  /** Tells the server to stop, where closing the connection is not enough. */
  abort?(http: EngineHttpClient, requestId: string): Promise<void>;
  /** How busy the server is, where it tells. */
  load?(http: EngineHttpClient, signal?: AbortSignal): Promise<EngineLoad>;
}
