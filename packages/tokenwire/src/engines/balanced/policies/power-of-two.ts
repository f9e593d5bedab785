// Two workers by chance, and of them the one with fewer requests. Nearly as even as the least busy of all, and many
// processes that do so at once do not all run to the same worker.

import { anyOf, leastBusy } from "./busyness.ts";
import type { PolicyKind } from "./policy.ts";

export const powerOfTwo: PolicyKind = {
  create: ({ random }) => ({
    choose: (_request, candidates) => {
      const first = anyOf(candidates, random);
      const others = candidates.filter((worker) => worker !== first);
      const pair = others.length === 0 ? [first] : [first, anyOf(others, random)];
      return { worker: leastBusy(pair, random), reason: "load" };
    },
  }),
};
