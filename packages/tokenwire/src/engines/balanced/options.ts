// What a balanced engine can be told, and what it tells.

import type { Engine } from "../engine.ts";
import type { ChoiceReason } from "./policies/policy.ts";
import type { BalancePolicy, PolicyName } from "./policies/registry.ts";

export interface BalancedEngineOptions {
  /** Engines of the same model. Each is named by its id, by id and place where several have the same. */
  readonly engines: readonly Engine[];
  readonly id?: string;
  /** Default `prefix`. */
  readonly policy?: BalancePolicy;
  /** Tokens at the start of a prompt that decide where it goes. Default 256. */
  readonly affinityTokens?: number;
  /** Milliseconds between health probes. Default 10,000; 0: none. */
  readonly probeInterval?: number;
  /** Milliseconds between two questions for their load, where the policy compares it. Default 10,000; 0: none. */
  readonly loadInterval?: number;
  /** Tokens that an engine reads a second, for the policy `least-load`. Default 2,000. */
  readonly throughput?: number;
  /** Requests per engine at the same time. Default: no limit. */
  readonly maxOutstanding?: number;
  /** Attempts for one request, on different engines. Default 3. */
  readonly attempts?: number;
  /** Requests that name an engine go to another one when it cannot take them. Default false: they fail. */
  readonly pinFallback?: boolean;
  /** Source of chance, a number from 0 up to 1. Default: `Math.random`. */
  readonly random?: () => number;
  /** Milliseconds since some fixed time; for tests. */
  readonly now?: () => number;
}

export interface WorkerStatistics {
  readonly name: string;
  /** Requests that it was sent, retries of others included. */
  readonly requests: number;
  /** Those of them that failed by its fault. */
  readonly failures: number;
  /** Those that it has now. */
  readonly outstanding: number;
  readonly healthy: boolean;
  readonly draining: boolean;
  readonly breaker: "closed" | "open" | "half-open";
}

export interface BalanceStatistics {
  readonly policy: PolicyName;
  /** Choices of an engine by their reason, retries included. */
  readonly chosen: Readonly<Record<ChoiceReason, number>>;
  readonly retries: number;
  /** Prompt tokens, and how many of them were in a cache, over finished requests. */
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly workers: readonly WorkerStatistics[];
}

export interface BalancedEngine extends Engine {
  statistics(): BalanceStatistics;
  /** Sends an engine no new requests, or lets it take them again. */
  drain(name: string, on?: boolean): void;
}

/** Whether an engine stands for several, and can tell about them. */
export function isBalancedEngine(engine: Engine): engine is BalancedEngine {
  const { statistics, drain } = engine as Partial<BalancedEngine>;
  return typeof statistics === "function" && typeof drain === "function";
}
