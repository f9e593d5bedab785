// By the key that a request brings along, that of its session or else of its user: a key belongs to one worker, the
// same in every process with the same workers, and only the keys of a worker that goes move. A worker that has too much
// to do hands on to its neighbour on the ring: keys are chosen by clients, and one of them must not bury a worker.

import type { GenerateRequest } from "../../engine.ts";
import { HashRing, pointOf } from "../hash-ring.ts";
import type { Worker } from "../worker.ts";
import { isLight, leastBusy } from "./busyness.ts";
import type { PolicyKind } from "./policy.ts";

/** So few requests at once are no burden, whatever the others have to do. */
const fewRequests = 8;

export const consistentHashing: PolicyKind = {
  placesSessions: true,
  create: ({ workers, random }) => {
    const ring = new HashRing(workers.map((worker) => worker.name));
    return {
      choose: (request, candidates) => {
        const key = keyOf(request);
        if (key === undefined) return { worker: leastBusy(candidates, random), reason: "load" };
        const onRing = ring.order(pointOf(key)).map((index) => workers[index]!);
        const willing = onRing.filter((worker) => candidates.includes(worker));
        const owner = willing[0]!;
        const light = willing.find((worker) => isUnburdened(worker, candidates));
        if (light === undefined) return { worker: owner, reason: "fallback" };
        return { worker: light, reason: light === owner ? "ring" : "load" };
      },
    };
  },
};

function keyOf({ routing }: GenerateRequest): string | undefined {
  return routing?.sessionId ?? routing?.userId;
}

function isUnburdened(worker: Worker, candidates: readonly Worker[]): boolean {
  return worker.outstanding < fewRequests || isLight(worker, candidates);
}
