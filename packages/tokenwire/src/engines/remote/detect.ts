// Which engine answers at an address: asked by what only that engine answers.

import { EngineError } from "../engine.ts";
import { EngineHttpClient } from "./http-client.ts";
import { asList, asObject, asString } from "./json-view.ts";
import type { RemoteEngineOptions } from "./options.ts";

export type RemoteKind = "llama-server" | "sglang" | "vllm" | "ollama" | "tgi" | "openai";

/**
 * Probes an address. An OpenAI-compatible server that is none of the known ones is `openai`.
 *
 * @throws EngineError unavailable when nothing answers
 */
export async function detectEngine(options: RemoteEngineOptions, signal?: AbortSignal): Promise<RemoteKind> {
  const http = new EngineHttpClient("detection", options);
  const ask = (path: string): Promise<unknown> =>
    http.json(path, { signal, timeout: 5_000 }).catch((error: unknown) => {
      signal?.throwIfAborted();
      if (error instanceof EngineError && error.status === undefined && error.code === "unavailable")
        throw error;
      return undefined;
    });
  try {
    if (asObject(await ask("/props"))["total_slots"] !== undefined) return "llama-server";
    if (asObject(await ask("/get_model_info"))["model_path"] !== undefined) return "sglang";
    const models = asObject(await ask("/v1/models"));
    const owner = asString(asObject(asList(models["data"])[0])["owned_by"]);
    if (owner === "vllm") return "vllm";
    if (owner === "sglang") return "sglang";
    if (owner === "llamacpp") return "llama-server";
    if (Array.isArray(asObject(await ask("/api/tags"))["models"])) return "ollama";
    if (asObject(await ask("/info"))["model_id"] !== undefined) return "tgi";
    if (models["data"] !== undefined) return "openai";
    throw new EngineError("invalid_request", `${options.url} answers, but not like any engine we know.`);
  } finally {
    http.close();
  }
}
