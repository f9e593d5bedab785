// The worker with the fewest requests of this process.

import { leastBusy } from "./busyness.ts";
import type { PolicyKind } from "./policy.ts";

export const leastOutstanding: PolicyKind = {
  create: ({ random }) => ({
    choose: (_request, candidates) => ({ worker: leastBusy(candidates, random), reason: "load" }),
  }),
};
