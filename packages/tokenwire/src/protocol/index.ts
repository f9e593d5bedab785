export type { ApiErrorBody, ApiErrorOptions, ApiErrorType } from "./api-error.ts";
export {
  ApiError,
  invalidRequest,
  modelNotFound,
  quote,
  sanitiseMessage,
  unsupportedParameter,
} from "./api-error.ts";
export { type RequestBody, toRequestBody } from "./body.ts";
export type { ChatCollectOptions, ChatCompletion, ChatCompletionMessage } from "./chat/collect.ts";
export { ChatCollector } from "./chat/collect.ts";
export type { InnerMessage } from "./chat/inner-messages.ts";
export { toConversationMessage, unfoldMessage } from "./chat/inner-messages.ts";
export {
  type ChatRequest,
  chatBodySchema,
  metadataField,
  parseChatRequest,
  unknownChatFields,
} from "./chat/request.ts";
export { toStoredCompletion, toStoredMessages } from "./chat/stored.ts";
export type { ChatStreamOptions, CompletionIdentity, ReasoningFields } from "./chat/stream.ts";
export { ChatStream } from "./chat/stream.ts";
export {
  type AnswerShape,
  BINARY_FORMATS,
  type BinaryAnswer,
  type BinaryAnswerOptions,
  type BinaryFormat,
  bodyFormatOf,
  type CodecFields,
  checkAnswerShape,
  codecFieldNames,
  contentTypeOf,
  createBinaryAnswer,
  negotiateFormat,
  parseCodecFields,
  type ToolWatcherRequest,
  toCompletionBody,
} from "./codec/index.ts";
export type {
  CompletionChoice,
  CompletionEncodeOptions,
  EchoedPrompt,
  TextCompletion,
} from "./completions/encode.ts";
export { CompletionEncoder, CompletionStream, joinPieces } from "./completions/encode.ts";
export {
  type CompletionRequest,
  completionBodySchema,
  parseCompletionRequest,
  promptIds,
  unknownCompletionFields,
} from "./completions/request.ts";
export { constraintFieldNames } from "./constraint.ts";
export type {
  Conversation,
  ConversationMessage,
  FunctionTool,
  ResponseFormat,
  Role,
  ToolCall,
  ToolChoice,
} from "./conversation.ts";
export { customNames } from "./custom-tools.ts";
export type {
  EngineFinishReason,
  GenerationPlan,
  OutputConstraint,
  SampledLogprob,
  SamplingParameters,
} from "./generation.ts";
export { newId, unixSeconds } from "./ids.ts";
export { checkLogprobs, type LogprobEntry } from "./logprobs.ts";
export { MessageEncoder, type MessageEvent, messageFrame } from "./messages/encoder.ts";
export { type MessagesErrorBody, toMessagesError } from "./messages/errors.ts";
export {
  type MessagesRequest,
  messagesBodySchema,
  parseMessagesRequest,
  unknownMessagesFields,
} from "./messages/request.ts";
export type {
  ChoiceDiagnostic,
  ChoiceEvent,
  ChoiceFinishReason,
  ChoiceOutputOptions,
} from "./output.ts";
export { ChoiceOutput, extendLast } from "./output.ts";
export { type EngineLimits, type PlanOptions, toGenerationPlan } from "./plan.ts";
export type { ChatFormat, HarmonyFormat, ModelProfile, PlainFormat, TemplateFormat } from "./profile.ts";
export type { AnswerConstraintOptions } from "./prompt/answer-constraint.ts";
export { answerConstraint } from "./prompt/answer-constraint.ts";
export { PlainOutputParser } from "./prompt/plain.ts";
export {
  createAnswerParser,
  type Prompt,
  type PromptSettings,
  renderPrompt,
  tokenPrompt,
} from "./prompt/prompt.ts";
export {
  awaitNested,
  type ChatChunkOptions,
  type GeneratedChoice,
  type GeneratedTokens,
  needsParser,
  parseNested,
  parseStreamState,
  parseTokenRequest,
  parseTokenResponse,
  type ReplayedStep,
  type ReplayState,
  replayChoice,
  type StateAfter,
  type TokenBounds,
  type TokenChoice,
  type TokenRequest,
  toChatChunk,
  toSamplingParameters,
  toStreamState,
  toTokenLogprobs,
} from "./render/index.ts";
export {
  type CompactedResponse,
  compactionType,
  summaryRequest,
  toCompacted,
} from "./responses/compaction.ts";
export type { ResponseEncoderOptions, ResponseEvent } from "./responses/encoder.ts";
export { obfuscated, ResponseEncoder, responseFrame } from "./responses/encoder.ts";
export {
  checkMcpLabels,
  type HostedTool,
  type McpRequest,
  parseMcpRequest,
} from "./responses/hosted-tools.ts";
export type { ResponseItem } from "./responses/items.ts";
export { messageItem, parseInputItems, toConversationMessages } from "./responses/items.ts";
export type { OutputItem, ResponseObject, ResponseStatus, ToolOutput } from "./responses/object.ts";
export { replayEvents } from "./responses/replay.ts";
export {
  includable,
  parseResponsesRequest,
  type ResponsesRequest,
  responsesBodySchema,
  unknownResponsesFields,
} from "./responses/request.ts";
export {
  approvalItem,
  codeItem,
  mcpCallItem,
  type ToolCallItem,
  type ToolOutcome,
  toolListEvents,
  toolListItem,
  webSearchItem,
} from "./responses/tool-call-items.ts";
export { type ApprovedCall, approvedCalls, type RecordedCall } from "./responses/tool-items.ts";
export type { RequestedSampling } from "./sampling.ts";
export { type SmgError, toSmgError } from "./smg-error.ts";
export { StopMatcher } from "./stop-matcher.ts";
export { parseChatTools } from "./tools.ts";
export type { TokenUsage } from "./usage.ts";
export { emptyUsage } from "./usage.ts";
export { integerFrom, optional, parseBody } from "./validation.ts";
