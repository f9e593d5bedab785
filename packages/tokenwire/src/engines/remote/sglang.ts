// SGLang's `POST /generate` with token IDs. Its streams repeat everything so far unless the server was started
// otherwise, so the new IDs are found by counting.

import { tokenEngine } from "../capabilities.ts";
import { type Engine, EngineError, type FinishReason, type TokenLogprob } from "../engine.ts";
import type { AnswerReader, Dialect, Piece } from "./dialect.ts";
import { asIds, asList, asNumber, asObject, asString, type Json } from "./json-view.ts";
import type { RemoteEngineOptions } from "./options.ts";
import { createRemoteEngine } from "./remote-engine.ts";
import { promptIds, samplingFields } from "./sampling-fields.ts";
import { sglangConstraint } from "./sglang-constraint.ts";
import { usagePieces } from "./usage.ts";

const capabilities = {
  ...tokenEngine,
  cancel: "request-id",
  seed: false,
  constraints: ["json_object", "json_schema", "regex", "grammar", "structural_tag"],
} as const;

const dialect: Dialect = {
  kind: "sglang",
  capabilities,
  generatePath: "/generate",
  // Its health check generates a token.
  health: { path: "/health", timeout: 20_000 },
  toBody: (request) => {
    const { sampling, stop, logprobs, cacheSalt, lora } = request;
    if (sampling.allowedTokenIds !== undefined)
      throw new EngineError("unsupported", "sglang has no list of allowed tokens.");
    const { seed: _seed, ...fields } = samplingFields(request, -1);
    return {
      rid: request.requestId,
      input_ids: promptIds(request),
      sampling_params: {
        ...fields,
        max_new_tokens: sampling.maxTokens,
        ...(sampling.minTokens !== undefined && { min_new_tokens: sampling.minTokens }),
        ...(sampling.ignoreEos && { ignore_eos: true }),
        stop_token_ids: stop?.tokenIds ?? [],
        skip_special_tokens: false,
        no_stop_trim: true,
        ...sglangConstraint("sglang", request.constraint),
      },
      stream: true,
      ...(logprobs && { return_logprob: true, logprob_start_len: -1, top_logprobs_num: logprobs.top }),
      ...(cacheSalt && { extra_key: cacheSalt }),
      ...(lora && { lora_path: lora }),
    };
  },
  createReader: () => new SglangReader(),
  describe: async (http, options, signal) => {
    const info = asObject(await http.json("/get_model_info", { signal, timeout: 10_000 }));
    const server = asObject(
      await http.json("/get_server_info", { signal, timeout: 10_000 }).catch(() => undefined),
    );
    const model =
      options.model ?? asString(server["served_model_name"]) ?? asString(info["model_path"]) ?? "default";
    const context = asNumber(server["context_length"]) ?? asNumber(server["max_total_num_tokens"]);
    return {
      engine: "sglang",
      model,
      servedNames: [model],
      maxContext: options.maxContext ?? context ?? 8192,
      eosTokenIds: [],
      capabilities,
    };
  },
  abort: async (http, rid) => {
    const response = await http.open("/abort_request", {
      method: "POST",
      body: { rid },
      signal: AbortSignal.timeout(5_000),
    });
    response.resume();
  },
};

/** An engine over SGLang. */
export function createSglangEngine(options: RemoteEngineOptions): Engine {
  return createRemoteEngine(dialect, options);
}

class SglangReader implements AnswerReader {
  #seen = 0;

  push(event: unknown): Piece[] {
    const body = asObject(event);
    const meta = asObject(body["meta_info"]);
    const total = asNumber(meta["completion_tokens"]) ?? this.#seen;
    // Right for cumulative and incremental streams and for an abort's last chunk. `slice(-0)` would be everything.
    const fresh = Math.max(0, total - this.#seen);
    const ids = fresh === 0 ? [] : asIds(body["output_ids"]).slice(-fresh);
    this.#seen = Math.max(total, this.#seen);
    const pieces: Piece[] = [];
    if (ids.length > 0) {
      const logprobs = sglangLogprobs(meta, ids);
      pieces.push({ type: "ids", ids, ...(logprobs && { logprobs }) });
    }
    return [...pieces, ...usagePieces(meta), ...sglangFinish(meta["finish_reason"])];
  }

  end(): Piece[] {
    return [];
  }
}

function sglangFinish(value: unknown): Piece[] {
  const finish = asObject(value);
  const type = asString(finish["type"]);
  if (type === undefined) return [];
  const reasons: Readonly<Record<string, FinishReason>> = { stop: "stop", length: "length", abort: "abort" };
  const reason = reasons[type] ?? "error";
  const matched = finish["matched"];
  const known = typeof matched === "number" || typeof matched === "string";
  const message = asString(finish["message"]);
  const error =
    reason === "error" || (reason === "abort" && message)
      ? new EngineError("internal", `sglang: ${message}`)
      : undefined;
  return [
    { type: "finish", reason: error ? "error" : reason, ...(known && { matched }), ...(error && { error }) },
  ];
}

/** `[[logprob, id, text], …]`, everything so far or only what is new: the last ones either way. */
function sglangLogprobs(meta: Json, ids: readonly number[]): TokenLogprob[] | undefined {
  const chosen = asList(meta["output_token_logprobs"]).slice(-ids.length);
  const tops = asList(meta["output_top_logprobs"]).slice(-ids.length);
  if (chosen.length !== ids.length) return undefined;
  return ids.map((id, index) => {
    const top = asList(tops[index]).flatMap((entry) => {
      const [logprob, other] = asList(entry);
      return typeof other === "number" && typeof logprob === "number" ? [{ id: other, logprob }] : [];
    });
    const logprob = asNumber(asList(chosen[index])[0]) ?? Number.NEGATIVE_INFINITY;
    return { id, logprob, ...(top.length > 0 && { top }) };
  });
}
