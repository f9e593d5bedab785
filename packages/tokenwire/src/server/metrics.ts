// What a running server tells Prometheus. Labels are bounded: route templates and served models, never raw paths, ids
// or anything a client chose.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Admission } from "./admission.ts";
import { type BufferedStream, MomentaryMetrics } from "./metrics-gauges.ts";
import { VllmMetrics } from "./metrics-vllm.ts";
import { addWorkerMetrics, type BalanceByModel } from "./metrics-workers.ts";

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];
const betweenTokens = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];

export class Metrics {
  readonly #registry: Registry = new Registry();
  readonly #httpRequests: Counter<"route" | "method" | "status">;
  readonly #httpSeconds: Histogram<"route">;
  readonly #firstToken: Histogram<"model">;
  readonly #betweenTokens: Histogram<"model">;
  readonly #requestSeconds: Histogram<"model">;
  readonly #queueSeconds: Histogram;
  readonly #promptTokens: Counter<"model">;
  readonly #generatedTokens: Counter<"model">;
  readonly #cachedTokens: Counter<"model">;
  readonly #reasoningTokens: Counter<"model">;
  readonly #finished: Counter<"model" | "finish_reason">;
  readonly #errors: Counter<"code">;
  readonly #aborts: Counter<"cause">;
  readonly #repairs: Counter<"parser" | "kind">;
  readonly #moment: MomentaryMetrics;
  readonly #stages: Histogram<"stage">;
  readonly #mcpCalls: Counter<"outcome">;
  readonly #mcpSeconds: Histogram;
  readonly #connections: Gauge;
  readonly #toolCalls: Counter<"kind" | "outcome">;
  readonly #toolSeconds: Histogram<"kind">;
  readonly #rateLimited: Counter;
  readonly #storeOperations: Counter<"operation" | "outcome">;
  readonly #storeSeconds: Histogram<"operation">;
  #vllm: VllmMetrics | undefined;

