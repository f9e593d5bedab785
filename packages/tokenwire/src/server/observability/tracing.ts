// Traces and metrics after OpenTelemetry's GenAI conventions (open-telemetry/semantic-conventions-genai, status
// Development). Nothing of it exists unless the program registered a provider.

import { TokenwireError } from "@tokenwire/core";
import { createHistograms, type Histograms } from "./histograms.ts";
import {
  type Attributes,
  type Context,
  isOpenTelemetryRegistered,
  loadOpenTelemetryApi,
  type OpenTelemetryApi,
} from "./otel-api.ts";
import { RequestSpan } from "./request-span.ts";
import { readTraceContext, type TraceContext } from "./trace-context.ts";

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
