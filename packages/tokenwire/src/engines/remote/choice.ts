// One choice of a remote engine's answer: one request to the server, and the contract's rules about its end.

import { randomUUID } from "node:crypto";
import {
  EngineError,
  type EngineInfo,
  type FinishReason,
  type GenerateEvent,
  type GenerateRequest,
  type TokenId,
  type Usage,
} from "../engine.ts";
import { aboutConstraint } from "./constraint-error.ts";
import type { Opening, Piece } from "./dialect.ts";
import { connectionError, streamError } from "./error-mapping.ts";
import type { StreamedEvent } from "./event-reader.ts";
import type { Upstream } from "./upstream.ts";

const retryBase = 100;
const maxRetryPause = 5_000;

/** Milliseconds after the headers in which a server may still refuse: one that streams does so in its first event. */
const refusalWait = 100;

type FinishPiece = Omit<Extract<Piece, { type: "finish" }>, "type">;

export interface ChoiceOptions {
  readonly upstream: Upstream;
  readonly request: GenerateRequest;
  readonly model: string;
  readonly index: number;
  /** What the server said about the model, if it was asked. */
  readonly info: EngineInfo | undefined;
  readonly signal: AbortSignal | undefined;
}

export class Choice {
  readonly #options: ChoiceOptions;
  readonly #controller = new AbortController();
  readonly #usage: { -readonly [Key in keyof Usage]?: Usage[Key] } = {};
  #stream: AsyncGenerator<StreamedEvent, void> | undefined;
  /** Asked for when the stream was opened. */
  #first: Promise<IteratorResult<StreamedEvent, void>> | undefined;
  #opening: Opening = {};
  /** Under which the server knows the last attempt. */
  #sentId: string;
  #count = 0;
  #lastId: TokenId | undefined;
  #end: FinishPiece | undefined;
  /** The server goes on although the answer has ended here. */
  #cut = false;
  /** Nothing is left to be stopped on the server. */
  #settled = false;