  constructor(admission: Admission) {
    const registers = [this.#registry];
    const counter = <T extends string>(name: string, help: string, labelNames: T[]): Counter<T> =>
      new Counter({ name: `tokenwire_${name}`, help, labelNames, registers });
    const histogram = <T extends string>(
      name: string,
      help: string,
      labelNames: T[],
      buckets: number[] = seconds,
    ): Histogram<T> => new Histogram({ name: `tokenwire_${name}`, help, labelNames, buckets, registers });
    collectDefaultMetrics({ register: this.#registry, prefix: "tokenwire_" });
    this.#httpRequests = counter("http_requests_total", "HTTP requests answered", [
      "route",
      "method",
      "status",
    ]);
    this.#httpSeconds = histogram("http_request_duration_seconds", "Time from a request to its last byte", [
      "route",
    ]);
    this.#firstToken = histogram("time_to_first_token_seconds", "From the engine call to its first token", [
      "model",
    ]);
    this.#betweenTokens = histogram(
      "inter_token_latency_seconds",
      "Mean time between tokens of a choice",
      ["model"],
      betweenTokens,
    );
    this.#requestSeconds = histogram("request_duration_seconds", "From the engine call to its end", [
      "model",
    ]);
    this.#queueSeconds = histogram("request_queue_time_seconds", "Time spent waiting for a slot", []);
    this.#promptTokens = counter("prompt_tokens_total", "Prompt tokens sent to engines", ["model"]);
    this.#generatedTokens = counter("generation_tokens_total", "Tokens generated", ["model"]);
    this.#cachedTokens = counter("cached_tokens_total", "Prompt tokens found in an engine's cache", [
      "model",
    ]);
    this.#reasoningTokens = counter("reasoning_tokens_total", "Generated tokens that were reasoning", [
      "model",
    ]);
    this.#finished = counter("requests_finished_total", "Choices that ended", ["model", "finish_reason"]);
    this.#errors = counter("request_errors_total", "Requests refused or failed", ["code"]);
    this.#aborts = counter("aborts_total", "Generations stopped before their end", ["cause"]);
    this.#repairs = counter("parser_fallbacks_total", "Repairs of malformed output", ["parser", "kind"]);
    this.#moment = new MomentaryMetrics(this.#registry);
    this.#stages = histogram("stage_duration_seconds", "Time of the stages of requests", ["stage"]);
    this.#mcpCalls = counter("mcp_tool_calls_total", "Calls of tools of MCP servers", ["outcome"]);
    this.#mcpSeconds = histogram(
      "mcp_tool_duration_seconds",
      "Time of a call of a tool of an MCP server",
      [],
    );
    this.#connections = new Gauge({
      name: "tokenwire_http_connections_active",
      help: "Open connections",
      registers,
    });
    this.#toolCalls = counter("tool_calls_total", "Calls of tools that ran here", ["kind", "outcome"]);
    this.#toolSeconds = histogram("tool_duration_seconds", "Time of a call of a tool that ran here", [
      "kind",
    ]);
    this.#storeOperations = counter("store_operations_total", "What the store was asked", [
      "operation",
      "outcome",
    ]);
    this.#storeSeconds = histogram("store_operation_duration_seconds", "Time of an operation of the store", [
      "operation",
    ]);
    this.#rateLimited = counter("rate_limited_total", "Requests refused with 429", []);
    new Gauge({
      name: "tokenwire_requests_running",
      help: "Requests that hold a slot",
      registers,
      collect() {
        this.set(admission.running);
      },
    });
    new Gauge({
      name: "tokenwire_requests_waiting",
      help: "Requests that wait for a slot",
      registers,
      collect() {
        this.set(admission.waiting);
      },
    });
  }

  /** Counts under vLLM's names too. */
  addVllmNames(
    admission: Admission,
    model: string,
    kvUsage: () => Promise<ReadonlyMap<string, number>>,
  ): void {
    this.#vllm = new VllmMetrics(this.#registry, admission, model, kvUsage);
  }

  /** Counts how requests are spread over several engines. */
  addWorkers(balance: BalanceByModel): void {
    addWorkerMetrics(this.#registry, balance);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The page that Prometheus reads. */
  page(): Promise<string> {
    return this.#registry.metrics();
  }

  http(route: string, method: string, status: number, milliseconds: number): void {
    this.#httpRequests.inc({ route, method, status: String(status) });
    this.#httpSeconds.observe({ route }, milliseconds / 1000);
    if (status === 429) this.#rateLimited.inc();
  }

  /** A request got its slot. */
  admitted(milliseconds: number): void {
    this.#queueSeconds.observe(milliseconds / 1000);
    this.stage("queue", milliseconds);
    this.#vllm?.queued(milliseconds);
  }

  /** A call of a tool of this server: `mcp` or `function`. */
  tool(kind: string, failed: boolean, milliseconds: number): void {
    const outcome = failed ? "failed" : "ok";
    this.#toolCalls.inc({ kind, outcome });
    this.#toolSeconds.observe({ kind }, milliseconds / 1000);
    if (kind !== "mcp") return;
    this.#mcpCalls.inc({ outcome });
    this.#mcpSeconds.observe(milliseconds / 1000);
  }

  /**
   * A stage of a request is over. Harmony prompts are encoded as they are rendered, so that their tokenizing is part of
   * rendering. What happens to each token of an answer has no stage: reading the clock twice for a token would take a
   * tenth of the time that is measured.
   */
  stage(stage: "parse" | "render" | "tokenize" | "queue" | "ttft" | "store", milliseconds: number): void {
    this.#stages.observe({ stage }, milliseconds / 1000);
  }

  /** Where the number of stored objects comes from. */
  watchStore(countItems: () => Promise<number>): void {
    this.#moment.watchStore(countItems);
  }

  storeOperation(operation: string, outcome: string, milliseconds: number): void {
    this.#storeOperations.inc({ operation, outcome });
    this.#storeSeconds.observe({ operation }, milliseconds / 1000);
    this.stage("store", milliseconds);
  }

  connectionOpened(): void {
    this.#connections.inc();
  }

  connectionClosed(): void {
    this.#connections.dec();
  }

  error(code: string): void {
    this.#errors.inc({ code });
  }

  firstToken(model: string, milliseconds: number): void {
    this.#firstToken.observe({ model }, milliseconds / 1000);
    this.stage("ttft", milliseconds);
    this.#vllm?.firstToken(model, milliseconds);
  }

  /** A choice ended, having generated `tokens` in the time after the first one. */
  finished(model: string, reason: string, tokens: number, milliseconds: number, afterFirst: number): void {
    this.#finished.inc({ model, finish_reason: reason });
    this.#requestSeconds.observe({ model }, milliseconds / 1000);
    this.#vllm?.finished({ model, reason, tokens, milliseconds, afterFirst });
    if (tokens > 1) this.#betweenTokens.observe({ model }, afterFirst / 1000 / (tokens - 1));
  }

  tokens(model: string, prompt: number, generated: number, cached: number, reasoning: number): void {
    this.#promptTokens.inc({ model }, prompt);
    this.#generatedTokens.inc({ model }, generated);
    this.#cachedTokens.inc({ model }, cached);
    this.#reasoningTokens.inc({ model }, reasoning);
    this.#vllm?.tokens(model, prompt, generated);
  }

  aborted(cause: string): void {
    this.#aborts.inc({ cause });
  }

  repaired(parser: string, kind: string): void {
    this.#repairs.inc({ parser, kind });
  }

  streamOpened(stream: BufferedStream): void {
    this.#moment.streamOpened(stream);
  }

  streamClosed(stream: BufferedStream): void {
    this.#moment.streamClosed(stream);
  }
}
