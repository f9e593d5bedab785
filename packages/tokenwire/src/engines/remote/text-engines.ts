// Engines that speak only text: any OpenAI-compatible completions endpoint, and Ollama. The prompt is rendered here and
// sent as text; the answer is text again, and the layer above tokenizes it for itself.

import { textEngine } from "../capabilities.ts";
import { type Engine, EngineError, type GenerateRequest } from "../engine.ts";
import type { AnswerReader, Dialect, Piece } from "./dialect.ts";
import { asList, asNumber, asObject, asString, type Json } from "./json-view.ts";
import { describeFromModels } from "./model-list.ts";
import type { RemoteEngineOptions } from "./options.ts";
import { createRemoteEngine } from "./remote-engine.ts";
import { usagePieces } from "./usage.ts";
import { finishPieces } from "./vllm-tokens.ts";

const promptText = (request: GenerateRequest): string =>
  "text" in request.prompt ? request.prompt.text : "";

const openai: Dialect = {
  kind: "openai",
  capabilities: textEngine,
  generatePath: "/v1/completions",
  health: { path: "/v1/models", timeout: 10_000 },
  toBody: (request, model) => {
    const { sampling, stop, constraint } = request;
    return {
      model,
      prompt: promptText(request),
      max_tokens: sampling.maxTokens,
      temperature: sampling.temperature ?? 1,
      top_p: sampling.topP ?? 1,
      frequency_penalty: sampling.frequencyPenalty ?? 0,
      presence_penalty: sampling.presencePenalty ?? 0,
      ...(sampling.seed !== undefined && { seed: sampling.seed }),
      ...(stop?.strings && stop.strings.length > 0 && { stop: stop.strings }),
      ...(constraint?.kind === "json_object" && { response_format: { type: "json_object" } }),
      ...(constraint?.kind === "json_schema" && {
        response_format: { type: "json_schema", json_schema: { name: "output", schema: constraint.schema } },
      }),
      stream: true,
      stream_options: { include_usage: true },
    };
  },
  createReader: () => new OpenAiReader(),
  describe: (http, options, signal) => describeFromModels("openai", textEngine, http, options, signal),
};

/** An engine over any OpenAI-compatible `/v1/completions`, in text. */
export function createOpenAiEngine(options: RemoteEngineOptions): Engine {
  return createRemoteEngine(openai, options);
}

class OpenAiReader implements AnswerReader {
  push(event: unknown): Piece[] {
    const body = asObject(event);
    const pieces: Piece[] = [];
    for (const value of asList(body["choices"])) {
      const choice = asObject(value);
      const text = asString(choice["text"]) ?? "";
      if (text !== "") pieces.push({ type: "text", text });
      pieces.push(...finishPieces(choice));
    }
    return [...pieces, ...usagePieces(body["usage"])];
  }

  end(): Piece[] {
    return [];
  }
}

const ollama: Dialect = {
  kind: "ollama",
  capabilities: textEngine,
  generatePath: "/api/generate",
  health: { path: "/api/tags", timeout: 5_000 },
  toBody: (request, model) => {
    const { sampling, stop, constraint } = request;
    return {
      model,
      prompt: promptText(request),
      raw: true,
      stream: true,
      ...(constraint?.kind === "json_object" && { format: "json" }),
      ...(constraint?.kind === "json_schema" && { format: constraint.schema }),
      options: {
        num_predict: sampling.maxTokens,
        temperature: sampling.temperature ?? 1,
        top_k: sampling.topK ?? 0,
        top_p: sampling.topP ?? 1,
        min_p: sampling.minP ?? 0,
        repeat_penalty: sampling.repetitionPenalty ?? 1,
        presence_penalty: sampling.presencePenalty ?? 0,
        frequency_penalty: sampling.frequencyPenalty ?? 0,
        ...(sampling.seed !== undefined && { seed: sampling.seed }),
        ...(stop?.strings && stop.strings.length > 0 && { stop: stop.strings }),
      },
    };
  },
  createReader: () => new OllamaReader(),
  describe: async (http, options, signal) => {
    const tags = asObject(await http.json("/api/tags", { signal, timeout: 10_000 }));
    const names = asList(tags["models"])
      .map((model) => asString(asObject(model)["name"]))
      .filter((name) => name !== undefined);
    const model = options.model ?? names[0];
    if (model === undefined)
      throw new EngineError("invalid_request", `ollama at ${options.url} has no model; pull one.`);
    const shown = asObject(
      await http
        .json("/api/show", { method: "POST", body: { model }, signal, timeout: 10_000 })
        .catch(() => undefined),
    );
    const details = Object.entries(asObject(shown["model_info"]));
    const context = asNumber(details.find(([key]) => key.endsWith(".context_length"))?.[1]);
    return {
      engine: "ollama",
      model,
      servedNames: names,
      maxContext: options.maxContext ?? context ?? 8192,
      eosTokenIds: [],
      capabilities: textEngine,
    };
  },
};

/** An engine over Ollama's raw generation, in text. */
export function createOllamaEngine(options: RemoteEngineOptions): Engine {
  return createRemoteEngine(ollama, options);
}

class OllamaReader implements AnswerReader {
  push(event: unknown): Piece[] {
    const body: Json = asObject(event);
    const pieces: Piece[] = [];
    const text = asString(body["response"]) ?? "";
    if (text !== "") pieces.push({ type: "text", text });
    if (body["done"] !== true) return pieces;
    const promptTokens = asNumber(body["prompt_eval_count"]);
    const completionTokens = asNumber(body["eval_count"]);
    const usage = {
      ...(promptTokens !== undefined && { promptTokens }),
      ...(completionTokens !== undefined && { completionTokens }),
    };
    const reason = body["done_reason"] === "length" ? "length" : "stop";
    return [...pieces, { type: "usage", usage }, { type: "finish", reason }];
  }

  end(): Piece[] {
    return [];
  }
}
