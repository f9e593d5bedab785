// Engines in this process whose `generate_request` yields the whole text so far again and again, as SGLang's and its
// relatives' do. What is new in each is sent on; a text that takes back what was sent ends the answer as a failure.

import { textEngine } from "./capabilities.ts";
import {
  type Engine,
  EngineError,
  type EngineInfo,
  type GenerateEvent,
  type GenerateRequest,
} from "./engine.ts";
import { samplingFields } from "./remote/sampling-fields.ts";

/** What the engine is asked. */
export interface CumulativeRequest {
  /** Set before the engine gets it; an abort can name it. */
  readonly rid: string;
  readonly text?: string;
  readonly input_ids?: readonly number[];
  readonly sampling_params: Readonly<Record<string, unknown>>;
  readonly stream: true;
}

/** What it yields: everything it has said so far. */
export interface CumulativeOutput {
  readonly text: string;
  readonly meta_info?: {
    readonly prompt_tokens?: number;
    readonly completion_tokens?: number;
    readonly cached_tokens?: number;
    /** Null or absent while it goes on. */
    readonly finish_reason?: string | { readonly type: string; readonly matched?: string | number } | null;
  };
}

export interface CumulativeEngine {
  generate_request(request: CumulativeRequest, signal?: AbortSignal): AsyncIterable<CumulativeOutput>;
}

export interface CumulativeTextOptions {
  /** Name of the model. */
  readonly model: string;
  /** Prompt and answer together, in tokens. */
  readonly maxContext: number;
  readonly eosTokenIds?: readonly number[];
  /**
   * A text that does not begin with what was sent: `error` ends the answer; `common-prefix` waits while it is a
   * beginning of what was sent (an engine that starts over), and ends the answer where it differs. Default `error`.
   */
  readonly onNonPrefix?: "error" | "common-prefix";
}

/**
 * An engine out of one with cumulative text.
 *
 * @example
 * const server = await serve(fromCumulativeText(engine, { model: "m", maxContext: 8192 }), { profile });
 */
export function fromCumulativeText(engine: CumulativeEngine, options: CumulativeTextOptions): Engine {
  const info: EngineInfo = {
    engine: "cumulative-text",
    model: options.model,
    servedNames: [options.model],
    maxContext: options.maxContext,
    eosTokenIds: options.eosTokenIds ?? [],
    capabilities: { ...textEngine, input: "both", cancel: "signal", constraints: [], embeddings: false },
  };
  return {
    id: `cumulative-text ${options.model}`,
    info: async () => info,
    health: async () => ({ ok: true }),
    close: async () => undefined,
    generate: (request, signal) => generate(engine, request, options, signal),
  };
}

async function* generate(
  engine: CumulativeEngine,
  request: GenerateRequest,
  { onNonPrefix = "error" }: CumulativeTextOptions,
  signal: AbortSignal | undefined,
): AsyncGenerator<GenerateEvent> {
  let sent = "";
  let last: CumulativeOutput["meta_info"];
  yield { type: "start" };
  // Leaving the loop, by an abort too, returns the engine's iterator: nothing more is generated.
  for await (const { text, meta_info } of engine.generate_request(toRequest(request), signal)) {
    if (signal?.aborted) {
      yield { type: "finish", index: 0, reason: "abort" };
      return;
    }
    last = meta_info;
    if (text.startsWith(sent)) {
      if (text.length > sent.length) yield { type: "text", index: 0, text: text.slice(sent.length) };
      sent = text;
    } else if (onNonPrefix === "error" || !sent.startsWith(text)) {
      const message = "The engine took back text that it had already given.";
      yield { type: "finish", index: 0, reason: "error", error: new EngineError("internal", message) };
      return;
    }
    const reason = meta_info?.finish_reason;
    if (reason !== null && reason !== undefined) break;
  }
  yield finishOf(last);
}

function toRequest(request: GenerateRequest): CumulativeRequest {
  const { prompt, sampling, stop, requestId } = request;
  return {
    rid: requestId,
    ...("text" in prompt ? { text: prompt.text } : { input_ids: [...prompt.tokenIds] }),
    sampling_params: {
      ...samplingFields(request, -1),
      max_new_tokens: sampling.maxTokens,
      min_new_tokens: sampling.minTokens ?? 0,
      ignore_eos: sampling.ignoreEos ?? false,
      stop: [...(stop?.strings ?? [])],
      stop_token_ids: [...(stop?.tokenIds ?? [])],
      skip_special_tokens: false,
    },
    stream: true,
  };
}

function finishOf(meta: CumulativeOutput["meta_info"]): GenerateEvent {
  const given = meta?.finish_reason ?? "stop";
  const { type, matched } = typeof given === "string" ? { type: given, matched: undefined } : given;
  const usage = meta?.completion_tokens !== undefined && {
    usage: {
      promptTokens: meta.prompt_tokens ?? 0,
      completionTokens: meta.completion_tokens,
      ...(meta.cached_tokens !== undefined && { cachedTokens: meta.cached_tokens }),
    },
  };
  if (type === "stop" || type === "length") {
    return { type: "finish", index: 0, reason: type, ...(matched !== undefined && { matched }), ...usage };
  }
  const error = new EngineError(
    "internal",
    `The engine ended its answer with ${JSON.stringify(type.slice(0, 80))}.`,
  );
  return { type: "finish", index: 0, reason: "error", error };
}
