// SGLang, started with `python -m sglang.launch_server --grpc-mode`. Zeros are taken literally: every field is set.

import { asIds, asNumber } from "../../remote/json-view.ts";
import { sglangConstraints } from "../../remote/sglang-constraint.ts";
import type { GrpcDialect } from "../dialect.ts";
import {
  abortOne,
  chunk,
  complete,
  embedRequest,
  healthCheck,
  loadsOf,
  samplingNumbers,
  schedulerLoad,
  tokenized,
} from "../messages.ts";
import type { Message } from "../wire.ts";
import { grpcEngine, refuse, sglangRequest } from "./request-parts.ts";

const samplingParams: Message = {
  ...samplingNumbers("int32"),
  max_new_tokens: [8, "uint32"],
  stop_token_ids: [10, "uint32*"],
  skip_special_tokens: [11, "bool"],
  json_schema: [14, "string"],
  ebnf: [15, "string"],
  structural_tag: [16, "string"],
  n: [17, "uint32"],
  min_new_tokens: [18, "uint32"],
  ignore_eos: [19, "bool"],
  no_stop_trim: [20, "bool"],
  logit_bias: [22, "map<string,float>"],
};

const completed: Message = {
  ...complete,
  matched_token_id: [8, "uint32"],
  matched_stop_str: [9, "string"],
  reasoning_tokens: [12, "uint32"],
};

const isPositive = (value: number | undefined): value is number => value !== undefined && value > 0;

export const sglang: GrpcDialect = {
  name: "sglang",
  service: "sglang.grpc.scheduler.SglangScheduler",
  capabilities: {
    ...grpcEngine,
    seed: false,
    embeddings: true,
    constraints: sglangConstraints,
  },
  messages: {
    generateRequest: {
      request_id: [1, "string"],
      tokenized: [2, tokenized],
      sampling_params: [4, samplingParams],
      return_logprob: [5, "bool"],
      logprob_start_len: [6, "int32"],
      top_logprobs_num: [7, "int32"],
      disaggregated_params: [
        10,
        { bootstrap_host: [1, "string"], bootstrap_port: [2, "int32"], bootstrap_room: [3, "int32"] },
      ],
      lora_id: [15, "string"],
      stream: [17, "bool"],
    },
    generateResponse: { chunk: [2, { ...chunk, reasoning_tokens: [9, "uint32"] }], complete: [3, completed] },
    abortRequest: abortOne,
    health: healthCheck,
    modelInfo: {
      model_path: [1, "string"],
      served_model_name: [6, "string"],
      max_context_length: [7, "uint32"],
      vocab_size: [8, "uint32"],
      eos_token_ids: [11, "uint32*"],
      bos_token_id: [13, "uint32"],
      max_req_input_len: [14, "uint32"],
      default_sampling_params_json: [20, "string"],
    },
    serverInfo: { version: [7, "string"] },
    loads: loadsOf(schedulerLoad),
    embedRequest,
    embedResponse: { embedding: [5, "float*"], prompt_tokens: [6, "uint32"] },
  },
  toRequest: (request) => {
    const { sampling, lora, opaque } = request;
    refuse("sglang", { "list of allowed tokens": sampling.allowedTokenIds });
    return {
      ...sglangRequest("grpc-sglang", request),
      disaggregated_params: opaque?.["disaggregated_params"],
      lora_id: lora,
    };
  },
  correctInfo: (model) => {
    const { vocab_size, bos_token_id, max_context_length, ...rest } = model;
    // All come from one place, or are made up: 128256 ids, the first token 1, and no end.
    const known = asIds(model["eos_token_ids"]).length > 0;
    // The room for tokens in memory is given as the context; the longest prompt is six less than the real one.
    const longest = asNumber(model["max_req_input_len"]);
    const context = Math.min(...[asNumber(max_context_length), longest && longest + 6].filter(isPositive));
    return {
      ...rest,
      ...(known && { vocab_size, bos_token_id }),
      ...(Number.isFinite(context) && { max_context_length: context }),
    };
  },
  toAbort: (requestId) => ({ request_id: requestId, reason: "the client left" }),
};
