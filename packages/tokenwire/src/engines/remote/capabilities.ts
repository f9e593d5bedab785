// Capabilities that most remote engines share; each dialect states its differences.

import type { Capabilities } from "../engine.ts";

export const tokenEngine: Capabilities = {
  input: "tokens",
  output: "tokens",
  streaming: true,
  cancel: "disconnect",
  logprobs: { maxTop: 20, prompt: false },
  constraints: [],
  logitsAccess: false,
  seed: true,
  n: true,
  logitBias: true,
  stopTokenIds: true,
  stopStrings: false,
  embeddings: false,
  prefixCache: true,
  kvEvents: false,
};
