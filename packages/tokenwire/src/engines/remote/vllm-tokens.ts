// vLLM's token endpoint, `POST /inference/v1/generate`: IDs in, IDs out. The server needs `--enable-scale-out`.

import type { Engine, FinishReason, TokenLogprob } from "../engine.ts";
import type { AnswerReader, Dialect, Piece } from "./dialect.ts";
import { asIds, asList, asNumber, asObject, asString, type Json } from "./json-view.ts";
import { describeFromModels } from "./model-list.ts";
import type { RemoteEngineOptions } from "./options.ts";
import { createRemoteEngine } from "./remote-engine.ts";
import { promptIds } from "./sampling-fields.ts";
import { usagePieces } from "./usage.ts";
import { vllmCapabilities, vllmFields } from "./vllm-fields.ts";
import { vllmLoad } from "./vllm-load.ts";

const finishReasons: Readonly<Record<string, FinishReason>> = {
  stop: "stop",
  length: "length",
  abort: "abort",
  error: "error",
  repetition: "repetition",
};

const dialect: Dialect = {
  kind: "vllm",
  capabilities: vllmCapabilities,
  generatePath: "/inference/v1/generate",
  health: { path: "/health", timeout: 5_000 },
  load: vllmLoad,
  toBody: (request, model) => {
    const { priority, cacheSalt, lora, opaque } = request;
    return {
      request_id: request.requestId,
      model: lora ?? model,
      token_ids: promptIds(request),
      sampling_params: { ...vllmFields(request), detokenize: false },
      stream: true,
      stream_options: { include_usage: true },
      ...(cacheSalt && { cache_salt: cacheSalt }),
      ...(priority && { priority }),
      ...(opaque?.["kv_transfer_params"] !== undefined && {
        kv_transfer_params: opaque["kv_transfer_params"],
      }),
    };
  },
  createReader: () => new VllmReader(),
  describe: (http, options, signal) => describeFromModels("vllm", vllmCapabilities, http, options, signal),
};

/** An engine over vLLM's token endpoint. */
export function createVllmTokensEngine(options: RemoteEngineOptions): Engine {
  return createRemoteEngine(dialect, options);
}

class VllmReader implements AnswerReader {
  push(event: unknown): Piece[] {
    const body = asObject(event);
    const pieces: Piece[] = [];
    for (const value of asList(body["choices"])) {
      const choice = asObject(value);
      const ids = asIds(choice["token_ids"]);
      if (ids.length > 0) {
        const logprobs = vllmLogprobs(choice["logprobs"], ids);
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

/** The finish of a choice, when it has one. */
export function finishPieces(choice: Json): Piece[] {
  const reason = finishReasons[asString(choice["finish_reason"]) ?? ""];
  if (reason === undefined) return [];
  const matched = choice["stop_reason"];
  const known = typeof matched === "number" || typeof matched === "string";
  return [{ type: "finish", reason, ...(known && { matched }) }];
}

/** Both shapes: `{token_id, logprob, top_logprobs}` and the older one with `token: "token_id:123"`. */
export function vllmLogprobs(value: unknown, ids: readonly number[]): TokenLogprob[] | undefined {
  const content = asList(asObject(value)["content"]).map(asObject);
  if (content.length !== ids.length) return undefined;
  return content.map((entry, index) => {
    const id = ids[index]!;
    const top = asList(entry["top_logprobs"])
      .map(asObject)
      .flatMap((alternative) => {
        const other = idOf(alternative);
        return other === undefined
          ? []
          : [{ id: other, logprob: asNumber(alternative["logprob"]) ?? Number.NEGATIVE_INFINITY }];
      });
    const logprob = asNumber(entry["logprob"]) ?? Number.NEGATIVE_INFINITY;
    // Older servers give every alternative the chosen token's ID: worthless.
    const isUsable = top.length > 0 && (top.length === 1 || top.some((alternative) => alternative.id !== id));
    return { id, logprob, ...(isUsable && { top }) };
  });
}

function idOf(entry: Json): number | undefined {
  const direct = asNumber(entry["token_id"]);
  if (direct !== undefined) return direct;
  const named = /^token_id:(\d+)$/.exec(asString(entry["token"]) ?? "")?.[1];
  return named === undefined ? undefined : Number(named);
}
