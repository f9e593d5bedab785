// The names under which dashboards made for vLLM look (`--metrics-compat vllm`), beside our own.

import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { Admission } from "./admission.ts";

const seconds = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60, 120,
];
const tokens = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000];

type Model = "model_name";

export interface FinishedChoice {
  readonly model: string;
  readonly reason: string;
  readonly tokens: number;
  /** Milliseconds from the engine call to the end, and from the first token to it. */
  readonly milliseconds: number;
  readonly afterFirst: number;
}

export class VllmMetrics {
  readonly #promptTokens: Counter<Model>;
  readonly #generatedTokens: Counter<Model>;
  readonly #succeeded: Counter<Model | "finished_reason">;
  readonly #firstToken: Histogram<Model>;
  readonly #betweenTokens: Histogram<Model>;
  readonly #whole: Histogram<Model>;
  readonly #queue: Histogram<Model>;
  readonly #model: string;
  readonly #prefill: Histogram<Model>;
  readonly #decode: Histogram<Model>;
  readonly #promptLength: Histogram<Model>;
  readonly #answerLength: Histogram<Model>;

  /**
   * @param model whose name the numbers of the whole server carry: dashboards select by it
   * @param kvUsage share of the engines' cache that is in use, where they tell
   */
  constructor(
    registry: Registry,
    admission: Admission,
    model: string,
    kvUsage: () => Promise<ReadonlyMap<string, number>>,
  ) {
    this.#model = model;
    const registers = [registry];
    const labelNames = ["model_name"] as const;
    const counter = (name: string, help: string): Counter<Model> =>
      new Counter({ name: `vllm:${name}`, help, labelNames, registers });
    const histogram = (name: string, help: string, buckets: number[] = seconds): Histogram<Model> =>
      new Histogram({ name: `vllm:${name}`, help, labelNames, buckets, registers });
    const gauge = (name: string, help: string, read: () => number): Gauge<Model> =>
      new Gauge({
        name: `vllm:${name}`,
        help,
        labelNames,
        registers,
        collect() {
          this.set({ model_name: model }, read());
        },
      });
    gauge("num_requests_running", "Requests that hold a slot", () => admission.running);
    gauge("num_requests_waiting", "Requests that wait for a slot", () => admission.waiting);
    new Gauge({
      name: "vllm:kv_cache_usage_perc",
      help: "Share of the engine's cache in use, 0 to 1",
      labelNames,
      registers,
      async collect() {
        for (const [model, usage] of await kvUsage()) this.set({ model_name: model }, usage);
      },
    });
    this.#promptTokens = counter("prompt_tokens_total", "Prompt tokens");
    this.#generatedTokens = counter("generation_tokens_total", "Generated tokens");
    this.#succeeded = new Counter({
      name: "vllm:request_success_total",
      help: "Choices that ended",
      labelNames: ["model_name", "finished_reason"],
      registers,
    });
    this.#firstToken = histogram("time_to_first_token_seconds", "From the engine call to its first token");
    this.#betweenTokens = histogram("inter_token_latency_seconds", "Mean time between tokens");
    this.#whole = histogram("e2e_request_latency_seconds", "From the engine call to its end");
    this.#queue = histogram("request_queue_time_seconds", "Time spent waiting for a slot");
    this.#prefill = histogram("request_prefill_time_seconds", "From the engine call to its first token");
    this.#decode = histogram("request_decode_time_seconds", "From the first token to the end");
    this.#promptLength = histogram("request_prompt_tokens", "Prompt tokens of a request", tokens);
    this.#answerLength = histogram("request_generation_tokens", "Generated tokens of a request", tokens);
  }

  queued(milliseconds: number): void {
    this.#queue.observe({ model_name: this.#model }, milliseconds / 1000);
  }

  firstToken(model: string, milliseconds: number): void {
    this.#firstToken.observe({ model_name: model }, milliseconds / 1000);
    this.#prefill.observe({ model_name: model }, milliseconds / 1000);
  }

  finished({ model, reason, tokens: generated, milliseconds, afterFirst }: FinishedChoice): void {
    const labels = { model_name: model };
    this.#succeeded.inc({ ...labels, finished_reason: reason });
    this.#whole.observe(labels, milliseconds / 1000);
    if (generated === 0) return;
    this.#decode.observe(labels, afterFirst / 1000);
    if (generated > 1) this.#betweenTokens.observe(labels, afterFirst / 1000 / (generated - 1));
  }

  tokens(model: string, prompt: number, generated: number): void {
    const labels = { model_name: model };
    this.#promptTokens.inc(labels, prompt);
    this.#generatedTokens.inc(labels, generated);
    this.#promptLength.observe(labels, prompt);
    this.#answerLength.observe(labels, generated);
  }
}
