// The evals by name. Adding one is one file and one line here.

import { TokenwireError } from "@tokenwire/core";
import { aime25 } from "./aime.ts";
import { basic } from "./basic.ts";
import { gpqa } from "./gpqa.ts";
import { healthbench, healthbenchConsensus, healthbenchHard } from "./healthbench.ts";
import { ownDataset } from "./own-dataset.ts";
import type { EvalDefinition } from "./types.ts";

export const evals: readonly EvalDefinition[] = [
  basic,
  gpqa,
  aime25,
  healthbench,
  healthbenchHard,
  healthbenchConsensus,
  ownDataset,
];

/** The eval of this name. Throws with the known names. */
export function getEval(name: string): EvalDefinition {
  const found = evals.find((entry) => entry.name === name);
  if (found !== undefined) return found;
  throw new TokenwireError(
    "INVALID_ARGUMENT",
    `Unknown eval "${name}". Known evals: ${evals.map((entry) => entry.name).join(", ")}.`,
  );
}
