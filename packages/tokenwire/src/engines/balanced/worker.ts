// One engine behind the balancer: how busy it is, whether it is well, and whether it should be left alone for a while.

import {
  type Engine,
  EngineError,
  type EngineErrorCode,
  type EngineLoad,
  type GenerateRequest,
} from "../engine.ts";

/** Failures within the window that open the breaker. */
const failureLimit = 10;
const failureWindow = 120_000;
/** Milliseconds an open breaker keeps requests away. */
const openTime = 60_000;
const successesToClose = 3;
const probesToFail = 3;
const probesToRecover = 2;
const faultsOfRequests: ReadonlySet<EngineErrorCode> = new Set([
  "invalid_request",
  "context_length",
  "unsupported",
]);
/** Tokens of a prompt of which nothing is known. */
export const meanPrompt = 1_024;

/** What a worker said of itself. */
export interface LoadReport {
  readonly load: EngineLoad;
  /** How many requests it had been sent when it was asked. */
  readonly asked: number;
}

/** A request that a worker has. */
interface Ticket {
  /** Its place among all requests of the worker. */
  readonly number: number;
  readonly tokens: number;
}

export class Worker {
  readonly engine: Engine;
  readonly name: string;
  /** Requests that it was sent, and those of them that failed by its fault. */
  begun = 0;
  failures = 0;
  report: LoadReport | undefined;
  /** Takes no new requests; running ones finish. */
  draining = false;
  readonly #tickets: Set<Ticket> = new Set();
  #recentFailures: number[] = [];
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

  /** A request goes to the worker; call the result when it is over. */
  begin({ prompt }: Pick<GenerateRequest, "prompt">): () => void {
    this.begun += 1;
    const tokens = "tokenIds" in prompt ? prompt.tokenIds.length : meanPrompt;
    const ticket: Ticket = { number: this.begun, tokens };
    this.#tickets.add(ticket);
    return () => this.#tickets.delete(ticket);
  }

  /** Requests that it has now. */
  get outstanding(): number {
    return this.#tickets.size;
  }

  /** Prompt tokens of the requests that it has now and was sent after the given number of others. */
  tokensSince(asked: number): number {
    let tokens = 0;
    for (const ticket of this.#tickets) if (ticket.number > asked) tokens += ticket.tokens;
    return tokens;
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
    this.#recentFailures = [];
  }

  /** A request failed. One that is itself at fault says nothing about the worker. */
  failed(error: unknown): void {
    if (error instanceof EngineError && faultsOfRequests.has(error.code)) return;
    const now = this.#now();
    this.failures += 1;
    this.#trialSuccesses = 0;
    if (this.breaker === "half-open") this.#openedAt = now;
    this.#recentFailures = [...this.#recentFailures.filter((time) => now - time < failureWindow), now];
    if (this.#recentFailures.length >= failureLimit) this.#openedAt ??= now;
  }

  /** The result of a probe; several in a row change the verdict. */
  probed(ok: boolean): void {
    this.#streak = ok === this.#healthy ? 0 : this.#streak + 1;
    if (this.#streak < (this.#healthy ? probesToFail : probesToRecover)) return;
    this.#healthy = ok;
    this.#streak = 0;
  }
}

/** Names are those of the engines, so that a worker keeps its place on a ring when others come and go. */
export function createWorkers(engines: readonly Engine[], now: () => number): Worker[] {
  const isTaken = (id: string): boolean => engines.filter((engine) => engine.id === id).length > 1;
  return engines.map(
    (engine, index) => new Worker(engine, isTaken(engine.id) ? `${engine.id}-${index}` : engine.id, now),
  );
}
