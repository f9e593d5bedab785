// TensorRT-LLM behind the family's service. It trims the stop id unless told otherwise, and takes a bias for every id.

import { createHash } from "node:crypto";
import { EngineError, type GenerateRequest } from "../../engine.ts";
import { grammarText, tagText } from "../../remote/grammars.ts";
import type { GrpcDialect } from "../dialect.ts";
import { abortOne } from "../messages.ts";
import type { Message, MessageValue } from "../wire.ts";
import { grpcEngine, refuse, samplingValues, tokenizedPrompt } from "./request-parts.ts";

const tokenized: Message = { original_text: [1, "string"], input_ids: [2, "uint32*"] };

const tokenLogprob: Message = {
  token_id: [1, "uint32"],
  logprob: [2, "float"],
  top_logprobs: [3, { token_id: [1, "uint32"], logprob: [2, "float"] }, "*"],
};

const samplingConfig: Message = {
  beam_width: [1, "uint32"],
  num_return_sequences: [2, "uint32"],
  top_k: [3, "int32"],
  top_p: [4, "float"],
  seed: [8, "uint64"],
  temperature: [9, "float"],
  min_tokens: [10, "uint32"],
  repetition_penalty: [12, "float"],
  presence_penalty: [13, "float"],
  frequency_penalty: [14, "float"],
  min_p: [19, "float"],
};

const chunk: Message = {
  token_ids: [1, "uint32*"],
  prompt_tokens: [3, "uint32"],
  cached_tokens: [5, "uint32"],
  logprobs: [6, tokenLogprob, "*"],
};

const complete: Message = {
  output_ids: [1, "uint32*"],
  finish_reason: [3, "string"],
  matched_stop_str: [4, "string"],
  prompt_tokens: [5, "uint32"],
  cached_tokens: [7, "uint32"],
  logprobs: [8, tokenLogprob, "*"],
  matched_token_id: [13, "uint32"],
};

export const trtllm: GrpcDialect = {
  name: "trtllm",
  service: "trtllm.TrtllmService",
  capabilities: {
    ...grpcEngine,
    embeddings: true,
    constraints: ["json_object", "json_schema", "regex", "grammar", "choice", "structural_tag"],
  },
  messages: {
    generateRequest: {
      request_id: [1, "string"],
      tokenized: [2, tokenized],
      sampling_config: [3, samplingConfig],
      output_config: [4, { logprobs: [1, "int32"], exclude_input_from_output: [5, "bool"] }],
      max_tokens: [5, "uint32"],
      streaming: [6, "bool"],
      guided_decoding: [11, { guide_type: [1, "int32"], guide: [2, "string"] }],
      embedding_bias: [12, "float*"],
      cache_salt_id: [19, "int64"],
      stop_token_ids: [22, "uint32*"],
      ignore_eos: [23, "bool"],
      include_stop_token_in_output: [26, "bool"],
    },
    generateResponse: { chunk: [2, chunk], complete: [3, complete] },
    abortRequest: abortOne,
    health: { status: [1, "string"] },
    modelInfo: { model_path: [1, "string"], max_context_length: [3, "uint32"], vocab_size: [5, "uint32"] },
    serverInfo: { version: [1, "string"] },
    embedRequest: { request_id: [1, "string"], tokenized: [2, tokenized] },
    embedResponse: { embedding: [2, "float*"], prompt_tokens: [3, "uint32"] },
  },
  toRequest: (request, vocabSize) => {
    const { sampling, stop, logprobs, cacheSalt, lora } = request;
    refuse("trtllm", { "list of allowed tokens": sampling.allowedTokenIds, adapters: lora });
    const { ignore_eos, ...values } = samplingValues(request, 0);
    return {
      request_id: request.requestId,
      tokenized: tokenizedPrompt(request),
      sampling_config: {
        beam_width: 1,
        num_return_sequences: 1,
        ...values,
        min_tokens: sampling.minTokens ?? 0,
        seed: sampling.seed === undefined ? undefined : BigInt.asUintN(64, BigInt(sampling.seed)),
      },
      output_config: { logprobs: logprobs?.top, exclude_input_from_output: true },
      max_tokens: sampling.maxTokens,
      streaming: true,
      guided_decoding: guide(request),
      embedding_bias: biasOfEveryId(request, vocabSize),
      cache_salt_id: cacheSalt === undefined ? undefined : saltId(cacheSalt),
      stop_token_ids: stop?.tokenIds ?? [],
      ignore_eos,
      include_stop_token_in_output: true,
    };
  },
  toAbort: (requestId) => ({ request_id: requestId }),
};

const guideTypes = { json_object: 1, json_schema: 2, grammar: 4, structural_tag: 5 } as const;

function guide({ constraint }: GenerateRequest): MessageValue | undefined {
  if (constraint === undefined) return undefined;
  switch (constraint.kind) {
    case "json_object":
      return { guide_type: guideTypes.json_object };
    case "json_schema":
      return { guide_type: guideTypes.json_schema, guide: JSON.stringify(constraint.schema) };
    case "structural_tag":
      return { guide_type: guideTypes.structural_tag, guide: tagText("grpc-trtllm", constraint.tag) };
    default:
      return { guide_type: guideTypes.grammar, guide: grammarText("grpc-trtllm", constraint) };
  }
}

function biasOfEveryId(
  { sampling }: GenerateRequest,
  vocabSize: number | undefined,
): Float32Array | undefined {
  if (!sampling.logitBias?.size) return undefined;
  if (vocabSize === undefined) {
    throw new EngineError(
      "unsupported",
      "grpc-trtllm: a logit bias needs the vocabulary's size, which the server does not tell.",
    );
  }
  const values = new Float32Array(vocabSize);
  for (const [id, bias] of sampling.logitBias) if (id < vocabSize) values[id] = bias;
  return values;
}

/** A salt as the number that this engine wants: 63 bits of its digest. */
function saltId(salt: string): bigint {
  return createHash("sha256").update(salt).digest().readBigUInt64BE(0) >> 1n;
}
