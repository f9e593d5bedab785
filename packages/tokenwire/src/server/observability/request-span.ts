// The spans of one request: a SERVER span for itself, a CLIENT span for each engine call, an INTERNAL one for each tool.

import type { GenerateRequest } from "../../engines/index.ts";
import { type Histograms, scope } from "./histograms.ts";
import type { BeginningGeneration, EngineCall } from "./observer.ts";
import {
  type Attributes,
  type Context,
  errorStatus,
  type OpenTelemetryApi,
  type Span,
  spanKind,
} from "./otel-api.ts";
import { traceHeaders } from "./trace-context.ts";

/** What a request turned out to be. */
export interface RequestOutcome {
  readonly status: number;
  readonly seconds: number;
  readonly errorType: string | undefined;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedTokens: number;
  readonly reasoningTokens: number;
  readonly firstTokenMs: number | undefined;
  /** Milliseconds between tokens, on average. */
  readonly tokenMs: number | undefined;
  readonly finishReasons: readonly string[];
}

/** The spans of one request. */
export class RequestSpan {
  readonly #api: OpenTelemetryApi;
  readonly #histograms: Histograms;
  readonly #operation: string;
  readonly #span: Span;
  readonly #context: Context;
  #model: Attributes = {};

  constructor(
    api: OpenTelemetryApi,
    histograms: Histograms,
    operation: string,
    attributes: Attributes,
    parent: Context,
  ) {
    this.#api = api;
    this.#histograms = histograms;
    this.#operation = operation;
    this.#span = this.#start(operation, spanKind.server, attributes, parent);
    this.#context = api.trace.setSpan(parent, this.#span);
  }

  /** Runs something inside the span, so that spans made there by others become its children. */
  run<T>(task: () => T): T {
    return this.#api.context.with(this.#context, task);
  }

  set(attributes: Attributes): void {
    this.#span.setAttributes(attributes);
  }

  /** The model is known. */
  begin(generation: BeginningGeneration): void {
    const { id, model, plans } = generation;
    this.#model = {
      "gen_ai.provider.name": model.info.engine,
      "gen_ai.request.model": model.id,
      "gen_ai.response.model": model.id,
    };
    this.#span.updateName(`${this.#operation} ${model.id}`);
    const { prompt: _prompt, ...request } = plans[0]!;
    this.set({
      ...this.#model,
      ...samplingAttributes(request),
      "gen_ai.response.id": id,
      ...(plans.length > 1 && { "gen_ai.request.choice.count": plans.length }),
    });
  }

  /** Embeddings have no generation. */
  embed(model: BeginningGeneration["model"], encodingFormat: string): void {
    this.#model = { "gen_ai.provider.name": model.info.engine, "gen_ai.request.model": model.id };
    this.#span.updateName(`${this.#operation} ${model.id}`);
    this.set({ ...this.#model, "gen_ai.request.encoding_formats": [encodingFormat] });
  }

  call({ model }: BeginningGeneration, request: GenerateRequest): EngineCall {
    const span = this.#start(
      `${this.#operation} ${model.id}`,
      spanKind.client,
      { "gen_ai.operation.name": this.#operation, ...this.#model, ...samplingAttributes(request) },
      this.#context,
    );
    return {
      headers: headersOf(span),
      firstToken: (milliseconds) => {
        span.setAttributes({ "gen_ai.response.time_to_first_chunk": milliseconds / 1000 });
      },
      end: ({ reason, tokens, error }) => {
        span.setAttributes({
          "gen_ai.usage.output_tokens": tokens,
          ...(reason !== undefined && { "gen_ai.response.finish_reasons": [reason] }),
        });
        if (error !== undefined) fail(span, errorTypeOf(error));
        span.end();
      },
    };
  }

  /** A tool that runs inside the request; call the result at its end. */
  tool(name: string, type: string): (failed: boolean) => void {
    const span = this.#start(
      `execute_tool ${name}`,
      spanKind.internal,
      { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name, "gen_ai.tool.type": type },
      this.#context,
    );
    return (failed) => {
      if (failed) fail(span, "tool_error");
      span.end();
    };
  }

  end(outcome: RequestOutcome): void {
    const { status, seconds, errorType, inputTokens, outputTokens, firstTokenMs, tokenMs } = outcome;
    this.set({
      "http.response.status_code": status,
      ...(outcome.finishReasons.length > 0 && { "gen_ai.response.finish_reasons": outcome.finishReasons }),
      ...(inputTokens > 0 && {
        "gen_ai.usage.input_tokens": inputTokens,
        "gen_ai.usage.output_tokens": outputTokens,
        "gen_ai.usage.cache_read.input_tokens": outcome.cachedTokens,
        "gen_ai.usage.reasoning.output_tokens": outcome.reasoningTokens,
      }),
      ...(firstTokenMs !== undefined && { "gen_ai.response.time_to_first_chunk": firstTokenMs / 1000 }),
    });
    // A client's mistake is not an error of the server's span.
    if (errorType !== undefined && status >= 500) fail(this.#span, errorType);
    else if (errorType !== undefined) this.set({ "error.type": errorType });
    this.#span.end();
    const { duration, firstToken, perToken, tokens } = this.#histograms;
    const labels = { "gen_ai.operation.name": this.#operation, ...this.#model };
    duration.record(seconds, { ...labels, ...(errorType !== undefined && { "error.type": errorType }) });
    if (firstTokenMs !== undefined) firstToken.record(firstTokenMs / 1000, labels);
    if (tokenMs !== undefined) perToken.record(tokenMs / 1000, labels);
    if (inputTokens > 0) tokens.record(inputTokens, { ...labels, "gen_ai.token.type": "input" });
    if (outputTokens > 0) tokens.record(outputTokens, { ...labels, "gen_ai.token.type": "output" });
  }

  #start(name: string, kind: number, attributes: Attributes, parent: Context): Span {
    return this.#api.trace.getTracer(scope, "1").startSpan(name, { kind, attributes }, parent);
  }
}

function fail(span: Span, type: string): void {
  span.setAttributes({ "error.type": type });
  span.setStatus({ code: errorStatus });
}

/** A bounded name: a code of ours, never a message. */
export function errorTypeOf(error: unknown): string {
  const { wireCode, code, name } = error as { wireCode?: unknown; code?: unknown; name?: unknown };
  for (const candidate of [wireCode, code, name]) {
    if (typeof candidate === "string" && candidate !== "") return candidate;
  }
  return "_OTHER";
}

function headersOf(span: Span): Record<string, string> {
  const { traceState, ...ids } = span.spanContext();
  const state = traceState?.serialize();
  return traceHeaders({ ...ids, ...(state !== undefined && state !== "" && { state }) });
}

function samplingAttributes({ sampling, stop }: Pick<GenerateRequest, "sampling" | "stop">): Attributes {
  return {
    "gen_ai.request.max_tokens": sampling.maxTokens,
    "gen_ai.request.temperature": sampling.temperature,
    "gen_ai.request.top_p": sampling.topP,
    "gen_ai.request.top_k": sampling.topK,
    "gen_ai.request.seed": sampling.seed,
    "gen_ai.request.frequency_penalty": sampling.frequencyPenalty,
    "gen_ai.request.presence_penalty": sampling.presencePenalty,
    "gen_ai.request.stop_sequences": stop?.strings?.length ? stop.strings : undefined,
  };
}
