// Several engines of one model as one: a policy says which of them gets a request, failures before the first token are
// tried elsewhere, sick engines are left alone.

import {
  EngineError,
  type EngineInfo,
  type EngineLoad,
  type GenerateEvent,
  type GenerateRequest,
} from "../engine.ts";
import { type Embed, type EmbedArguments, embedAt, type FinishEvent, generateAt } from "./attempts.ts";
import { LoadMonitor } from "./load-monitor.ts";
import type { BalancedEngine, BalancedEngineOptions, BalanceStatistics } from "./options.ts";
import { RetryBudget, retryPause } from "./retries.ts";
import { Router } from "./router.ts";
import { createWorkers, type Worker } from "./worker.ts";

/**
 * One engine over several.
 *
 * @throws RangeError without engines; TokenwireError INVALID_ARGUMENT for an unknown policy
 * @example createBalancedEngine({ engines: urls.map((url) => createEngine({ kind: "vllm", url, id: url })) })
 */
export function createBalancedEngine(options: BalancedEngineOptions): BalancedEngine {
  return new Balancer(options);
}

class Balancer implements BalancedEngine {
  readonly id: string;
  readonly #options: BalancedEngineOptions;
  readonly #workers: readonly Worker[];
  readonly #router: Router;
  readonly #retries: RetryBudget = new RetryBudget();
  readonly #random: () => number;
  readonly #probes: NodeJS.Timeout | undefined;
  readonly #loads: LoadMonitor | undefined;
  #promptTokens = 0;
  #cachedTokens = 0;

  constructor(options: BalancedEngineOptions) {
    if (options.engines.length === 0) throw new RangeError("A balanced engine needs at least one engine.");
    this.id = options.id ?? "balanced";
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#workers = createWorkers(options.engines, options.now ?? Date.now);
    this.#router = new Router(this.id, this.#workers, options);
    const { probeInterval = 10_000, loadInterval = 10_000 } = options;
    if (probeInterval > 0) this.#probes = setInterval(() => this.#probe(), probeInterval).unref();
    if (loadInterval > 0 && this.#router.comparesLoads) {
      this.#loads = new LoadMonitor(this.#workers, loadInterval);
    }
  }

  async info(signal?: AbortSignal): Promise<EngineInfo> {
    const results = await Promise.allSettled(this.#workers.map((worker) => worker.engine.info(signal)));
    const infos = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    const [first] = infos;
    if (first === undefined) throw (results[0] as PromiseRejectedResult).reason;
    const differs = infos.find(
      (info) =>
        info.model !== first.model ||
        info.vocabSize !== first.vocabSize ||
        info.eosTokenIds.join() !== first.eosTokenIds.join(),
    );
    if (differs !== undefined) {
      throw new EngineError(
        "invalid_request",
        `The engines behind "${this.id}" serve different models: ${first.model} and ${differs.model}. Balance equal ones.`,
      );
    }
    return { ...first, maxContext: Math.min(...infos.map((info) => info.maxContext)) };
  }

  async health(signal?: AbortSignal): Promise<{ ok: boolean; detail?: string }> {
    const results = await Promise.all(this.#workers.map((worker) => worker.engine.health(signal)));
    const well = results.filter((result) => result.ok).length;
    return { ok: well > 0, detail: `${well} of ${results.length} engines are well` };
  }

  async load(): Promise<EngineLoad> {
    return { running: this.#workers.reduce((sum, worker) => sum + worker.outstanding, 0), waiting: 0 };
  }

  async *generate(request: GenerateRequest, signal?: AbortSignal): AsyncGenerator<GenerateEvent, void> {
    this.#retries.begin();
    const tried = new Set<Worker>();
    for (let attempt = 1; ; attempt += 1) {
      const worker = this.#router.choose(request, tried);
      tried.add(worker);
      const failure = yield* generateAt(worker, request, signal, this.#count);
      if (failure === undefined) return;
      await this.#beforeRetry(request, attempt, failure, signal);
    }
  }

  async embed(...[request, signal]: EmbedArguments): ReturnType<Embed> {
    const { requestId, inputs } = request;
    const asked: GenerateRequest = {
      requestId,
      prompt: { tokenIds: inputs[0] ?? new Uint32Array() },
      sampling: { maxTokens: 1 },
    };
    this.#retries.begin();
    const tried = new Set<Worker>();
    for (let attempt = 1; ; attempt += 1) {
      const worker = this.#router.choose(asked, tried);
      tried.add(worker);
      const outcome = await embedAt(worker, asked, request, signal);
      if (!(outcome instanceof EngineError)) return outcome;
      await this.#beforeRetry(asked, attempt, outcome, signal);
    }
  }

  statistics(): BalanceStatistics {
    return {
      policy: this.#router.policyName,
      chosen: { ...this.#router.chosen },
      retries: this.#retries.retries,
      promptTokens: this.#promptTokens,
      cachedTokens: this.#cachedTokens,
      workers: this.#workers.map(({ name, begun, failures, outstanding, healthy, draining, breaker }) => ({
        name,
        requests: begun,
        failures,
        outstanding,
        healthy,
        draining,
        breaker,
      })),
    };
  }

  drain(name: string, on: boolean = true): void {
    const worker = this.#workers.find((candidate) => candidate.name === name);
    if (worker === undefined) {
      throw new RangeError(
        `No engine "${name}". Engines: ${this.#workers.map((candidate) => candidate.name).join(", ")}.`,
      );
    }
    worker.draining = on;
  }

  async close(): Promise<void> {
    clearInterval(this.#probes);
    this.#loads?.stop();
    await Promise.all(this.#workers.map((worker) => worker.engine.close()));
  }

  readonly #count = ({ usage }: FinishEvent): void => {
    this.#promptTokens += usage?.promptTokens ?? 0;
    this.#cachedTokens += usage?.cachedTokens ?? 0;
  };

  /** Waits until a request may be tried elsewhere after so many attempts. Throws the last failure if it may not. */
  async #beforeRetry(
    request: GenerateRequest,
    attempts: number,
    failure: EngineError,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (attempts > 1) this.#retries.failedAgain();
    const most = Math.min(this.#options.attempts ?? 3, this.#workers.length);
    const mayRetry = attempts < most && this.#retries.isLeft && this.#router.mayMove(request);
    if (!failure.retryable || !mayRetry) throw failure;
    this.#retries.retries += 1;
    const pause = retryPause(attempts, failure, this.#random);
    await new Promise((resolve) => setTimeout(resolve, pause));
    signal?.throwIfAborted();
  }

  #probe(): void {
    for (const worker of this.#workers) {
      worker.engine.health().then(
        ({ ok }) => worker.probed(ok),
        () => worker.probed(false),
      );
    }
  }
}
