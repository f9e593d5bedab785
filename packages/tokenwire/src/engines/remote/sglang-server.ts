// What SGLang says about itself: its model, its limits, how busy it is.

import { type Capabilities, EngineError, type EngineInfo, type EngineLoad } from "../engine.ts";
import type { EngineHttpClient } from "./http-client.ts";
import { asList, asNumber, asObject, asString } from "./json-view.ts";
import { describeFromModels } from "./model-list.ts";
import type { RemoteEngineOptions } from "./options.ts";

/** The model, with a context no larger than the server's memory for tokens. */
export async function describeSglang(
  capabilities: Capabilities,
  http: EngineHttpClient,
  options: RemoteEngineOptions,
  signal?: AbortSignal,
): Promise<EngineInfo> {
  const info = await describeFromModels("sglang", capabilities, http, options, signal);
  const server = asObject(
    await http.json("/get_server_info", { signal, timeout: 10_000 }).catch(() => undefined),
  );
  signal?.throwIfAborted();
  const room = asNumber(server["max_total_num_tokens"]) ?? Number.POSITIVE_INFINITY;
  const version = asString(server["version"]);
  const vocabSize = await askVocabSize(http, signal);
  return {
    ...info,
    maxContext: Math.min(info.maxContext, options.maxContext ?? room),
    // Elsewhere a seed is taken and ignored.
    capabilities: { ...capabilities, seed: server["enable_deterministic_inference"] === true },
    ...(version !== undefined && { version }),
    ...(vocabSize !== undefined && { vocabSize }),
  };
}

/**
 * The number of ids, which only a refusal names: "logit_bias must has keys in [0, 1279], got -1." A server that does not
 * look generates nothing.
 */
async function askVocabSize(http: EngineHttpClient, signal?: AbortSignal): Promise<number | undefined> {
  const body = { input_ids: [0], sampling_params: { max_new_tokens: 0, logit_bias: { "-1": 0 } } };
  try {
    await http.json("/generate", { body, signal, timeout: 10_000 });
    return undefined;
  } catch (error) {
    signal?.throwIfAborted();
    const last = /\[0, (\d+)\]/.exec((error as Error).message)?.[1];
    return last === undefined ? undefined : Number(last) + 1;
  }
}

/** The sum over the server's schedulers. */
export async function sglangLoad(http: EngineHttpClient, signal?: AbortSignal): Promise<EngineLoad> {
  const answer = await http.json("/v1/loads?include=core", { signal, timeout: 5_000 }).catch((error) => {
    if (!(error instanceof EngineError && error.status === 404)) throw error;
    throw new EngineError("unsupported", "sglang: this version does not tell its load.", { cause: error });
  });
  const parts = asList(asObject(answer)["loads"]).map(asObject);
  const sum = (field: string) => parts.reduce((total, part) => total + (asNumber(part[field]) ?? 0), 0);
  const count = Math.max(1, parts.length);
  return {
    running: sum("num_running_reqs"),
    waiting: sum("num_waiting_reqs"),
    usedTokens: sum("num_used_tokens"),
    maxTokens: sum("max_total_num_tokens"),
    kvUsage: sum("token_usage") / count,
    cacheHitRate: sum("cache_hit_rate") / count,
  };
}
