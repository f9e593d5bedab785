// SGLang, started with `python -m sglang.launch_server --grpc-mode`. Zeros are taken literally: every field is set.

import { sglangConstraint } from "../../remote/sglang-constraint.ts";
import type { GrpcDialect } from "../dialect.ts";
import {
  abortOne,
  embedRequest,
  healthCheck,
  loadsOf,
  outputLogprobs,
  schedulerLoad,
  tokenized,
} from "../messages.ts";
import type { Message } from "../wire.ts";
import { biases, grpcEngine, refuse, samplingValues, tokenizedPrompt } from "./request-parts.ts";

const samplingParams: Message = {
  temperature: [1, "float"],
  top_p: [2, "float"],
  top_k: [3, "int32"],
  min_p: [4, "float"],
  frequency_penalty: [5, "float"],
  presence_penalty: [6, "float"],
  repetition_penalty: [7, "float"],
  max_new_tokens: [8, "uint32"],
  stop_token_ids: [10, "uint32*"],
  skip_special_tokens: [11, "bool"],
  regex: [13, "string"],
  json_schema: [14, "string"],
  ebnf: [15, "string"],
  structural_tag: [16, "string"],
  n: [17, "uint32"],
  min_new_tokens: [18, "uint32"],
  ignore_eos: [19, "bool"],
  no_stop_trim: [20, "bool"],
  logit_bias: [22, "map<string,float>"],
};

const chunk: Message = {
  token_ids: [1, "uint32*"],
  prompt_tokens: [2, "uint32"],
  cached_tokens: [4, "uint32"],
  output_logprobs: [5, outputLogprobs],
  reasoning_tokens: [9, "uint32"],
};

const complete: Message = {
  output_ids: [1, "uint32*"],
  finish_reason: [2, "string"],
  prompt_tokens: [3, "uint32"],
  cached_tokens: [5, "uint32"],
  output_logprobs: [6, outputLogprobs],
  matched_token_id: [8, "uint32"],
  matched_stop_str: [9, "string"],
  reasoning_tokens: [12, "uint32"],
};

export const sglang: GrpcDialect = {
  name: "sglang",
  service: "sglang.grpc.scheduler.SglangScheduler",
  capabilities: {
    ...grpcEngine,
    seed: false,
    embeddings: true,
    constraints: ["json_object", "json_schema", "regex", "grammar", "structural_tag"],
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
    generateResponse: { chunk: [2, chunk], complete: [3, complete] },
    abortRequest: abortOne,
    health: healthCheck,
    modelInfo: {
      model_path: [1, "string"],
      served_model_name: [6, "string"],
      max_context_length: [7, "uint32"],
      vocab_size: [8, "uint32"],
      eos_token_ids: [11, "uint32*"],
      bos_token_id: [13, "uint32"],
      default_sampling_params_json: [20, "string"],
    },
    serverInfo: { version: [7, "string"] },
    loads: loadsOf(schedulerLoad),
    embedRequest,
    embedResponse: { embedding: [5, "float*"], prompt_tokens: [6, "uint32"] },
  },
  toRequest: (request) => {
    const { sampling, stop, logprobs, lora, opaque } = request;
    refuse("sglang", { "list of allowed tokens": sampling.allowedTokenIds });
    return {
      request_id: request.requestId,
      tokenized: tokenizedPrompt(request),
      sampling_params: {
        ...samplingValues(request, -1),
        max_new_tokens: sampling.maxTokens,
        min_new_tokens: sampling.minTokens ?? 0,
        stop_token_ids: stop?.tokenIds ?? [],
        skip_special_tokens: false,
        n: 1,
        no_stop_trim: true,
        ...biases(request, "strings"),
        ...sglangConstraint("grpc-sglang", request.constraint),
      },
      return_logprob: logprobs !== undefined,
      logprob_start_len: -1,
      top_logprobs_num: logprobs?.top ?? 0,
      disaggregated_params: opaque?.["disaggregated_params"],
      lora_id: lora,
      stream: true,
    };
  },
  toAbort: (requestId) => ({ request_id: requestId, reason: "the client left" }),
};
