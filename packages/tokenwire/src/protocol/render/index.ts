export { type ChatChunkOptions, toChatChunk } from "./chat-chunk.ts";
export { parseTokenRequest, type TokenChoice, type TokenRequest, toTokenLogprobs } from "./generate.ts";
export { awaitNested, parseNested } from "./nested.ts";
export { type ReplayedStep, replayChoice } from "./replay.ts";
export { needsParser, toSamplingParameters } from "./sampling.ts";
export { parseStreamState, type ReplayState, type StateAfter, toStreamState } from "./stream-state.ts";
export {
  type GeneratedChoice,
  type GeneratedTokens,
  parseTokenResponse,
  type TokenBounds,
} from "./token-response.ts";
