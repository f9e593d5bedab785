// One engine behind the balancer: how busy it is, whether it is well, and whether it should be left alone for a while.

import type { Engine } from "../engine.ts";

/** Failures within the window that open the breaker. */
const failureLimit = 10;
const failureWindow = 120_000;
/** Milliseconds an open breaker keeps requests away. */
const openTime = 60_000;
const successesToClose = 3;
const probesToFail = 3;
const probesToRecover = 2;

export class Worker {
  readonly engine: Engine;
  readonly name: string;
  outstanding = 0;
  /** Takes no new requests; running ones finish. */
  draining = false;
  #failures: number[] = [];
  #openedAt: number | undefined;
  #trialSuccesses = 0;
  #healthy = true;
  #streak = 0;
  readonly #now: () => number;

  constructor(engine: Engine, name: string, now: () => number) {
    this.engine = engine;
    this.name = name;
    this.#now = now;
  }

  get breaker(): "closed" | "open" | "half-open" {
    if (this.#openedAt === undefined) return "closed";
    return this.#now() - this.#openedAt >= openTime ? "half-open" : "open";
  }

  /** Whether it may be given a request. A half-open breaker lets one through at a time. */
  get isCandidate(): boolean {
    if (this.draining || !this.#healthy) return false;
    const state = this.breaker;
    return state === "closed" || (state === "half-open" && this.outstanding === 0);
  }

  get healthy(): boolean {
    return this.#healthy;
  }

  succeeded(): void {
    if (this.breaker !== "half-open") return;
    this.#trialSuccesses += 1;
    if (this.#trialSuccesses < successesToClose) return;
    this.#openedAt = undefined;
    this.#failures = [];
  }

  failed(): void {
    const now = this.#now();
    this.#trialSuccesses = 0;
    if (this.breaker === "half-open") this.#openedAt = now;
    this.#failures = [...this.#failures.filter((time) => now - time < failureWindow), now];
    if (this.#failures.length >= failureLimit) this.#openedAt ??= now;
  }

  /** The result of a probe; several in a row change the verdict. */
  probed(ok: boolean): void {
    this.#streak = ok === this.#healthy ? 0 : this.#streak + 1;
    if (this.#streak < (this.#healthy ? probesToFail : probesToRecover)) return;
    this.#healthy = ok;
    this.#streak = 0;
  }
}
