// Where the prompt's beginning was before: the next turn of a conversation contains the last block of an earlier one,
// and so is known, however short both are; another conversation with the same instructions is not. New prompts, and
// those of a worker that has too much to do, go by the hash of their beginning.

import type { GenerateRequest } from "../../engine.ts";
import { PlaceMemory } from "../place-memory.ts";
import { prefixBlocks } from "../prefix-blocks.ts";
import { isLight } from "./busyness.ts";
import type { PolicyKind } from "./policy.ts";
import { prefixHash } from "./prefix-hash.ts";

export const prefix: PolicyKind = {
  create: (fleet) => {
    const places = new PlaceMemory<bigint>();
    const byHash = prefixHash.create(fleet);
    return {
      choose: (request, candidates) => {
        const blocks = blocksOf(request);
        const known = places.find(blocks);
        const isUsable = known !== undefined && candidates.includes(known) && isLight(known, candidates);
        const choice = isUsable
          ? ({ worker: known, reason: "prefix" } as const)
          : byHash.choose(request, candidates);
        places.remember(blocks.at(-1), choice.worker);
        return choice;
      },
      learn: (request, worker) => places.remember(blocksOf(request).at(-1), worker),
    };
  },
};

function blocksOf({ prompt, cacheSalt, lora, routing }: GenerateRequest): readonly bigint[] {
  if (routing?.prefixBlocks !== undefined) return routing.prefixBlocks.hashes;
  if (!("tokenIds" in prompt)) return [];
  return prefixBlocks(prompt.tokenIds, { ...(cacheSalt && { salt: cacheSalt }), ...(lora && { lora }) });
}
