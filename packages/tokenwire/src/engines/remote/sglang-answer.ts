// The events of SGLang's answers. They repeat everything so far unless the server was started otherwise, so the new IDs
// are found by counting.

import { EngineError, type FinishReason, type TokenLogprob } from "../engine.ts";
import type { AnswerReader, Opening, Piece } from "./dialect.ts";
import { httpError } from "./error-mapping.ts";
import { asIds, asList, asNumber, asObject, asString, type Json } from "./json-view.ts";
import { usagePieces } from "./usage.ts";

export class SglangReader implements AnswerReader {
  #seen = 0;

  push(event: unknown): Piece[] {
    const body = asObject(event);
    const meta = asObject(body["meta_info"]);
    const refusal = refusalIn(meta);
    // It comes with an id that stands for none.
    if (refusal !== undefined && this.#seen === 0)
      return [{ type: "finish", reason: "error", error: refusal }];
    const total = asNumber(meta["completion_tokens"]) ?? this.#seen;
    // Right for cumulative and incremental streams and for an abort's last chunk. `slice(-0)` would be everything.
    const fresh = Math.max(0, total - this.#seen);
    const ids = fresh === 0 ? [] : asIds(body["output_ids"]).slice(-fresh);
    this.#seen = Math.max(total, this.#seen);
    const pieces: Piece[] = [];
    if (ids.length > 0) {
      const logprobs = outputLogprobs(meta, ids);
      pieces.push({ type: "ids", ids, ...(logprobs && { logprobs }) });
    }
    return [...pieces, ...usagePieces(meta), ...finishPieces(meta)];
  }

  end(): Piece[] {
    return [];
  }
}

/** What the first event says of the request as a whole. */
export function readSglangOpening(event: unknown): Opening {
  const meta = asObject(asObject(event)["meta_info"]);
  const refusal = refusalIn(meta);
  const promptLogprobs = promptLogprobsIn(meta);
  return { ...(refusal && { refusal }), ...(promptLogprobs && { promptLogprobs }) };
}

/** A request that was refused when its turn came, or thrown out: an abort with the status that it would have had. */
function refusalIn(meta: Json): EngineError | undefined {
  const finish = asObject(meta["finish_reason"]);
  const status = asNumber(finish["status_code"]);
  if (finish["type"] !== "abort" || status === undefined) return undefined;
  const error = httpError("sglang", status, (asString(finish["message"]) ?? "").trim(), undefined);
  if (!/ grammar: /.test(error.message)) return error;
  const { code, message, retryable } = error;
  return new EngineError(code, message, { status, retryable, about: "constraint" });
}

const reasons: Readonly<Record<string, FinishReason>> = { stop: "stop", length: "length", abort: "abort" };

function finishPieces(meta: Json): Piece[] {
  const finish = asObject(meta["finish_reason"]);
  const type = asString(finish["type"]);
  if (type === undefined) return [];
  const reason = reasons[type] ?? "error";
  const matched = finish["matched"];
  const known = typeof matched === "number" || typeof matched === "string";
  const message = asString(finish["message"]);
  const error =
    refusalIn(meta) ??
    (reason === "error" || (reason === "abort" && message)
      ? new EngineError("internal", `sglang: ${message}`)
      : undefined);
  return [
    { type: "finish", reason: error ? "error" : reason, ...(known && { matched }), ...(error && { error }) },
  ];
}

/** `[[logprob, id, text], …]`, everything so far or only what is new: the last ones either way. */
function outputLogprobs(meta: Json, ids: readonly number[]): TokenLogprob[] | undefined {
  const chosen = asList(meta["output_token_logprobs"]).slice(-ids.length);
  const tops = asList(meta["output_top_logprobs"]).slice(-ids.length);
  if (chosen.length !== ids.length) return undefined;
  return ids.map((id, index) => toLogprob(id, chosen[index], tops[index]));
}

/** The first token follows nothing and has none. */
function promptLogprobsIn(meta: Json): (TokenLogprob | null)[] | undefined {
  const chosen = asList(meta["input_token_logprobs"]);
  const tops = asList(meta["input_top_logprobs"]);
  if (chosen.length === 0) return undefined;
  return chosen.map((entry, index) => {
    const [logprob, id] = asList(entry);
    return typeof logprob === "number" && typeof id === "number" ? toLogprob(id, entry, tops[index]) : null;
  });
}

function toLogprob(id: number, chosen: unknown, alternatives: unknown): TokenLogprob {
  const top = asList(alternatives).flatMap((entry) => {
    const [logprob, other] = asList(entry);
    return typeof other === "number" && typeof logprob === "number" ? [{ id: other, logprob }] : [];
  });
  const logprob = asNumber(asList(chosen)[0]) ?? Number.NEGATIVE_INFINITY;
  return { id, logprob, ...(top.length > 0 && { top }) };
}
