// What answers requests at the other end, whatever the transport: HTTP in the dialect of an engine, or gRPC.

import type { Capabilities, Engine, EngineInfo, GenerateRequest } from "../engine.ts";
import type { AnswerReader, OpeningReader } from "./dialect.ts";
import type { StreamedEvent } from "./event-reader.ts";

export interface Upstream
  extends Pick<Engine, "health" | "load" | "embed" | "tokenizerArtifacts" | "kvEvents"> {
  readonly kind: string;
  readonly capabilities: Capabilities;
  /** The server knows no stop ids: it is left when one of ours has come. */
  readonly ignoresStopIds?: boolean;
  /** What the server says about its model has to be known before the first request. */
  readonly needsInfo?: boolean;
  readonly opening?: OpeningReader | undefined;
  /** Ids of requests must not return: each attempt gets one of its own, which begins with the request's. */
  readonly freshIds?: boolean;
  describe(signal?: AbortSignal): Promise<EngineInfo>;
  /**
   * Sends a request for one choice. Resolves with the answer's events once the server has accepted it; ending the
   * iterator early frees the connection. Throws `EngineError`.
   */
  open(
    request: GenerateRequest,
    model: string,
    signal: AbortSignal,
    info: EngineInfo | undefined,
  ): Promise<AsyncGenerator<StreamedEvent, void>>;
  createReader(request: GenerateRequest, signal: AbortSignal, info: EngineInfo | undefined): AnswerReader;
  /** Tells the server to stop, where leaving is not enough. */
  abort?(requestId: string): Promise<void>;
  close(): void;
}
