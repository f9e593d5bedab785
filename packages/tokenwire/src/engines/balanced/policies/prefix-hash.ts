// By the beginning of a prompt: prompts that begin alike belong to the same worker on a ring, and go to the least busy
// of the others while that one has too much to do.

import type { GenerateRequest } from "../../engine.ts";
import { HashRing } from "../hash-ring.ts";
import { prefixBlocks } from "../prefix-blocks.ts";
import { isLight, leastBusy } from "./busyness.ts";
import type { PolicyKind } from "./policy.ts";

export const prefixHash: PolicyKind = {
  create: ({ workers, random, affinityTokens }) => {
    const ring = new HashRing(workers.map((worker) => worker.name));
    return {
      choose: (request, candidates) => {
        const key = beginningOf(request, affinityTokens);
        if (key === undefined) return { worker: leastBusy(candidates, random), reason: "load" };
        const onRing = ring.order(key).map((index) => workers[index]!);
        const preferred = onRing.find((worker) => candidates.includes(worker))!;
        if (isLight(preferred, candidates)) return { worker: preferred, reason: "ring" };
        const light = candidates.filter((worker) => isLight(worker, candidates));
        if (light.length === 0) return { worker: preferred, reason: "fallback" };
        return { worker: leastBusy(light, random), reason: "load" };
      },
    };
  },
};

/** The hash of a prompt's beginning: the deepest full block of it, or all of a short prompt. None for text. */
function beginningOf(
  { prompt, cacheSalt, lora, routing }: GenerateRequest,
  affinityTokens: number,
): bigint | undefined {
  const given = routing?.prefixBlocks;
  if (given !== undefined && given.hashes.length > 0) {
    return given.hashes[Math.min(given.hashes.length, Math.ceil(affinityTokens / given.size)) - 1];
  }
  if (!("tokenIds" in prompt) || prompt.tokenIds.length === 0) return undefined;
  const ids = prompt.tokenIds.subarray(0, affinityTokens);
  return prefixBlocks(ids, {
    blockSize: ids.length,
    ...(cacheSalt && { salt: cacheSalt }),
    ...(lora && { lora }),
  })[0];
}
