// The worker that would begin first, by what workers say of themselves now and then and by what was sent to them since:
// seconds for the tokens that wait, and a share of a second that grows as the worker's cache fills up.

import { meanPrompt, type Worker } from "../worker.ts";
import { anyOf } from "./busyness.ts";
import type { PolicyKind } from "./policy.ts";

/** Seconds that a half full cache counts. */
const cacheWeight = 0.15;
/** A full cache is very bad, not infinitely so: between two full ones the queue decides. */
const fullest = 0.99;

/** Tokens between a new request and its beginning. */
function waitingTokens(worker: Worker): number {
  const { report } = worker;
  // Nothing is known but what was sent from here.
  if (report === undefined) return worker.tokensSince(0);
  const { running, waiting, kvUsage } = report.load;
  // What running requests cost shows in the cache; where that is not told, they count as if they waited.
  const reported = kvUsage === undefined ? waiting + running : waiting;
  return reported * meanPrompt + worker.tokensSince(report.asked);
}

/** Seconds, roughly: the lower, the sooner a request begins. */
function loadScore(worker: Worker, throughput: number): number {
  const usage = Math.min(fullest, Math.max(0, worker.report?.load.kvUsage ?? 0));
  return waitingTokens(worker) / throughput + (cacheWeight * usage) / (1 - usage);
}

export const leastLoad: PolicyKind = {
  comparesLoads: true,
  create: ({ random, throughput }) => ({
    choose: (_request, candidates) => {
      const scores = candidates.map((worker) => loadScore(worker, throughput));
      const lowest = Math.min(...scores);
      const best = candidates.filter((_, index) => scores[index] === lowest);
      return { worker: anyOf(best, random), reason: "load" };
    },
  }),
};
