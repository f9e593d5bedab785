// How busy a vLLM is, from its Prometheus page: the sum over the engine processes of a server, the mean of their caches.

import { EngineError, type EngineLoad } from "../engine.ts";
import type { EngineHttpClient } from "./http-client.ts";

/** Asks the server. Throws `EngineError`, `unsupported` where the page does not tell. */
export async function vllmLoad(http: EngineHttpClient, signal?: AbortSignal): Promise<EngineLoad> {
  return readVllmLoad(await http.text("/metrics", { signal, timeout: 5_000 }));
}

/**
 * The load in a Prometheus page.
 *
 * @example readVllmLoad('vllm:num_requests_running{engine="0"} 2.0\nvllm:num_requests_waiting{engine="0"} 1.0')
 * // { running: 2, waiting: 1 }
 */
export function readVllmLoad(page: string): EngineLoad {
  const running = valuesOf(page, "num_requests_running");
  const waiting = valuesOf(page, "num_requests_waiting");
  if (running.length === 0 || waiting.length === 0) {
    throw new EngineError("unsupported", "vllm: the server's /metrics do not tell its load.");
  }
  // The second name is that of older versions.
  const usages = [...valuesOf(page, "kv_cache_usage_perc"), ...valuesOf(page, "gpu_cache_usage_perc")];
  return {
    running: sum(running),
    waiting: sum(waiting),
    ...(usages.length > 0 && { kvUsage: sum(usages) / usages.length }),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The samples of a metric, whatever their labels. */
function valuesOf(page: string, name: string): number[] {
  const start = new RegExp(`^vllm:${name}(?:\\{.*\\})? `);
  return page
    .split("\n")
    .filter((line) => start.test(line))
    .map((line) => Number(line.slice(line.lastIndexOf(" ") + 1)))
    .filter(Number.isFinite);
}
