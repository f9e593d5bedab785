// Messages that the services of the family share, and small ones that several of them have alike.

import type { Message } from "./wire.ts";

const topLogprobs: Message = { values: [1, "float*"], token_ids: [2, "uint32*"] };

export const outputLogprobs: Message = {
  token_logprobs: [1, "float*"],
  token_ids: [2, "uint32*"],
  top_logprobs: [3, topLogprobs, "*"],
};

/** The parts that most services number alike. */
export const chunk: Message = {
  token_ids: [1, "uint32*"],
  prompt_tokens: [2, "uint32"],
  cached_tokens: [4, "uint32"],
  output_logprobs: [5, outputLogprobs],
};
export const complete: Message = {
  output_ids: [1, "uint32*"],
  finish_reason: [2, "string"],
  prompt_tokens: [3, "uint32"],
  cached_tokens: [5, "uint32"],
  output_logprobs: [6, outputLogprobs],
};
export const samplingNumbers = (topK: "uint32" | "int32"): Message => ({
  temperature: [1, "float"],
  top_p: [2, "float"],
  top_k: [3, topK],
  min_p: [4, "float"],
  frequency_penalty: [5, "float"],
  presence_penalty: [6, "float"],
  repetition_penalty: [7, "float"],
});

export const tokenized: Message = { original_text: [1, "string"], input_ids: [2, "uint32*"] };

export const abortMany: Message = { request_ids: [1, "string*"] };
export const abortOne: Message = { request_id: [1, "string"], reason: [2, "string"] };
export const healthCheck: Message = { healthy: [1, "bool"], message: [2, "string"] };

export const embedRequest: Message = { request_id: [1, "string"], tokenized: [2, tokenized] };

export const schedulerLoad: Message = {
  running: [2, "int32"],
  waiting: [3, "int32"],
  used_tokens: [5, "int32"],
  max_total_tokens: [6, "int32"],
  token_usage: [7, "double"],
  cache_hit_rate: [9, "double"],
};

export const loadsOf = (load: Message): Message => ({ loads: [4, load, "*"] });

export const tokenizerChunk: Message = { data: [1, "bytes"], sha256: [2, "string"] };

export const kvEventsRequest: Message = { start_sequence_number: [1, "uint64"] };

const kvBlock: Message = {
  block_hash: [1, "int64"],
  token_ids: [2, "uint32*"],
  block_size: [3, "uint32"],
  lora_id: [4, "uint32"],
  cache_level: [5, "uint32"],
};

export const kvEventBatch: Message = {
  sequence_number: [1, "uint64"],
  timestamp: [2, "double"],
  events: [
    3,
    {
      event_id: [1, "uint64"],
      stored: [2, { blocks: [1, kvBlock, "*"], parent_block_hash: [2, "int64"] }],
      removed: [3, { block_hashes: [1, "int64*"], cache_level: [2, "uint32"] }],
      cleared: [4, {}],
    },
    "*",
  ],
  dp_rank: [4, "uint32"],
};
