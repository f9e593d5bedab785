// `GET /v1/models`, which nearly every engine answers.

import { type Capabilities, EngineError, type EngineInfo } from "../engine.ts";
import type { EngineHttpClient } from "./http-client.ts";
import { asList, asNumber, asObject, asString } from "./json-view.ts";
import type { RemoteEngineOptions } from "./options.ts";

const assumedContext = 8192;

/** The wanted model, or the first; its context length where the server tells it. */
export async function describeFromModels(
  engine: string,
  capabilities: Capabilities,
  http: EngineHttpClient,
  options: RemoteEngineOptions,
  signal?: AbortSignal,
): Promise<EngineInfo> {
  const answer = asObject(await http.json("/v1/models", { signal, timeout: 10_000 }));
  const models = asList(answer["data"]).map(asObject);
  const names = models.map((model) => asString(model["id"])).filter((name) => name !== undefined);
  const wanted = options.model ?? names[0];
  const found = models.find((model) => model["id"] === wanted);
  if (wanted === undefined || (found === undefined && names.length > 0)) {
    const known = names.length === 0 ? "it serves none" : `it serves ${names.join(", ")}`;
    throw new EngineError(
      "invalid_request",
      `${engine} at ${options.url} has no model "${wanted ?? ""}": ${known}.`,
    );
  }
  const meta = asObject(found?.["meta"]);
  const context =
    asNumber(found?.["max_model_len"]) ?? asNumber(meta["n_ctx"]) ?? asNumber(meta["n_ctx_train"]);
  const vocabSize = asNumber(meta["n_vocab"]);
  return {
    engine,
    model: wanted,
    servedNames: names,
    maxContext: options.maxContext ?? context ?? assumedContext,
    eosTokenIds: [],
    capabilities,
    ...(vocabSize !== undefined && { vocabSize }),
  };
}
