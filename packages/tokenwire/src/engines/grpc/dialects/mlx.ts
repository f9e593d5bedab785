// MLX. One choice at a time, no constraints, and one random generator for all requests: a seed disturbs the others'.

import type { GrpcDialect } from "../dialect.ts";
import { abortMany, chunk, complete, healthCheck, tokenized } from "../messages.ts";
import type { Message } from "../wire.ts";
import { biases, grpcEngine, refuse, samplingValues, seed32, tokenizedPrompt } from "./request-parts.ts";

const samplingParams: Message = {
  temperature: [1, "float"],
  top_p: [2, "float"],
  top_k: [3, "uint32"],
  min_p: [4, "float"],
  repetition_penalty: [5, "float"],
  frequency_penalty: [6, "float"],
  presence_penalty: [7, "float"],
  logit_bias: [8, "map<int32,float>"],
  max_tokens: [9, "uint32"],
  stop_token_ids: [10, "uint32*"],
  ignore_eos: [11, "bool"],
  logprobs: [12, "int32"],
  seed: [13, "int32"],
};

const completed: Message = {
  ...complete,
  matched_token_id: [8, "uint32"],
};

export const mlx: GrpcDialect = {
  name: "mlx",
  service: "mlx.grpc.engine.MlxEngine",
  capabilities: { ...grpcEngine, seed: false, kvEvents: false },
  messages: {
    generateRequest: {
      request_id: [1, "string"],
      tokenized: [2, tokenized],
      sampling_params: [4, samplingParams],
      stream: [5, "bool"],
    },
    generateResponse: { chunk: [1, chunk], complete: [2, completed] },
    abortRequest: abortMany,
    health: healthCheck,
    modelInfo: {
      model_path: [1, "string"],
      max_context_length: [3, "uint32"],
      vocab_size: [4, "uint32"],
      served_model_name: [5, "string"],
      eos_token_ids: [8, "uint32*"],
      bos_token_id: [10, "uint32"],
    },
  },
  toRequest: (request) => {
    const { sampling, stop, logprobs, lora } = request;
    refuse("mlx", {
      "list of allowed tokens": sampling.allowedTokenIds,
      "minimum of tokens": sampling.minTokens,
      adapters: lora,
    });
    return {
      request_id: request.requestId,
      tokenized: tokenizedPrompt(request),
      sampling_params: {
        ...samplingValues(request, 0),
        max_tokens: sampling.maxTokens,
        stop_token_ids: stop?.tokenIds ?? [],
        // Zero means none here; the chosen token's comes with the first alternative.
        logprobs: logprobs && Math.max(1, logprobs.top),
        seed: seed32(request),
        ...biases(request, "numbers"),
      },
      stream: true,
    };
  },
  toAbort: (requestId) => ({ request_ids: [requestId] }),
};
