// How long a scripted answer takes: a time to the first token and a time between tokens, with jitter and a factor that
// grows with the load.

import { EngineError } from "../engine.ts";

/** All times in milliseconds. Everything defaults to 0, that is, no delay. */
export interface Latency {
  /** Before the first token, whatever the prompt. */
  readonly prefillOverhead?: number;
  /** Before the first token, for each prompt token that is not cached. */
  readonly prefillPerToken?: number;
  readonly betweenTokens?: number;
  /** Standard deviation as a share of the mean, at most 0.3. */
  readonly jitter?: number;
  /** Times are multiplied by 1 for a single request, growing linearly to this at `concurrency` requests. */
  readonly loadFactor?: number;
  readonly concurrency?: number;
}

/** Samples may differ from their mean by this share at most. */
const largestDeviation = 0.7;

/** Raises `invalid_request` for settings that make no sense. */
export function checkLatency(latency: Latency): void {
  for (const [name, value] of Object.entries(latency)) {
    if (!Number.isFinite(value) || value < 0) {
      throw new EngineError(
        "invalid_request",
        `latency.${name} is ${value}; a number from 0 on is accepted.`,
      );
    }
  }
  if ((latency.jitter ?? 0) > 0.3) {
    throw new EngineError("invalid_request", `latency.jitter is ${latency.jitter}; at most 0.3 is accepted.`);
  }
  if ((latency.loadFactor ?? 1) < 1) {
    throw new EngineError(
      "invalid_request",
      `latency.loadFactor is ${latency.loadFactor}; at least 1 is accepted.`,
    );
  }
}

/** Milliseconds before the first token. */
export function prefillTime(
  latency: Latency,
  uncachedTokens: number,
  running: number,
  random: () => number,
): number {
  const mean = (latency.prefillOverhead ?? 0) + uncachedTokens * (latency.prefillPerToken ?? 0);
  return jittered(mean * loadFactor(latency, running), latency.jitter ?? 0, random);
}

/** Milliseconds before each further token. */
export function tokenTime(latency: Latency, running: number, random: () => number): number {
  return jittered((latency.betweenTokens ?? 0) * loadFactor(latency, running), latency.jitter ?? 0, random);
}

function loadFactor(latency: Latency, running: number): number {
  const { loadFactor: full = 1, concurrency = 1 } = latency;
  if (concurrency <= 1) return 1;
  return 1 + ((full - 1) * Math.min(running - 1, concurrency - 1)) / (concurrency - 1);
}

function jittered(mean: number, jitter: number, random: () => number): number {
  if (jitter === 0 || mean === 0) return mean;
  // Box and Muller's normal deviate from two uniform ones.
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const deviation = Math.max(-largestDeviation, Math.min(largestDeviation, normal * jitter));
  return mean * (1 + deviation);
}
