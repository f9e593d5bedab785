// Which worker gets a request: the one that its client names, else the one that its session went to, else the policy's
// choice among those that can take it.

import { EngineError, type GenerateRequest } from "../engine.ts";
import type { BalancedEngineOptions } from "./options.ts";
import { PlaceMemory } from "./place-memory.ts";
import { isLight } from "./policies/busyness.ts";
import type { Choice, ChoiceReason, Policy } from "./policies/policy.ts";
import { findPolicy, type PolicyName } from "./policies/registry.ts";
import type { Worker } from "./worker.ts";

/** Milliseconds after which a request may be sent again to workers that have as many as they may. */
const pauseWhenFull = 1_000;

export class Router {
  readonly policyName: PolicyName;
  /** Whether workers have to be asked for their load. */
  readonly comparesLoads: boolean;
  readonly chosen: Record<ChoiceReason, number> = {
    pinned: 0,
    sticky: 0,
    prefix: 0,
    ring: 0,
    load: 0,
    turn: 0,
    random: 0,
    fallback: 0,
  };
  readonly #id: string;
  readonly #workers: readonly Worker[];
  readonly #policy: Policy;
  /** Undefined where the policy places sessions itself. */
  readonly #sessions: PlaceMemory<string> | undefined;
  readonly #maxOutstanding: number;
  readonly #pinFallback: boolean;

  constructor(id: string, workers: readonly Worker[], options: BalancedEngineOptions) {
    const { random = Math.random, affinityTokens = 256, throughput = 2_000 } = options;
    const kind = findPolicy(options.policy ?? "prefix");
    this.policyName = kind.name;
    this.comparesLoads = kind.comparesLoads === true;
    this.#id = id;
    this.#workers = workers;
    this.#policy = kind.create({ workers, random, affinityTokens, throughput });
    this.#sessions = kind.placesSessions ? undefined : new PlaceMemory();
    this.#maxOutstanding = options.maxOutstanding ?? Number.POSITIVE_INFINITY;
    this.#pinFallback = options.pinFallback ?? false;
  }

  /** Whether a request that failed on one worker may go to another one. */
  mayMove({ routing }: GenerateRequest): boolean {
    return routing?.worker === undefined || this.#pinFallback;
  }

  /**
   * The worker for a request.
   *
   * @param tried workers that have failed it already
   * @throws EngineError `unavailable`, `overloaded`; `invalid_request` with status 404 for a worker that is not there
   */
  choose(request: GenerateRequest, tried: ReadonlySet<Worker>): Worker {
    const { worker, reason } = this.#choice(request, tried);
    this.chosen[reason] += 1;
    if (reason === "pinned" || reason === "sticky") this.#policy.learn?.(request, worker);
    this.#sessions?.remember(request.routing?.sessionId, worker);
    return worker;
  }

  #choice(request: GenerateRequest, tried: ReadonlySet<Worker>): Choice {
    const { routing } = request;
    const pinned = routing?.worker === undefined ? undefined : this.#pinned(routing.worker, tried);
    if (pinned !== undefined) return { worker: pinned, reason: "pinned" };
    const candidates = this.#candidates(tried);
    const known = this.#sessions?.find(routing?.sessionId === undefined ? [] : [routing.sessionId]);
    if (known !== undefined && candidates.includes(known) && isLight(known, candidates)) {
      return { worker: known, reason: "sticky" };
    }
    return this.#policy.choose(request, candidates);
  }

  /** Undefined when the worker cannot take the request and another one may. */
  #pinned(name: string, tried: ReadonlySet<Worker>): Worker | undefined {
    const worker = this.#workers.find((candidate) => candidate.name === name);
    if (worker === undefined) {
      throw new EngineError("invalid_request", `There is no worker ${JSON.stringify(name)}.`, {
        status: 404,
        about: "worker",
      });
    }
    if (worker.isCandidate && !tried.has(worker) && worker.outstanding < this.#maxOutstanding) return worker;
    if (this.#pinFallback) return undefined;
    if (worker.isCandidate) throw this.#full(`The worker ${JSON.stringify(name)}`);
    throw new EngineError(
      "unavailable",
      `The worker ${JSON.stringify(name)} cannot take requests now. Try again later, or let another one be chosen.`,
      { about: "worker" },
    );
  }

  #candidates(tried: ReadonlySet<Worker>): readonly Worker[] {
    const usable = this.#workers.filter((worker) => worker.isCandidate && !tried.has(worker));
    if (usable.length === 0) {
      throw new EngineError("unavailable", `No engine behind "${this.#id}" can take the request.`);
    }
    const candidates = usable.filter((worker) => worker.outstanding < this.#maxOutstanding);
    if (candidates.length === 0) throw this.#full(`Every engine behind "${this.#id}"`);
    return candidates;
  }

  #full(who: string): EngineError {
    return new EngineError("overloaded", `${who} has ${this.#maxOutstanding} requests.`, {
      retryAfterMs: pauseWhenFull,
    });
  }
}
