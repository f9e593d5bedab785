// Several engines of one model as one: requests with the same beginning go to the same engine while it is not much
// busier than the others, failures before the first token are tried elsewhere, sick engines are left alone.

import {
  type Engine,
  EngineError,
  type EngineInfo,
  type EngineLoad,
  type GenerateEvent,
  type GenerateRequest,
} from "../engine.ts";
import { HashRing } from "./hash-ring.ts";
import { prefixBlocks } from "./prefix-blocks.ts";
import { Worker } from "./worker.ts";

export type BalancePolicy = "prefix" | "least-outstanding" | "round-robin" | "random";

export interface BalancedEngineOptions {
  readonly engines: readonly Engine[];
  readonly id?: string;
  /** Default `prefix`. */
  readonly policy?: BalancePolicy;
  /** Tokens at the start of a prompt that decide where it goes. Default 256. */
  readonly affinityTokens?: number;
  /** Milliseconds between health probes. Default 10,000; 0: none. */
  readonly probeInterval?: number;
  /** Requests per engine at the same time. Default: no limit. */
  readonly maxOutstanding?: number;
  /** Attempts for one request, on different engines. Default 3. */
  readonly attempts?: number;
  /** Milliseconds since some fixed time; for tests. */
  readonly now?: () => number;
}

export interface BalanceStatistics {
  /** Requests by how their engine was chosen. */
  readonly chosen: Readonly<Record<"sticky" | "prefix" | "ring" | "load" | "fallback", number>>;
  readonly retries: number;
  /** Prompt tokens, and how many of them were in a cache, over finished requests. */
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly workers: readonly {
    readonly name: string;
    readonly outstanding: number;
    readonly healthy: boolean;
    readonly breaker: string;
  }[];
}

export interface BalancedEngine extends Engine {
  statistics(): BalanceStatistics;
  /** Sends an engine no new requests, or lets it take them again. */
  drain(name: string, on?: boolean): void;
}

/** How much busier than the average an engine may be and still keep its prompts. */
const loadFactor = 1.25;
/**
 * Share of requests that may be retried in vain, so that a failing fleet is not asked ever more. A retry that succeeds
 * costs nothing: when one of few engines dies, more than this share of all requests has to move.
 */
const retryBudget = 0.2;
const retryBase = 50;
/** Sessions and ends of prompts of which it is remembered where they went. */
const maxRemembered = 20_000;

/** @throws RangeError without engines */
export function createBalancedEngine(options: BalancedEngineOptions): BalancedEngine {
  return new Balancer(options);
}

class Balancer implements BalancedEngine {
  readonly id: string;
  readonly #options: BalancedEngineOptions;
  readonly #workers: readonly Worker[];
  readonly #ring: HashRing;
  /** Where sessions went, by id, and prompts, by the hash of their last block. */
  readonly #remembered = new Map<string | bigint, Worker>();
  readonly #chosen = { sticky: 0, prefix: 0, ring: 0, load: 0, fallback: 0 };
  readonly #timer: NodeJS.Timeout | undefined;
  #requests = 0;
  #retries = 0;
  #retriesInVain = 0;
  #promptTokens = 0;
  #cachedTokens = 0;
  #turn = 0;

