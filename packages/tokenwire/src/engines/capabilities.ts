// Capabilities that engines have in common. Each engine states its differences.

import type { Capabilities } from "./engine.ts";

/** Token ids in and out, one after the other, stopped by a signal; nothing else. */
export const plainEngine: Capabilities = {
  input: "tokens",
  output: "tokens",
  streaming: true,
  cancel: "signal",
  logprobs: { maxTop: 0, prompt: false },
  constraints: [],
  logitsAccess: false,
  seed: false,
  n: true,
  logitBias: false,
  stopTokenIds: true,
  stopStrings: false,
  embeddings: false,
  prefixCache: false,
  kvEvents: false,
};

/** An engine in this process whose logits go through our own sampler. */
export const sampledEngine: Capabilities = {
  ...plainEngine,
  logitsAccess: true,
  seed: true,
  logitBias: true,
  prefixCache: true,
};

/** A server that speaks token ids. */
export const tokenEngine: Capabilities = {
  ...plainEngine,
  cancel: "disconnect",
  logprobs: { maxTop: 20, prompt: false },
  seed: true,
  logitBias: true,
  prefixCache: true,
};

/** A server that speaks text. */
export const textEngine: Capabilities = {
  ...tokenEngine,
  input: "text",
  output: "text",
  logprobs: { maxTop: 0, prompt: false },
  stopTokenIds: false,
  stopStrings: true,
  logitBias: false,
  constraints: ["json_object", "json_schema"],
};
