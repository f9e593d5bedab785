// vLLM's (and its relatives') `POST /v1/completions` with a token prompt and token IDs in the answer: for servers that do
// not offer the token endpoint.

import { type Engine, EngineError, type GenerateRequest, type TokenLogprob } from "../engine.ts";
import type { AnswerReader, Dialect, Piece } from "./dialect.ts";
import { asIds, asList, asNumber, asObject, asString } from "./json-view.ts";
import { describeFromModels } from "./model-list.ts";
import type { RemoteEngineOptions } from "./options.ts";
import { createRemoteEngine } from "./remote-engine.ts";
import { promptIds } from "./sampling-fields.ts";
import { usagePieces } from "./usage.ts";
import { vllmCapabilities, vllmFields } from "./vllm-fields.ts";
import { vllmLoad } from "./vllm-load.ts";
import { finishPieces } from "./vllm-tokens.ts";

const dialect: Dialect = {
  kind: "vllm-completions",
  capabilities: vllmCapabilities,
  generatePath: "/v1/completions",
  health: { path: "/health", timeout: 5_000 },
  load: vllmLoad,
  toBody: (request, model) => {
    const { logprobs, cacheSalt, lora } = request;
    return {
      request_id: request.requestId,
      model: lora ?? model,
      prompt: promptIds(request),
      ...vllmFields(request),
      add_special_tokens: false,
      return_token_ids: true,
      ...(logprobs && { return_tokens_as_token_ids: true }),
      ...(cacheSalt && { cache_salt: cacheSalt }),
      stream: true,
      stream_options: { include_usage: true },
    };
  },
  createReader: (request) => new CompletionsReader(request),
  describe: (http, options, signal) =>
    describeFromModels("vllm-completions", vllmCapabilities, http, options, signal),
};

/** An engine over an OpenAI completions endpoint that takes and returns token IDs. */
export function createVllmCompletionsEngine(options: RemoteEngineOptions): Engine {
  return createRemoteEngine(dialect, options);
}

class CompletionsReader implements AnswerReader {
  readonly #request: GenerateRequest;

  constructor(request: GenerateRequest) {
    this.#request = request;
  }

  push(event: unknown): Piece[] {
    const body = asObject(event);
    const pieces: Piece[] = [];
    for (const value of asList(body["choices"])) {
      const choice = asObject(value);
      const ids = asIds(choice["token_ids"]);
      const text = asString(choice["text"]) ?? "";
      if (ids.length === 0 && text !== "") return [{ type: "finish", reason: "error", error: noIds() }];
      if (ids.length > 0) {
        const logprobs = this.#request.logprobs && legacyLogprobs(choice["logprobs"], ids);
        pieces.push({ type: "ids", ids, ...(logprobs && { logprobs }) });
      }
      pieces.push(...finishPieces(choice));
    }
    return [...pieces, ...usagePieces(body["usage"])];
  }

  end(): Piece[] {
    return [];
  }
}

function noIds(): EngineError {
  return new EngineError(
    "unsupported",
    "vllm-completions: the server returns no token IDs; update it, or use the engine kind openai, which works on text.",
  );
}

/** The completions shape: parallel lists, tokens spelled `token_id:123`. */
function legacyLogprobs(value: unknown, ids: readonly number[]): TokenLogprob[] | undefined {
  const logprobs = asObject(value);
  const chosen = asList(logprobs["token_logprobs"]);
  const tops = asList(logprobs["top_logprobs"]);
  if (chosen.length !== ids.length) return undefined;
  return ids.map((id, index) => {
    const top = Object.entries(asObject(tops[index])).flatMap(([token, logprob]) => {
      const named = /^token_id:(\d+)$/.exec(token)?.[1];
      return named === undefined
        ? []
        : [{ id: Number(named), logprob: asNumber(logprob) ?? Number.NEGATIVE_INFINITY }];
    });
    top.sort((a, b) => b.logprob - a.logprob);
    return {
      id,
      logprob: asNumber(chosen[index]) ?? Number.NEGATIVE_INFINITY,
      ...(top.length > 0 && { top }),
    };
  });
}
