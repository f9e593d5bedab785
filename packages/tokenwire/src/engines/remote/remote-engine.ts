// An engine behind HTTP, whatever its dialect: one start, deltas, one finish per choice; retries only before the first
// token; nothing read while nobody pulls; the connection closed when the consumer leaves.

import {
  type Engine,
  EngineError,
  type EngineInfo,
  type FinishReason,
  type GenerateEvent,
  type GenerateRequest,
  type TokenId,
  type Usage,
} from "../engine.ts";
import type { Dialect, Piece } from "./dialect.ts";
import { connectionError, streamError } from "./error-mapping.ts";
import { readEvents } from "./event-reader.ts";
import { EngineHttpClient } from "./http-client.ts";
import type { RemoteEngineOptions } from "./options.ts";

const retryBase = 100;
const maxRetryPause = 5_000;

export function createRemoteEngine(dialect: Dialect, options: RemoteEngineOptions): Engine {
  return new RemoteEngine(dialect, options);
}

class RemoteEngine implements Engine {
  readonly id: string;
  readonly #dialect: Dialect;
  readonly #options: RemoteEngineOptions;
  readonly #http: EngineHttpClient;
  #info: Promise<EngineInfo> | undefined;

  constructor(dialect: Dialect, options: RemoteEngineOptions) {
    this.id = options.id ?? dialect.kind;
    this.#dialect = dialect;
    this.#options = options;
    this.#http = new EngineHttpClient(dialect.kind, options);
  }

