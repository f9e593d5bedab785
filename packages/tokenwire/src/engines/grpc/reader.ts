// Reads the streamed messages of one choice. Ids are counted by what came: the servers' own counters are deltas in some
// engines and totals in others, and `complete` repeats the last chunk, all of them, or none.

import { EngineError, type FinishReason, type GenerateRequest, type TokenLogprob } from "../engine.ts";
import type { AnswerReader, Piece } from "../remote/dialect.ts";
import { asIds, asList, asNumber, asObject, asString, type Json } from "../remote/json-view.ts";
import type { GrpcDialect } from "./dialect.ts";

const finishReasons: Readonly<Record<string, FinishReason>> = {
  stop: "stop",
  stop_word: "stop",
  length: "length",
  abort: "abort",
};

export class GrpcReader implements AnswerReader {
  readonly #dialect: GrpcDialect;
  readonly #request: GenerateRequest;
  #received = 0;

  constructor(dialect: GrpcDialect, request: GenerateRequest) {
    this.#dialect = dialect;
    this.#request = request;
  }

  push(event: unknown): Piece[] {
    const { chunk, complete } = asObject(event);
    if (chunk !== undefined) return this.#chunk(asObject(chunk), "token_ids");
    if (complete === undefined) return [];
    const last = asObject(complete);
    // A server that does not stream sends everything here, and nothing before.
    const pieces = this.#received === 0 ? this.#chunk(last, "output_ids") : usage(last);
    return [...pieces, ...this.#finish(last)];
  }

  end(): Piece[] {
    return [];
  }

  #chunk(body: Json, field: "token_ids" | "output_ids"): Piece[] {
    const ids = asIds(body[field]);
    if (ids.length === 0) return usage(body);
    this.#received += ids.length;
    const { logprobs: wanted } = this.#request;
    const logprobs = wanted && (parallel(body, ids, wanted.top) ?? entries(body, ids, wanted.top));
    const pieces: Piece[] = [{ type: "ids", ids, ...(logprobs && { logprobs }) }, ...usage(body)];
    const { logprobsAdvice: advice, name } = this.#dialect;
    if (wanted === undefined || logprobs !== undefined || advice === undefined) return pieces;
    const error = new EngineError("unsupported", `grpc-${name} sends no log-probabilities: ${advice}.`);
    return [...pieces, { type: "finish", reason: "error", error }];
  }

  #finish(body: Json): Piece[] {
    const told = asString(body["finish_reason"]) ?? "";
    const reason = finishReasons[told] ?? "error";
    const matched = asNumber(body["matched_token_id"]) ?? asString(body["matched_stop_str"]);
    const transfer = asString(body["kv_transfer_params_json"]);
    return [
      {
        type: "finish",
        reason,
        ...(reason === "stop" && matched !== undefined && { matched }),
        ...(reason === "error" && { error: unknownEnd(this.#dialect.name, told) }),
        ...(transfer && { opaque: { kv_transfer_params: parseOr(transfer) } }),
      },
    ];
  }
}

function unknownEnd(name: string, told: string): EngineError {
  return new EngineError("internal", `grpc-${name} ended an answer with the reason ${JSON.stringify(told)}.`);
}

/** Opaque values are handed on even where they are no JSON. */
function parseOr(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function usage(body: Json): Piece[] {
  const counts = Object.entries({
    cachedTokens: asNumber(body["cached_tokens"]),
    reasoningTokens: asNumber(body["reasoning_tokens"]),
  }).filter(([, count]) => count !== undefined);
  return counts.length === 0 ? [] : [{ type: "usage", usage: Object.fromEntries(counts) }];
}

/** `{token_logprobs, token_ids, top_logprobs}` in parallel; the last ones, where a server repeats earlier ones. */
function parallel(body: Json, ids: readonly number[], top: number): TokenLogprob[] | undefined {
  const lists = asObject(body["output_logprobs"]);
  const chosen = asList(lists["token_logprobs"]).slice(-ids.length);
  const tops = asList(lists["top_logprobs"]).slice(-ids.length);
  if (chosen.length !== ids.length) return undefined;
  return ids.map((id, index) => {
    const other = asObject(tops[index]);
    const values = asList(other["values"]);
    const alternatives = asIds(other["token_ids"]).map((alternative, at) => ({
      id: alternative,
      logprob: toLogprob(values[at]),
    }));
    return withTop(id, chosen[index], alternatives, top);
  });
}

/** One entry per token. */
function entries(body: Json, ids: readonly number[], top: number): TokenLogprob[] | undefined {
  const list = asList(body["logprobs"]).map(asObject).slice(-ids.length);
  if (list.length !== ids.length) return undefined;
  return ids.map((id, index) => {
    const alternatives = asList(list[index]?.["top_logprobs"])
      .map(asObject)
      .map((other) => ({ id: asNumber(other["token_id"]) ?? 0, logprob: toLogprob(other["logprob"]) }));
    return withTop(id, list[index]?.["logprob"], alternatives, top);
  });
}

function withTop(
  id: number,
  logprob: unknown,
  alternatives: readonly { id: number; logprob: number }[],
  top: number,
): TokenLogprob {
  const wanted = alternatives.slice(0, top);
  return { id, logprob: toLogprob(logprob), ...(wanted.length > 0 && { top: wanted }) };
}

const toLogprob = (value: unknown): number => Math.min(0, asNumber(value) ?? Number.NEGATIVE_INFINITY);