  constructor(options: BalancedEngineOptions) {
    if (options.engines.length === 0) throw new RangeError("A balanced engine needs at least one engine.");
    this.id = options.id ?? "balanced";
    this.#options = options;
    const now = options.now ?? Date.now;
    this.#workers = options.engines.map((engine, index) => new Worker(engine, `${engine.id}-${index}`, now));
    this.#ring = new HashRing(this.#workers.map((worker) => worker.name));
    const { probeInterval = 10_000 } = options;
    if (probeInterval > 0) this.#timer = setInterval(() => this.#probe(), probeInterval).unref();
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
    this.#requests += 1;
    const tried = new Set<Worker>();
    for (let attempt = 1; ; attempt += 1) {
      const worker = this.#choose(request, tried);
      tried.add(worker);
      const outcome = yield* this.#attempt(worker, request, signal);
      if (outcome === undefined) return;
      if (attempt > 1) this.#retriesInVain += 1;
      const { attempts = 3 } = this.#options;
      const isLast = attempt >= Math.min(attempts, this.#workers.length) || !this.#mayRetry();
      if (isLast || !outcome.retryable) throw outcome;
      this.#retries += 1;
      const pause = outcome.retryAfterMs ?? retryBase * 1.5 ** attempt * (0.8 + 0.4 * Math.random());
      await new Promise((resolve) => setTimeout(resolve, Math.min(pause, 1000)));
      signal?.throwIfAborted();
    }
  }

  statistics(): BalanceStatistics {
    return {
      chosen: { ...this.#chosen },
      retries: this.#retries,
      promptTokens: this.#promptTokens,
      cachedTokens: this.#cachedTokens,
      workers: this.#workers.map(({ name, outstanding, healthy, breaker }) => ({
        name,
        outstanding,
        healthy,
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
    clearInterval(this.#timer);
    await Promise.all(this.#workers.map((worker) => worker.engine.close()));
  }

  /** Passes events on. Returns the error when nothing was shown yet, so that another engine can be tried. */
  async *#attempt(
    worker: Worker,
    request: GenerateRequest,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<GenerateEvent, EngineError | undefined> {
    worker.outstanding += 1;
    let start: GenerateEvent | undefined;
    let shown = false;
    try {
      for await (const event of worker.engine.generate(request, signal)) {
        if (event.type === "start") {
          // Held back: what starts may still fail before it says anything.
          start = event;
          continue;
        }
        if (event.type === "finish") this.#finished(worker, event);
        if (event.type === "finish" && event.reason === "error" && !shown) return toError(event.error);
        if (!shown && start !== undefined) yield start;
        shown = true;
        yield event;
      }
      return undefined;
    } catch (error) {
      signal?.throwIfAborted();
      worker.failed();
      if (shown) throw error;
      return toError(error);
    } finally {
      worker.outstanding -= 1;
    }
  }

  #finished(worker: Worker, event: GenerateEvent & { type: "finish" }): void {
    if (event.reason === "error") worker.failed();
    else worker.succeeded();
    this.#promptTokens += event.usage?.promptTokens ?? 0;
    this.#cachedTokens += event.usage?.cachedTokens ?? 0;
  }

  #mayRetry(): boolean {
    // The first few may always be: a share of few requests is less than one.
    return this.#retriesInVain < 5 || this.#retriesInVain < this.#requests * retryBudget;
  }

  #choose(request: GenerateRequest, tried: ReadonlySet<Worker>): Worker {
    const { maxOutstanding = Number.POSITIVE_INFINITY } = this.#options;
    const usable = this.#workers.filter((worker) => worker.isCandidate && !tried.has(worker));
    if (usable.length === 0)
      throw new EngineError("unavailable", `No engine behind "${this.id}" can take the request.`);
    const candidates = usable.filter((worker) => worker.outstanding < maxOutstanding);
    if (candidates.length === 0) {
      throw new EngineError(
        "overloaded",
        `Every engine behind "${this.id}" has ${maxOutstanding} requests.`,
        { retryAfterMs: 1000 },
      );
    }
    const session = request.routing?.sessionId;
    const blocks = this.#blocks(request);
    const worker =
      this.#again("sticky", session === undefined ? [] : [session], candidates) ??
      this.#again("prefix", blocks, candidates) ??
      this.#byPolicy(request, candidates);
    if (session !== undefined) this.#remember(session, worker);
    const end = blocks.at(-1);
    if (end !== undefined) this.#remember(end, worker);
    return worker;
  }

  /** The worker that the last known of these keys went to, if it can take more. */
  #again(
    how: "sticky" | "prefix",
    keys: readonly (string | bigint)[],
    candidates: readonly Worker[],
  ): Worker | undefined {
    const known = keys.findLast((key) => this.#remembered.has(key));
    const worker = known === undefined ? undefined : this.#remembered.get(known);
    if (worker === undefined || !candidates.includes(worker) || !this.#isLight(worker, candidates))
      return undefined;
    this.#chosen[how] += 1;
    return worker;
  }

  #remember(key: string | bigint, worker: Worker): void {
    this.#remembered.delete(key);
    this.#remembered.set(key, worker);
    const oldest = this.#remembered.keys().next();
    if (this.#remembered.size > maxRemembered && !oldest.done) this.#remembered.delete(oldest.value);
  }

  /**
   * Hashes of the prompt's blocks. A later turn of a conversation contains the last block of an earlier one, and so is
   * known, however short both are; another conversation with the same instructions is not.
   */
  #blocks({ prompt, cacheSalt, lora, routing }: GenerateRequest): readonly bigint[] {
    const { policy = "prefix" } = this.#options;
    if (policy !== "prefix") return [];
    if (routing?.prefixBlocks !== undefined) return routing.prefixBlocks.hashes;
    if (!("tokenIds" in prompt)) return [];
    return prefixBlocks(prompt.tokenIds, { ...(cacheSalt && { salt: cacheSalt }), ...(lora && { lora }) });
  }

  #byPolicy(request: GenerateRequest, candidates: readonly Worker[]): Worker {
    const { policy = "prefix" } = this.#options;
    this.#turn += 1;
    if (policy === "round-robin") return candidates[this.#turn % candidates.length]!;
    if (policy === "random") return candidates[Math.floor(Math.random() * candidates.length)]!;
    const key = policy === "prefix" ? this.#affinityKey(request) : undefined;
    if (key === undefined) return this.#leastBusy(candidates);
    const onRing = this.#ring.order(key).map((index) => this.#workers[index]!);
    const preferred = onRing.find((worker) => candidates.includes(worker))!;
    if (this.#isLight(preferred, candidates)) {
      this.#chosen.ring += 1;
      return preferred;
    }
    const light = candidates.filter((worker) => this.#isLight(worker, candidates));
    this.#chosen[light.length > 0 ? "load" : "fallback"] += 1;
    return light.length > 0 ? this.#leastBusy(light) : preferred;
  }

  /** The hash of the prompt's beginning: the deepest full block of it, or all of a short prompt. */
  #affinityKey({ prompt, cacheSalt, lora, routing }: GenerateRequest): bigint | undefined {
    const { affinityTokens = 256 } = this.#options;
    const given = routing?.prefixBlocks;
    if (given !== undefined && given.hashes.length > 0) {
      return given.hashes[Math.min(given.hashes.length, Math.ceil(affinityTokens / given.size)) - 1];
    }
    if (!("tokenIds" in prompt) || prompt.tokenIds.length === 0) return undefined;
    const ids = prompt.tokenIds.subarray(0, affinityTokens);
    return prefixBlocks(ids, {
      blockSize: ids.length,
      ...(cacheSalt && { salt: cacheSalt }),
      ...(lora && { lora }),
    })[0];
  }

  #isLight(worker: Worker, candidates: readonly Worker[]): boolean {
    const total = candidates.reduce((sum, candidate) => sum + candidate.outstanding, 0);
    return worker.outstanding <= (loadFactor * (total + 1)) / candidates.length;
  }

  #leastBusy(candidates: readonly Worker[]): Worker {
    const least = Math.min(...candidates.map((worker) => worker.outstanding));
    const idle = candidates.filter((worker) => worker.outstanding === least);
    return idle[Math.floor(Math.random() * idle.length)]!;
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

function toError(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const message = error instanceof Error ? error.message : "The engine failed.";
  return new EngineError("internal", message, { cause: error });
}
