// An engine behind a connection, whatever its dialect: one start, deltas, one finish per choice; retries only before the
// first token; nothing read while nobody pulls; the server told when the consumer leaves.

import {
  type Engine,
  EngineError,
  type EngineInfo,
  type GenerateEvent,
  type GenerateRequest,
} from "../engine.ts";
import { Choice } from "./choice.ts";
import type { Dialect } from "./dialect.ts";
import { createHttpUpstream } from "./http-upstream.ts";
import type { RemoteEngineOptions } from "./options.ts";
import type { Upstream } from "./upstream.ts";

/** An engine over HTTP in the given dialect. */
export function createRemoteEngine(dialect: Dialect, options: RemoteEngineOptions): Engine {
  return createUpstreamEngine(createHttpUpstream(dialect, options), options);
}

/** An engine over whatever answers requests. */
export function createUpstreamEngine(upstream: Upstream, options: RemoteEngineOptions): Engine {
  return new RemoteEngine(upstream, options);
}

class RemoteEngine implements Engine {
  readonly id: string;
  readonly load?: NonNullable<Engine["load"]>;
  readonly embed?: NonNullable<Engine["embed"]>;
  readonly tokenizerArtifacts?: NonNullable<Engine["tokenizerArtifacts"]>;
  readonly kvEvents?: NonNullable<Engine["kvEvents"]>;
  readonly #upstream: Upstream;
  readonly #options: RemoteEngineOptions;
  #info: Promise<EngineInfo> | undefined;
  #described: EngineInfo | undefined;

  constructor(upstream: Upstream, options: RemoteEngineOptions) {
    this.id = options.id ?? upstream.kind;
    this.#upstream = upstream;
    this.#options = options;
    if (upstream.load) this.load = upstream.load;
    if (upstream.embed) this.embed = upstream.embed;
    if (upstream.tokenizerArtifacts) this.tokenizerArtifacts = upstream.tokenizerArtifacts;
    if (upstream.kvEvents) this.kvEvents = upstream.kvEvents;
  }

  info(signal?: AbortSignal): Promise<EngineInfo> {
    this.#info ??= this.#upstream.describe(signal).then(
      (info) => {
        this.#described = info;
        return info;
      },
      (error: unknown) => {
        // Asked again next time: the server may only be starting.
        this.#info = undefined;
        throw error;
      },
    );
    return this.#info;
  }

  health(signal?: AbortSignal): Promise<{ ok: boolean; detail?: string }> {
    return this.#upstream.health(signal);
  }

  async *generate(request: GenerateRequest, signal?: AbortSignal): AsyncGenerator<GenerateEvent, void> {
    this.#check(request);
    signal?.throwIfAborted();
    const upstream = this.#upstream;
    const { model: named } = this.#options;
    const info = named === undefined || upstream.needsInfo ? await this.info(signal) : this.#described;
    const model = named ?? (info as EngineInfo).model;
    checkVocabulary(upstream.kind, request, info?.vocabSize);
    const count = request.n ?? 1;
    const choices = Array.from({ length: count }, (_, index) => {
      const single = count === 1 ? request : fanOut(request, index);
      return new Choice({ upstream, request: single, model, index, info, signal });
    });
    try {
      // The first answer decides whether there is a start at all.
      await Promise.all(choices.map((choice) => choice.open(this.#options.retries ?? 2)));
      yield { type: "start", ...choices[0]?.opening };
      yield* merge(choices.map((choice) => choice.events()));
    } finally {
      await Promise.all(choices.map((choice) => choice.close()));
    }
  }

  async close(): Promise<void> {
    this.#upstream.close();
  }

  #check(request: GenerateRequest): void {
    const { capabilities, kind } = this.#upstream;
    if (!("tokenIds" in request.prompt) && capabilities.input === "tokens") {
      throw new EngineError("unsupported", `${kind} takes token IDs, not text.`);
    }
    if ("tokenIds" in request.prompt && capabilities.input === "text") {
      throw new EngineError("unsupported", `${kind} takes text, not token IDs.`);
    }
    const { constraint, sampling } = request;
    // One server takes zero as "no limit", another generates one token.
    if (!(sampling.maxTokens >= 1))
      throw new EngineError("invalid_request", `maxTokens is ${sampling.maxTokens}; at least 1 is accepted.`);
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

/** Not every server looks: to some, an id beyond the model's table is the end of their process. */
function checkVocabulary(kind: string, { prompt }: GenerateRequest, vocabSize: number | undefined): void {
  if (vocabSize === undefined || !("tokenIds" in prompt)) return;
  const wrong = prompt.tokenIds.findIndex((id) => id >= vocabSize);
  if (wrong === -1) return;
  throw new EngineError(
    "invalid_request",
    `${kind}: token ${wrong} of the prompt is ${prompt.tokenIds[wrong]}; the model has ids below ${vocabSize}.`,
  );
}

function fanOut(request: GenerateRequest, index: number): GenerateRequest {
  const { seed } = request.sampling;
  const sampling = seed === undefined ? request.sampling : { ...request.sampling, seed: seed + index };
  const { n: _, ...rest } = request;
  return { ...rest, requestId: `${request.requestId}-${index}`, sampling };
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