  constructor(options: ChoiceOptions) {
    this.#options = options;
    this.#sentId = options.request.requestId;
    options.signal?.addEventListener("abort", this.#abort, { once: true });
  }

  readonly #abort = (): void => this.#controller.abort();

  /** Connects; failures that may pass are tried again, for no token has come yet. */
  async open(retries: number): Promise<void> {
    const { upstream, request, model, info, signal } = this.#options;
    for (let attempt = 0; ; attempt += 1) {
      try {
        if (upstream.freshIds) this.#sentId = `${request.requestId}-${randomUUID().slice(0, 8)}`;
        const sent = { ...request, requestId: this.#sentId };
        this.#stream = await upstream.open(sent, model, this.#controller.signal, info);
        this.#first = this.#stream.next();
        await this.#awaitRefusal(this.#first);
        return;
      } catch (error) {
        if (signal?.aborted) await this.close();
        signal?.throwIfAborted();
        await this.#stream?.return(undefined);
        this.#stream = undefined;
        const failure = aboutConstraint(connectionError(upstream.kind, error), request.constraint);
        // A server's own fault seldom passes: once more, and no further.
        const limit = failure.code === "internal" ? Math.min(1, retries) : retries;
        if (!failure.retryable || attempt >= limit) throw failure;
        const backoff = retryBase * 2 ** attempt * (0.5 + Math.random());
        await new Promise((resolve) =>
          setTimeout(resolve, Math.min(maxRetryPause, failure.retryAfterMs ?? backoff)),
        );
      }
    }
  }

  /** What the server said as it began. */
  get opening(): Pick<Opening, "promptLogprobs"> {
    const { promptLogprobs } = this.#opening;
    return { ...(promptLogprobs && { promptLogprobs }) };
  }

  /** Raises what the server says instead of beginning. Afterwards a failure is the end of an answer that began. */
  async #awaitRefusal(first: Promise<IteratorResult<StreamedEvent, void>>): Promise<void> {
    const { opening } = this.#options.upstream;
    const result = await (opening?.isAwaited(this.#options.request)
      ? first
      : resultWithin(first, refusalWait));
    if (result === undefined) {
      // Read by `events`, which may not be called.
      first.catch(() => undefined);
      return;
    }
    if (result.done) return;
    const { value: event } = result;
    if (!event.done) this.#opening = opening?.read(event.value) ?? {};
    const refusal = this.#errorIn(event) ?? this.#opening.refusal;
    if (refusal !== undefined) throw refusal;
  }

  #errorIn(event: StreamedEvent): EngineError | undefined {
    return event.done ? undefined : streamError(this.#options.upstream.kind, event.value);
  }

  async *events(): AsyncGenerator<GenerateEvent, void> {
    try {
      yield* this.#read();
    } catch (error) {
      this.#end = this.#isAborted() ? { reason: "abort" } : this.#failure(error);
    }
    this.#settled ||= this.#end === undefined || !(this.#cut || isOpenEnd(this.#end));
    yield this.#finish(this.#end ?? { reason: this.#guessReason() });
  }

  #isAborted(): boolean {
    return this.#options.signal?.aborted === true || this.#controller.signal.aborted;
  }

  #failure(error: unknown): FinishPiece {
    return { reason: "error", error: connectionError(this.#options.upstream.kind, error) };
  }

  async *#read(): AsyncGenerator<GenerateEvent, void> {
    const { upstream, request, info } = this.#options;
    const reader = upstream.createReader(request, this.#controller.signal, info);
    for await (const event of this.#received()) {
      if (event.done) break;
      // What had arrived when the signal fired is not handed on.
      if (this.#isAborted()) throw this.#controller.signal.reason;
      const failure = this.#errorIn(event);
      if (failure !== undefined) throw failure;
      const pieces = reader.push(event.value);
      for (const piece of Array.isArray(pieces) ? pieces : await pieces) yield* this.#emit(piece);
      if (this.#cut) return;
    }
    for (const piece of reader.end()) yield* this.#emit(piece);
  }

  async *#received(): AsyncGenerator<StreamedEvent, void> {
    const stream = this.#stream as AsyncGenerator<StreamedEvent, void>;
    try {
      for (let next = await this.#first!; !next.done; next = await stream.next()) yield next.value;
    } finally {
      await stream.return(undefined);
    }
  }

  /** Ends the server's work unless it has ended by itself. */
  async close(): Promise<void> {
    const { upstream, signal } = this.#options;
    signal?.removeEventListener("abort", this.#abort);
    if (this.#stream === undefined || this.#settled) return;
    this.#settled = true;
    this.#controller.abort();
    await this.#stream.return(undefined).catch(() => undefined);
    await upstream.abort?.(this.#sentId).catch(() => undefined);
  }

  *#emit(piece: Piece): Generator<GenerateEvent, void> {
    const { index } = this.#options;
    if (piece.type === "usage") Object.assign(this.#usage, piece.usage);
    else if (piece.type === "finish") yield* this.#endWith(piece);
    else if (this.#end !== undefined) this.#cut = true;
    else if (piece.type === "text") yield { type: "text", index, text: piece.text };
    else yield* this.#emitIds(piece);
  }

  *#emitIds(piece: Extract<Piece, { type: "ids" }>): Generator<GenerateEvent, void> {
    const { upstream, request, index } = this.#options;
    // Watched here too: not every engine knows stop ids, and none may run past ours.
    const stop = request.stop?.tokenIds ?? [];
    const end = piece.ids.findIndex((id) => stop.includes(id));
    const tokenIds = end === -1 ? piece.ids : piece.ids.slice(0, end + 1);
    if (tokenIds.length > 0) {
      this.#count += tokenIds.length;
      this.#lastId = tokenIds.at(-1);
      const { fidelity } = piece;
      const logprobs = piece.logprobs?.slice(0, tokenIds.length);
      yield {
        type: "delta",
        index,
        tokenIds,
        ...(logprobs?.length === tokenIds.length && { logprobs }),
        ...(fidelity && { fidelity }),
      };
    }
    if (end === -1) return;
    this.#end = { reason: "stop", matched: piece.ids[end]! };
    // A server that was told the id stops by itself, and still has the usage to send.
    this.#cut = upstream.ignoresStopIds === true || end < piece.ids.length - 1;
  }

  *#endWith({ type: _, ...end }: Extract<Piece, { type: "finish" }>): Generator<GenerateEvent, void> {
    if (this.#end !== undefined) {
      // Found here before the server said so; it may know more.
      this.#end = { ...end, ...this.#end };
      return;
    }
    const { matched } = end;
    // Some servers keep the id that ended the answer to themselves.
    if (typeof matched === "number" && matched !== this.#lastId) {
      yield* this.#emitIds({ type: "ids", ids: [matched] });
      this.#cut = false;
    }
    this.#end = end;
  }

  /** Some servers drop the last event, and the reason with it. */
  #guessReason(): FinishReason {
    const { stop, sampling } = this.#options.request;
    if (this.#lastId !== undefined && stop?.tokenIds?.includes(this.#lastId)) return "stop";
    return this.#count >= sampling.maxTokens && this.#count > 0 ? "length" : "error";
  }

  #finish({ reason, opaque, lost = 0, ...end }: FinishPiece): GenerateEvent {
    const { upstream, request, index } = this.#options;
    const matched = end.matched ?? (reason === "stop" ? this.#endingId() : undefined);
    const error =
      end.error ??
      (reason === "error"
        ? new EngineError("internal", `${upstream.kind}: the stream ended without a finish.`)
        : undefined);
    const { prompt } = request;
    const promptTokens = "tokenIds" in prompt ? prompt.tokenIds.length : (this.#usage.promptTokens ?? 0);
    const completionTokens = this.#count > 0 ? this.#count + lost : (this.#usage.completionTokens ?? 0);
    return {
      type: "finish",
      index,
      reason,
      ...(matched !== undefined && { matched }),
      ...(error && { error }),
      ...(opaque && { opaque }),
      usage: { ...this.#usage, promptTokens, completionTokens },
    };
  }

  /** A stop without a name: the model's own end token, the last that came, unless it is known to be something else. */
  #endingId(): TokenId | undefined {
    const { request, info } = this.#options;
    const { eosTokenIds = [] } = info ?? {};
    if (this.#lastId === undefined || eosTokenIds.length === 0) return this.#lastId;
    const ends = [...eosTokenIds, ...(request.stop?.tokenIds ?? [])];
    return ends.includes(this.#lastId) ? this.#lastId : undefined;
  }
}

/** What a promise gives, unless it takes longer. */
async function resultWithin<T>(promise: Promise<T>, milliseconds: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const waited = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, milliseconds, undefined);
  });
  return Promise.race([promise, waited]).finally(() => clearTimeout(timer));
}

/** Whether the server may still be at work: it was left, or has only been silent. */
function isOpenEnd({ reason, error }: FinishPiece): boolean {
  return reason === "abort" || error?.code === "timeout";
}
