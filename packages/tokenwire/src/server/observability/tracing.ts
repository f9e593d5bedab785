// Traces and metrics after OpenTelemetry's GenAI conventions (open-telemetry/semantic-conventions-genai, status
// Development): a SERVER span per request, a CLIENT span per engine call, an INTERNAL one per tool. Nothing of it exists
// unless the program registered a provider.

import { TokenwireError } from "@tokenwire/core";
import type { GenerateRequest } from "../../engines/index.ts";
import type { BeginningGeneration, EngineCall } from "./observer.ts";
import {
  type Attributes,
  type Context,
  errorStatus,
  type Histogram,
  isOpenTelemetryRegistered,
  loadOpenTelemetryApi,
  type OpenTelemetryApi,
  type Span,
  spanKind,
} from "./otel-api.ts";
import { readTraceContext, type TraceContext, traceHeaders } from "./trace-context.ts";

export interface TracingOptions {
  /** Record prompts and answers in spans. Default: `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`, else no. */
  readonly content?: boolean;
}

/** What is known of a request before its body was read. */
export interface TracedRequest {
  readonly method: string;
  readonly route: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

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

/** The operations of the conventions, by route. Other routes have no span. */
const operations: Readonly<Record<string, string>> = {
  "/v1/chat/completions": "chat",
  "/v1/completions": "text_completion",
  "/v1/completions/codec": "text_completion",
  "/inference/v1/generate": "text_completion",
  "/v1/responses": "chat",
  "/v1/messages": "chat",
  "/v1/embeddings": "embeddings",
};

const durations = Array.from({ length: 14 }, (_, power) => 0.01 * 2 ** power);
const tokenCounts = Array.from({ length: 14 }, (_, power) => 4 ** power);
const scope = "tokenwire";

/** The conventions' histograms. */
interface Histograms {
  readonly duration: Histogram;
  readonly firstToken: Histogram;
  readonly perToken: Histogram;
  readonly tokens: Histogram;
}

function createHistograms(api: OpenTelemetryApi): Histograms {
  const meter = api.metrics.getMeter(scope, "1");
  const histogram = (name: string, description: string, unit: string, boundaries: number[]): Histogram =>
    meter.createHistogram(name, { description, unit, advice: { explicitBucketBoundaries: boundaries } });
  return {
    duration: histogram("gen_ai.server.request.duration", "From a request to its last byte", "s", durations),
    firstToken: histogram(
      "gen_ai.server.time_to_first_token",
      "From the engine call to its first token",
      "s",
      [0.001, 0.005, ...durations],
    ),
    perToken: histogram("gen_ai.server.time_per_output_token", "Mean time between tokens", "s", [
      0.001,
      0.0025,
      0.005,
      ...durations,
    ]),
    tokens: histogram("gen_ai.client.token.usage", "Tokens of prompts and answers", "{token}", tokenCounts),
  };
}

export class Tracing {
  /** Whether prompts and answers are to be recorded. */
  readonly content: boolean;
  readonly #api: OpenTelemetryApi;
  readonly #histograms: Histograms;

  constructor(api: OpenTelemetryApi, content: boolean) {
    this.content = content;
    this.#api = api;
    this.#histograms = createHistograms(api);
  }

  /** The span of a request, or undefined for a route without one. A span that is active already is its parent. */
  begin({ method, route, headers }: TracedRequest): RequestSpan | undefined {
    const operation = operations[route] ?? operations[`/v1${route}`];
    if (operation === undefined) return undefined;
    const api = this.#api;
    const active = api.context.active();
    const parent = api.trace.getSpan(active) ? active : this.#remote(active, readTraceContext(headers));
    const [address, port] = hostOf(headers["host"]);
    const attributes: Attributes = {
      "gen_ai.operation.name": operation,
      "http.request.method": method,
      "http.route": route,
      ...(address !== undefined && { "server.address": address }),
      ...(port !== undefined && { "server.port": port }),
    };
    return new RequestSpan(api, this.#histograms, operation, attributes, parent);
  }

  #remote(context: Context, sent: TraceContext | undefined): Context {
    if (sent === undefined) return context;
    const { state, ...ids } = sent;
    const traceState = state === undefined ? undefined : this.#api.createTraceState?.(state);
    return this.#api.trace.setSpanContext(context, {
      ...ids,
      isRemote: true,
      ...(traceState && { traceState }),
    });
  }
}

function hostOf(host: string | readonly string[] | undefined): [string | undefined, number | undefined] {
  const match = typeof host === "string" ? /^(.+?)(?::(\d+))?$/.exec(host) : null;
  return [match?.[1], match?.[2] === undefined ? undefined : Number(match[2])];
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

/** Tracing, where the program registered OpenTelemetry or an option asks for it. */
export async function loadTracing(options: TracingOptions | false | undefined): Promise<Tracing | undefined> {
  if (options === false || (options === undefined && !isOpenTelemetryRegistered())) return undefined;
  const api = await loadOpenTelemetryApi();
  if (api === undefined) {
    if (options === undefined) return undefined;
    throw new TokenwireError(
      "INVALID_ARGUMENT",
      "Tracing needs the package @opentelemetry/api, which is not installed: npm install @opentelemetry/api.",
    );
  }
  const asked = process.env["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] === "true";
  return new Tracing(api, options?.content ?? asked);
}
