// SGLang's `POST /generate` with token IDs.

import { tokenEngine } from "../capabilities.ts";
import {
  type Capabilities,
  type Engine,
  EngineError,
  type EngineInfo,
  type GenerateRequest,
} from "../engine.ts";
import type { Dialect } from "./dialect.ts";
import type { RemoteEngineOptions } from "./options.ts";
import { createRemoteEngine } from "./remote-engine.ts";
import { promptIds, samplingFields } from "./sampling-fields.ts";
import { readSglangOpening, SglangReader } from "./sglang-answer.ts";
import { sglangConstraint, sglangConstraints } from "./sglang-constraint.ts";
import { describeSglang, sglangLoad } from "./sglang-server.ts";

const capabilities: Capabilities = {
  ...tokenEngine,
  cancel: "request-id",
  logprobs: { maxTop: 20, prompt: true },
  // Only of a server that says so.
  seed: false,
  constraints: sglangConstraints,
};

const dialect: Dialect = {
  kind: "sglang",
  capabilities,
  needsInfo: true,
  // Two seconds after a connection has ended the server aborts what goes by its id, be it the next attempt.
  freshIds: true,
  generatePath: "/generate",
  // Its health check generates a token.
  health: { path: "/health", timeout: 20_000 },
  toBody,
  opening: {
    // Grammars are compiled in the queue, and a bad one is the end of an answer that looks begun.
    isAwaited: ({ constraint, logprobs }) => constraint !== undefined || logprobs?.prompt === true,
    read: readSglangOpening,
  },
  createReader: () => new SglangReader(),
  describe: (http, options, signal) => describeSglang(capabilities, http, options, signal),
  load: sglangLoad,
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

function toBody(request: GenerateRequest, _model: string, info: EngineInfo | undefined): object {
  const { sampling, stop, logprobs, cacheSalt, lora } = request;
  if (sampling.allowedTokenIds !== undefined)
    throw new EngineError("unsupported", "sglang has no list of allowed tokens.");
  const takesSeeds = info?.capabilities.seed === true;
  // It ends the server's process.
  if (takesSeeds && sampling.minP)
    throw new EngineError("unsupported", "sglang has seeds or min_p, not both.");
  const { seed, ...fields } = samplingFields(request, -1);
  const vocabSize = info?.vocabSize ?? Number.POSITIVE_INFINITY;
  return {
    rid: request.requestId,
    input_ids: promptIds(request),
    sampling_params: {
      ...fields,
      max_new_tokens: sampling.maxTokens,
      ...(sampling.minTokens !== undefined && { min_new_tokens: sampling.minTokens }),
      ...(sampling.ignoreEos && { ignore_eos: true }),
      // One that the model does not have ends the server's process where there is a minimum length.
      stop_token_ids: (stop?.tokenIds ?? []).filter((id) => id < vocabSize),
      skip_special_tokens: false,
      no_stop_trim: true,
      ...(takesSeeds && seed !== undefined && { sampling_seed: seed }),
      ...sglangConstraint("sglang", request.constraint),
    },
    stream: true,
    ...(logprobs && {
      return_logprob: true,
      logprob_start_len: logprobs.prompt ? 0 : -1,
      top_logprobs_num: logprobs.top,
    }),
    ...(cacheSalt && { extra_key: cacheSalt }),
    ...(lora && { lora_path: lora }),
  };
}
