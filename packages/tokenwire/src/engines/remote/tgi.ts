// Text Generation Inference, `POST /generate_stream`: text in, token IDs out. It knows no stop IDs: they are watched here.

import { textEngine } from "../capabilities.ts";
import { type Engine, EngineError, type GenerateRequest, type TokenLogprob } from "../engine.ts";
import type { AnswerReader, Dialect, Piece } from "./dialect.ts";
import { asList, asNumber, asObject, asString, type Json } from "./json-view.ts";
import type { RemoteEngineOptions } from "./options.ts";
import { createRemoteEngine } from "./remote-engine.ts";

/** Alternatives that a server gives unless it was started with more. */
const maxTop = 5;
/** Strings to stop at that it takes unless it was started with more; all are matched here anyway. */
const maxStops = 4;

const capabilities = {
  ...textEngine,
  output: "tokens",
  stopTokenIds: true,
  logprobs: { maxTop, prompt: false },
  constraints: ["json_object", "json_schema", "regex"],
} as const;

const dialect: Dialect = {
  kind: "tgi",
  capabilities,
  ignoresStopIds: true,
  generatePath: "/generate_stream",
  health: { path: "/health", timeout: 5_000 },
  toBody: (request) => {
    const { sampling, prompt } = request;
    if (sampling.minTokens) throw new EngineError("unsupported", "tgi has no minimum of tokens.");
    if (sampling.allowedTokenIds) throw new EngineError("unsupported", "tgi has no list of allowed tokens.");
    return { inputs: "text" in prompt ? prompt.text : "", parameters: parameters(request), stream: true };
  },
  createReader: (request) => new TgiReader(request),
  describe: async (http, options, signal) => {
    const info = asObject(await http.json("/info", { signal, timeout: 10_000 }));
    const model = options.model ?? asString(info["model_id"]);
    if (model === undefined)
      throw new EngineError("invalid_request", `tgi at ${options.url} does not name its model.`);
    const version = asString(info["version"]);
    return {
      engine: "tgi",
      ...(version !== undefined && { version }),
      model,
      servedNames: [model],
      maxContext: options.maxContext ?? asNumber(info["max_total_tokens"]) ?? 4096,
      eosTokenIds: [],
      capabilities,
    };
  },
};

/** An engine over Text Generation Inference. */
export function createTgiEngine(options: RemoteEngineOptions): Engine {
  return createRemoteEngine(dialect, options);
}

/** It refuses values that turn something off (a temperature of 0, a top-p of 1): what is off is left out. */
function parameters(request: GenerateRequest): Json {
  const { sampling, stop, logprobs } = request;
  const { temperature = 1, topP = 1, topK = 0, seed } = sampling;
  const strings = stop?.strings?.slice(0, maxStops) ?? [];
  return {
    max_new_tokens: sampling.maxTokens,
    ...(temperature === 0 ? { do_sample: false } : { do_sample: true, temperature }),
    ...(temperature !== 0 && topP < 1 && { top_p: topP }),
    ...(temperature !== 0 && topK > 0 && { top_k: topK }),
    repetition_penalty: sampling.repetitionPenalty ?? 1,
    frequency_penalty: sampling.frequencyPenalty ?? 0,
    ...(seed !== undefined && { seed: seed >>> 0 }),
    ...(strings.length > 0 && { stop: strings }),
    details: true,
    decoder_input_details: false,
    ...(logprobs && logprobs.top > 0 && { top_n_tokens: logprobs.top }),
    ...grammarField(request),
  };
}

function grammarField({ constraint }: GenerateRequest): Json {
  switch (constraint?.kind) {
    case "json_object":
      return { grammar: { type: "json", value: { type: "object" } } };
    case "json_schema":
      return { grammar: { type: "json", value: constraint.schema } };
    case "regex":
      return { grammar: { type: "regex", value: constraint.pattern } };
    default:
      return {};
  }
}

class TgiReader implements AnswerReader {
  readonly #request: GenerateRequest;

  constructor(request: GenerateRequest) {
    this.#request = request;
  }

  push(event: unknown): Piece[] {
    const body = asObject(event);
    const token = asObject(body["token"]);
    const id = asNumber(token["id"]);
    const pieces: Piece[] = [];
    if (id !== undefined) {
      const logprobs = this.#request.logprobs && [toLogprob(id, token, body["top_tokens"])];
      pieces.push({ type: "ids", ids: [id], ...(logprobs && { logprobs }) });
    }
    const details = asObject(body["details"]);
    const reason = asString(details["finish_reason"]);
    if (reason !== undefined)
      pieces.push({ type: "finish", reason: reason === "length" ? "length" : "stop" });
    return pieces;
  }

  end(): Piece[] {
    return [];
  }
}

function toLogprob(id: number, token: Json, alternatives: unknown): TokenLogprob {
  const read = (entry: Json): number => Math.min(0, asNumber(entry["logprob"]) ?? Number.NEGATIVE_INFINITY);
  const top = asList(alternatives)
    .map(asObject)
    .flatMap((entry) => {
      const other = asNumber(entry["id"]);
      return other === undefined ? [] : [{ id: other, logprob: read(entry) }];
    });
  return { id, logprob: read(token), ...(top.length > 0 && { top }) };
}
