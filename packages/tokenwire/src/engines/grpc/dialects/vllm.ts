// vLLM, started with `vllm serve MODEL --grpc`.

import type { GenerateRequest } from "../../engine.ts";
import { grammarText, tagText } from "../../remote/grammars.ts";
import type { GrpcDialect } from "../dialect.ts";
import {
  abortMany,
  chunk,
  complete,
  embedRequest,
  healthCheck,
  loadsOf,
  samplingNumbers,
  schedulerLoad,
  tokenized,
} from "../messages.ts";
import type { Message, MessageValue } from "../wire.ts";
import { biases, grpcEngine, refuse, samplingValues, seed32, tokenizedPrompt } from "./request-parts.ts";

const samplingParams: Message = {
  ...samplingNumbers("uint32"),
  max_tokens: [8, "uint32"],
  min_tokens: [9, "uint32"],
  stop_token_ids: [11, "uint32*"],
  skip_special_tokens: [12, "bool"],
  ignore_eos: [14, "bool"],
  n: [15, "uint32"],
  json_schema: [16, "string"],
  grammar: [18, "string"],
  structural_tag: [19, "string"],
  json_object: [20, "bool"],
  choice: [21, { choices: [1, "string*"] }],
  logprobs: [22, "int32"],
  seed: [24, "int32"],
  logit_bias: [26, "map<int32,float>"],
};

const completed: Message = {
  ...complete,
  matched_token_id: [10, "uint32"],
  matched_stop_str: [11, "string"],
  kv_transfer_params_json: [12, "string"],
};

export const vllm: GrpcDialect = {
  name: "vllm",
  service: "vllm.grpc.engine.VllmEngine",
  capabilities: {
    ...grpcEngine,
    embeddings: true,
    constraints: ["json_object", "json_schema", "regex", "grammar", "choice", "structural_tag"],
  },
  messages: {
    generateRequest: {
      request_id: [1, "string"],
      tokenized: [2, tokenized],
      sampling_params: [4, samplingParams],
      stream: [5, "bool"],
      kv_transfer_params_json: [8, "string"],
    },
    generateResponse: { chunk: [1, chunk], complete: [2, completed] },
    abortRequest: abortMany,
    health: healthCheck,
    modelInfo: {
      model_path: [1, "string"],
      max_context_length: [3, "uint32"],
      vocab_size: [4, "uint32"],
      served_model_name: [6, "string"],
      eos_token_ids: [10, "uint32*"],
      bos_token_id: [12, "uint32"],
      default_sampling_params_json: [14, "string"],
    },
    loads: loadsOf(schedulerLoad),
    embedRequest,
    embedResponse: { embedding: [1, "float*"], prompt_tokens: [2, "uint32"] },
  },
  toRequest: (request) => {
    const { sampling, stop, logprobs, opaque, lora } = request;
    refuse("vllm", { "list of allowed tokens": sampling.allowedTokenIds, adapters: lora });
    const transfer = opaque?.["kv_transfer_params"];
    return {
      request_id: request.requestId,
      tokenized: tokenizedPrompt(request),
      sampling_params: {
        ...samplingValues(request, 0),
        max_tokens: sampling.maxTokens,
        min_tokens: sampling.minTokens ?? 0,
        stop_token_ids: stop?.tokenIds ?? [],
        skip_special_tokens: false,
        n: 1,
        logprobs: logprobs?.top,
        seed: seed32(request),
        ...biases(request, "numbers"),
        ...constraintField(request),
      },
      stream: true,
      kv_transfer_params_json: transfer === undefined ? undefined : JSON.stringify(transfer),
    };
  },
  toAbort: (requestId) => ({ request_ids: [requestId] }),
};

function constraintField({ constraint }: GenerateRequest): MessageValue {
  switch (constraint?.kind) {
    case undefined:
      return {};
    case "json_object":
      return { json_object: true };
    case "json_schema":
      return { json_schema: JSON.stringify(constraint.schema) };
    case "choice":
      return { choice: { choices: constraint.choices } };
    case "structural_tag":
      return { structural_tag: tagText("grpc-vllm", constraint.tag) };
    case "regex":
    case "grammar":
      return { grammar: grammarText("grpc-vllm", constraint) };
  }
}
