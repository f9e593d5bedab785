// An engine's gRPC service, in its dialect.

import { type Engine, EngineError, type EngineInfo, type EngineLoad, type Sampling } from "../engine.ts";
import type { StreamedEvent } from "../remote/event-reader.ts";
import { asIds, asList, asNumber, asObject, asString, type Json } from "../remote/json-view.ts";
import type { RemoteEngineOptions } from "../remote/options.ts";
import type { Upstream } from "../remote/upstream.ts";
import { GrpcConnection, type Method } from "./connection.ts";
import type { GrpcDialect } from "./dialect.ts";
import { kvEventBatch, kvEventsRequest } from "./messages.ts";
import { GrpcReader } from "./reader.ts";
import { fetchTokenizer } from "./tokenizer-files.ts";
import type { Message } from "./wire.ts";

const questionTimeout = 10_000;
const assumedContext = 8192;

export function createGrpcUpstream(dialect: GrpcDialect, options: RemoteEngineOptions): Upstream {
  const { messages, capabilities } = dialect;
  const kind = `grpc-${dialect.name}`;
  const connection = new GrpcConnection(kind, options);
  const method = (name: string, request: Message, response: Message): Method => ({
    path: `/${dialect.service}/${name}`,
    request,
    response,
  });
  const ask = (name: string, response: Message, signal?: AbortSignal) =>
    connection.call(method(name, {}, response), {}, { timeout: questionTimeout, signal });
  let vocabSize: number | undefined;
  let isDescribed = false;

  async function describe(signal?: AbortSignal): Promise<EngineInfo> {
    const said = await ask("GetModelInfo", messages.modelInfo, signal);
    const model = dialect.correctInfo?.(said) ?? said;
    const server =
      messages.serverInfo && (await ask("GetServerInfo", messages.serverInfo, signal).catch(() => undefined));
    const info = { ...toInfo(kind, model, asString(server?.["version"]), options), capabilities };
    vocabSize = info.vocabSize;
    isDescribed = true;
    return info;
  }

  async function health(signal?: AbortSignal): Promise<{ ok: boolean; detail?: string }> {
    try {
      const answer = await ask("HealthCheck", messages.health, signal);
      const ok = answer["healthy"] === true || answer["status"] === "OK";
      const detail = asString(answer["message"]) ?? asString(answer["status"]);
      return { ok, ...(detail && { detail }) };
    } catch (error) {
      signal?.throwIfAborted();
      return { ok: false, detail: (error as Error).message };
    }
  }

  const generate = method("Generate", messages.generateRequest, messages.generateResponse);
  const open: Upstream["open"] = async (request, _model, signal) => {
    if (request.sampling.logitBias?.size && !isDescribed) await describe(signal);
    const answers = connection.stream(
      generate,
      dialect.toRequest(request, vocabSize),
      signal,
      request.headers,
    );
    // The first message tells whether the request was accepted; until then another attempt is possible.
    return resumed(await answers.next(), answers);
  };

  const { loads, embedRequest, embedResponse } = messages;
  const load = async (signal?: AbortSignal): Promise<EngineLoad> =>
    toLoad(await ask("GetLoads", loads as Message, signal));
  const embed: NonNullable<Engine["embed"]> = async ({ requestId, inputs }, signal) => {
    const call = method("Embed", embedRequest as Message, embedResponse as Message);
    const vectors: Float32Array[] = [];
    let promptTokens = 0;
    for (const [index, ids] of inputs.entries()) {
      const value = { request_id: `${requestId}-${index}`, tokenized: { input_ids: ids } };
      const answer = await connection.call(call, value, { timeout: 60_000, signal });
      vectors.push(Float32Array.from(asList(answer["embedding"]) as number[]));
      promptTokens += asNumber(answer["prompt_tokens"]) ?? ids.length;
    }
    return { vectors, usage: { promptTokens, completionTokens: 0 } };
  };
  const subscribe = method("SubscribeKvEvents", kvEventsRequest, kvEventBatch);

  return {
    kind,
    capabilities,
    describe,
    health,
    open,
    createReader: (request) => new GrpcReader(dialect, request),
    abort: async (requestId) => {
      const call = method("Abort", messages.abortRequest, {});
      await connection.call(call, dialect.toAbort(requestId), { timeout: 5_000 });
    },
    ...(loads && { load }),
    ...(embedRequest && { embed }),
    tokenizerArtifacts: (signal) => fetchTokenizer(connection, dialect.service, signal),
    ...(capabilities.kvEvents && {
      kvEvents: (signal) => connection.stream(subscribe, { start_sequence_number: 0 }, signal),
    }),
    close: () => connection.close(),
  };
}

/** A stream of which the first message has been read. */
async function* resumed(
  first: IteratorResult<Json, void>,
  rest: AsyncGenerator<Json, void>,
): AsyncGenerator<StreamedEvent, void> {
  try {
    if (first.done) return;
    yield { done: false, value: first.value };
    for await (const value of rest) yield { done: false, value };
  } finally {
    await rest.return();
  }
}

function toInfo(
  kind: string,
  model: Json,
  version: string | undefined,
  options: RemoteEngineOptions,
): Omit<EngineInfo, "capabilities"> {
  const name = asString(model["served_model_name"]) || asString(model["model_path"]);
  const chosen = options.model ?? name;
  if (!chosen) throw new EngineError("invalid_request", `${kind} at ${options.url} does not name its model.`);
  const bosTokenId = asNumber(model["bos_token_id"]);
  const vocabSize = asNumber(model["vocab_size"]);
  const defaults = asString(model["default_sampling_params_json"]);
  return {
    engine: kind,
    ...(version && { version }),
    model: chosen,
    servedNames: [chosen],
    maxContext: options.maxContext ?? (asNumber(model["max_context_length"]) || assumedContext),
    ...(vocabSize && { vocabSize }),
    eosTokenIds: asIds(model["eos_token_ids"]),
    ...(bosTokenId !== undefined && { bosTokenId }),
    ...(defaults && { defaultSampling: toDefaults(defaults) }),
  };
}

/** The model's recommended sampling, as the server read it; nothing where that is not JSON. */
function toDefaults(text: string): Partial<Sampling> {
  let values: Json = {};
  try {
    values = asObject(JSON.parse(text));
  } catch {
    return {};
  }
  const named = {
    temperature: asNumber(values["temperature"]),
    topP: asNumber(values["top_p"]),
    topK: asNumber(values["top_k"]),
    minP: asNumber(values["min_p"]),
    repetitionPenalty: asNumber(values["repetition_penalty"]),
  };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
}

/** Sums over the parts of a server that runs the model several times. */
function toLoad(answer: Json): EngineLoad {
  const parts = asList(answer["loads"]).map(asObject);
  const sum = (field: string) => parts.reduce((total, part) => total + (asNumber(part[field]) ?? 0), 0);
  const mean = (field: string) => sum(field) / Math.max(1, parts.length);
  const has = (field: string) => parts.some((part) => part[field] !== undefined);
  return {
    running: sum("running"),
    waiting: sum("waiting"),
    ...(has("used_tokens") && { usedTokens: sum("used_tokens") }),
    ...(has("max_total_tokens") && { maxTokens: sum("max_total_tokens") }),
    ...(has("token_usage") && { kvUsage: mean("token_usage") }),
    ...(has("cache_hit_rate") && { cacheHitRate: mean("cache_hit_rate") }),
  };
}
