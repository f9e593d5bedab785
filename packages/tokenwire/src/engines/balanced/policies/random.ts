// Any worker.

import { anyOf } from "./busyness.ts";
import type { PolicyKind } from "./policy.ts";

export const random: PolicyKind = {
  create: (fleet) => ({
    choose: (_request, candidates) => ({ worker: anyOf(candidates, fleet.random), reason: "random" }),
  }),
};
