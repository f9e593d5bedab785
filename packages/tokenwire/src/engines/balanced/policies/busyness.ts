// How busy workers are by what was sent to them from here: known at once, and the same question for several policies.

import type { Worker } from "../worker.ts";

/** How much busier than the average a worker may be and still keep what belongs to it. */
const loadFactor = 1.25;

/** Whether a worker may take what belongs to it, the next request counted. */
export function isLight(worker: Worker, candidates: readonly Worker[]): boolean {
  const total = candidates.reduce((sum, candidate) => sum + candidate.outstanding, 0);
  return worker.outstanding <= (loadFactor * (total + 1)) / candidates.length;
}

/** The worker with the fewest requests; chance decides between equals. */
export function leastBusy(candidates: readonly Worker[], random: () => number): Worker {
  const least = Math.min(...candidates.map((worker) => worker.outstanding));
  return anyOf(
    candidates.filter((worker) => worker.outstanding === least),
    random,
  );
}

export function anyOf(workers: readonly Worker[], random: () => number): Worker {
  return workers[Math.floor(random() * workers.length)]!;
}