  info(signal?: AbortSignal): Promise<EngineInfo> {
    this.#info ??= this.#dialect.describe(this.#http, this.#options, signal).catch((error: unknown) => {
      // Asked again next time: the server may only be starting.
      this.#info = undefined;
      throw error;
    });
    return this.#info;
  }

  health(signal?: AbortSignal): Promise<{ ok: boolean; detail?: string }> {
    const { path, timeout } = this.#dialect.health;
    return this.#http.isOk(path, timeout, signal);
  }

  async *generate(request: GenerateRequest, signal?: AbortSignal): AsyncGenerator<GenerateEvent, void> {
    this.#check(request);
    signal?.throwIfAborted();
    const model = this.#options.model ?? (await this.info(signal)).model;
    const count = request.n ?? 1;
    const choices = Array.from({ length: count }, (_, index) => {
      const single = count === 1 ? request : fanOut(request, index);
      return new Choice(this.#dialect, this.#http, single, model, index, signal);
    });
    try {
      // The first answer decides whether there is a start at all.
      await Promise.all(choices.map((choice) => choice.open(this.#options.retries ?? 2)));
      yield { type: "start" };
      yield* merge(choices.map((choice) => choice.events()));
    } finally {
      await Promise.all(choices.map((choice) => choice.close()));
    }
  }

  async close(): Promise<void> {
    this.#http.close();
  }

  #check(request: GenerateRequest): void {
    const { capabilities, kind } = this.#dialect;
    if (!("tokenIds" in request.prompt) && capabilities.input === "tokens") {
      throw new EngineError("unsupported", `${kind} takes token IDs, not text.`);
    }
    if ("tokenIds" in request.prompt && capabilities.input === "text") {
      throw new EngineError("unsupported", `${kind} takes text, not token IDs.`);
    }
    const { constraint } = request;
    if (constraint !== undefined && !capabilities.constraints.includes(constraint.kind)) {
      throw new EngineError("unsupported", `${kind} cannot constrain its output to ${constraint.kind}.`);
    }
    if (request.logprobs !== undefined && request.logprobs.top > capabilities.logprobs.maxTop) {
      throw new EngineError(
        "unsupported",
        `${kind} gives at most ${capabilities.logprobs.maxTop} top logprobs.`,
      );
    }
  }
}

function fanOut(request: GenerateRequest, index: number): GenerateRequest {
  const { seed } = request.sampling;
  const sampling = seed === undefined ? request.sampling : { ...request.sampling, seed: seed + index };
  const { n: _, ...rest } = request;
  return { ...rest, requestId: `${request.requestId}-${index}`, sampling };
}

/** One choice: one HTTP request. */
class Choice {
  readonly #dialect: Dialect;
  readonly #http: EngineHttpClient;
  readonly #request: GenerateRequest;
  readonly #model: string;
  readonly #index: number;
  readonly #caller: AbortSignal | undefined;
  readonly #controller = new AbortController();
  readonly #usage: { -readonly [Key in keyof Usage]?: Usage[Key] } = {};
  #stream: AsyncGenerator<unknown> | undefined;
  #count = 0;
  #lastId: TokenId | undefined;
  #finished = false;
  #opened = false;

  constructor(
    dialect: Dialect,
    http: EngineHttpClient,
    request: GenerateRequest,
    model: string,
    index: number,
    signal: AbortSignal | undefined,
  ) {
    this.#dialect = dialect;
    this.#http = http;
    this.#request = request;
    this.#model = model;
    this.#index = index;
    this.#caller = signal;
    signal?.addEventListener("abort", this.#abort, { once: true });
  }

  readonly #abort = (): void => this.#controller.abort();

  /** Connects; failures that may pass are tried again, for no token has come yet. */
  async open(retries: number): Promise<void> {
    const body = this.#dialect.toBody(this.#request, this.#model);
    for (let attempt = 0; ; attempt += 1) {
      try {
        const response = await this.#http.open(this.#dialect.generatePath, {
          body,
          requestId: this.#request.requestId,
          signal: this.#controller.signal,
        });
        this.#stream = readEvents(this.#dialect.kind, response);
        this.#opened = true;
        return;
      } catch (error) {
        this.#caller?.throwIfAborted();
        const failure = connectionError(this.#dialect.kind, error);
        if (!failure.retryable || attempt >= retries) throw failure;
        const backoff = retryBase * 2 ** attempt * (0.5 + Math.random());
        await new Promise((resolve) =>
          setTimeout(resolve, Math.min(maxRetryPause, failure.retryAfterMs ?? backoff)),
        );
      }
    }
  }

  async *events(): AsyncGenerator<GenerateEvent, void> {
    const reader = this.#dialect.createReader(this.#request);
    try {
      for await (const event of this.#stream as AsyncIterable<{ done: boolean; value?: unknown }>) {
        if (event.done) break;
        const failure = streamError(this.#dialect.kind, event.value);
        if (failure !== undefined) return yield this.#finish("error", { error: failure });
        for (const piece of reader.push(event.value)) yield* this.#emit(piece);
        if (this.#finished && !this.#awaitsUsage()) break;
      }
      for (const piece of reader.end()) yield* this.#emit(piece);
    } catch (error) {
      if (this.#caller?.aborted || this.#controller.signal.aborted) return yield this.#finish("abort");
      return yield this.#finish("error", { error: connectionError(this.#dialect.kind, error) });
    }
    yield this.#finish(this.#pending.reason ?? this.#guessReason(), this.#pending);
  }

  /** Ends the server's work unless it has ended by itself. */
  async close(): Promise<void> {
    this.#caller?.removeEventListener("abort", this.#abort);
    if (!this.#opened || this.#settled) return;
    this.#controller.abort();
    await this.#stream?.return(undefined).catch(() => undefined);
    await this.#dialect.abort?.(this.#http, this.#request.requestId).catch(() => undefined);
  }

  #pending: { reason?: FinishReason; matched?: TokenId | string; error?: EngineError } = {};
  #settled = false;

  *#emit(piece: Piece): Generator<GenerateEvent, void> {
    if (piece.type === "usage") Object.assign(this.#usage, piece.usage);
    else if (piece.type === "finish") this.#finishWith(piece);
    else if (this.#finished) return;
    else if (piece.type === "text") yield { type: "text", index: this.#index, text: piece.text };
    else yield* this.#emitIds(piece);
  }

  *#emitIds(piece: Piece & { type: "ids" }): Generator<GenerateEvent, void> {
    // Watched here too: not every engine knows stop ids, and none may run past ours.
    const stop = this.#request.stop?.tokenIds ?? [];
    const end = piece.ids.findIndex((id) => stop.includes(id));
    const ids = end === -1 ? piece.ids : piece.ids.slice(0, end + 1);
    if (ids.length > 0) {
      this.#count += ids.length;
      this.#lastId = ids.at(-1);
      const { fidelity } = piece;
      const logprobs = piece.logprobs?.slice(0, ids.length);
      yield {
        type: "delta",
        index: this.#index,
        tokenIds: ids,
        ...(logprobs?.length === ids.length && { logprobs }),
        ...(fidelity && { fidelity }),
      };
    }
    if (end !== -1) this.#finishWith({ reason: "stop", matched: piece.ids[end]! });
  }

  #finishWith({
    reason,
    matched,
    error,
  }: {
    reason: FinishReason;
    matched?: TokenId | string;
    error?: EngineError;
  }): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#pending = { reason, ...(matched !== undefined && { matched }), ...(error && { error }) };
  }

  /** Usage comes after the finish in some dialects; a stop that we found ourselves is not worth the wait. */
  #awaitsUsage(): boolean {
    return (
      this.#pending.matched === undefined ||
      !this.#request.stop?.tokenIds?.includes(this.#pending.matched as TokenId)
    );
  }

  /** Some servers drop the last event, and the reason with it. */
  #guessReason(): FinishReason {
    const { stop, sampling } = this.#request;
    if (this.#lastId !== undefined && stop?.tokenIds?.includes(this.#lastId)) return "stop";
    return this.#count >= sampling.maxTokens && this.#count > 0 ? "length" : "error";
  }

  #finish(
    reason: FinishReason,
    details: { matched?: TokenId | string; error?: EngineError } = {},
  ): GenerateEvent {
    this.#settled = reason !== "abort";
    const matched = details.matched ?? (reason === "stop" ? this.#stopId() : undefined);
    const error =
      details.error ??
      (reason === "error"
        ? new EngineError("internal", `${this.#dialect.kind}: the stream ended without a finish.`)
        : undefined);
    const { prompt } = this.#request;
    const promptTokens = "tokenIds" in prompt ? prompt.tokenIds.length : (this.#usage.promptTokens ?? 0);
    const completionTokens = this.#count > 0 ? this.#count : (this.#usage.completionTokens ?? 0);
    return {
      type: "finish",
      index: this.#index,
      reason,
      ...(matched !== undefined && { matched }),
      ...(error && { error }),
      usage: { ...this.#usage, promptTokens, completionTokens },
    };
  }

  #stopId(): TokenId | undefined {
    return this.#lastId !== undefined && this.#request.stop?.tokenIds?.includes(this.#lastId)
      ? this.#lastId
      : undefined;
  }
}

/** Events of several choices as they come; each choice is read only as fast as it is pulled. */
async function* merge(
  streams: readonly AsyncGenerator<GenerateEvent, void>[],
): AsyncGenerator<GenerateEvent, void> {
  const [only] = streams;
  if (streams.length === 1 && only !== undefined) return yield* only;
  const advance = async (stream: AsyncGenerator<GenerateEvent, void>) => ({
    stream,
    result: await stream.next(),
  });
  const waiting = new Map(streams.map((stream) => [stream, advance(stream)]));
  while (waiting.size > 0) {
    const { stream, result } = await Promise.race(waiting.values());
    if (result.done) waiting.delete(stream);
    else {
      waiting.set(stream, advance(stream));
      yield result.value;
    }
  }
}
