// TokenSpeed. Only fields that are set are used; log-probabilities need a flag at the server's start.

import { sglangConstraints } from "../../remote/sglang-constraint.ts";
import type { GrpcDialect } from "../dialect.ts";
import {
  abortOne,
  chunk,
  complete,
  healthCheck,
  loadsOf,
  samplingNumbers,
  schedulerLoad,
} from "../messages.ts";
import type { Message } from "../wire.ts";
import { grpcEngine, refuse, sglangRequest } from "./request-parts.ts";

const samplingParams: Message = {
  ...samplingNumbers("int32"),
  max_new_tokens: [8, "uint32"],
  min_new_tokens: [9, "uint32"],
  stop_token_ids: [11, "uint32*"],
  ignore_eos: [12, "bool"],
  skip_special_tokens: [13, "bool"],
  n: [15, "uint32"],
  logit_bias: [16, "map<string,float>"],
  json_schema: [18, "string"],
  ebnf: [19, "string"],
  structural_tag: [20, "string"],
  no_stop_trim: [22, "bool"],
};

const completed: Message = {
  ...complete,
  matched_token_id: [7, "uint32"],
  matched_stop_str: [8, "string"],
};

export const tokenspeed: GrpcDialect = {
  name: "tokenspeed",
  service: "tokenspeed.grpc.scheduler.TokenSpeedScheduler",
  capabilities: {
    ...grpcEngine,
    seed: false,
    constraints: sglangConstraints,
  },
  logprobsAdvice: "start the server with --enable-output-logprobs",
  messages: {
    generateRequest: {
      request_id: [1, "string"],
      tokenized: [2, { input_ids: [1, "uint32*"], original_text: [2, "string"] }],
      sampling_params: [3, samplingParams],
      return_logprob: [4, "bool"],
      logprob_start_len: [5, "int32"],
      top_logprobs_num: [6, "int32"],
      stream: [8, "bool"],
      kv_bootstrap_info: [11, { host: [1, "string"], port: [2, "int32"], room: [3, "int64"] }],
    },
    generateResponse: { chunk: [2, chunk], complete: [3, completed] },
    abortRequest: abortOne,
    health: healthCheck,
    modelInfo: {
      model_path: [1, "string"],
      served_model_name: [3, "string"],
      max_context_length: [6, "uint32"],
      vocab_size: [8, "uint32"],
      eos_token_ids: [9, "uint32*"],
      bos_token_id: [11, "uint32"],
      default_sampling_params_json: [13, "string"],
    },
    loads: loadsOf({ ...schedulerLoad, token_usage: [8, "double"], cache_hit_rate: [10, "double"] }),
  },
  toRequest: (request) => {
    const { sampling, lora, opaque } = request;
    refuse("tokenspeed", { "list of allowed tokens": sampling.allowedTokenIds, adapters: lora });
    return {
      ...sglangRequest("grpc-tokenspeed", request),
      kv_bootstrap_info: opaque?.["kv_bootstrap_info"],
    };
  },
  toAbort: (requestId) => ({ request_id: requestId, reason: "the client left" }),
};
