// Each worker in its turn: the next one after the last that was chosen, in the order in which they were given. Those
// that cannot take a request lose their turn, and it goes to nobody twice.

import type { PolicyKind } from "./policy.ts";

export const roundRobin: PolicyKind = {
  create: ({ workers }) => {
    let last = workers.length - 1;
    return {
      choose: (_request, candidates) => {
        do last = (last + 1) % workers.length;
        while (!candidates.includes(workers[last]!));
        return { worker: workers[last]!, reason: "turn" };
      },
    };
  },
};
