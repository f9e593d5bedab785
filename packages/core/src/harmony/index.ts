export type { HarmonyDiagnosticCode, HarmonyErrorCode } from "../errors.ts";
export type { AnalysisPolicy } from "./analysis-policy.ts";
export { type AttributedTokens, renderWithAttribution, type TokenOrigin } from "./attribution.ts";
export { browserNamespace, getToolNamespaceConfig, pythonNamespace } from "./builtin-tools.ts";
export {
  type Classification,
  type ClassificationPolicy,
  classifyMessage,
  countReasoningTokens,
  type MessageKind,
  type ReasoningCount,
} from "./classify.ts";
export type {
  Content,
  ContentJson,
  DeveloperContentFields,
  DeveloperContentJson,
  ReasoningEffort,
  SystemContentFields,
  SystemContentJson,
} from "./content.ts";
export { ChannelConfig, DeveloperContent, SystemContent } from "./content.ts";
export type { ConversationLike, MessageLike } from "./conversation.ts";
export { Conversation, Message, messagesOf, toMessage, toRole } from "./conversation.ts";
export {
  type ConversationTokens,
  createConversationTokens,
  type TokenChange,
} from "./conversation-tokens.ts";
export { diagnosticMeanings } from "./diagnostic-meanings.ts";
export type { Diagnostic, Repair, Severity } from "./diagnostics.ts";
export { type DiagnosticRule, diagnosticRule } from "./diagnostics.ts";
export { type HarmonyPiece, type HarmonySource, parseHarmonyStream } from "./event-stream.ts";
export type {
  DeltaEvent,
  DiagnosticEvent,
  HarmonyEvent,
  MessageEndEvent,
  MessageStartEvent,
} from "./events.ts";
export { jsonSchemaToTypescriptExtended } from "./extended-schema.ts";
export { createFunctionNameMap, type FunctionNameMap } from "./function-names.ts";
export { type StructuralTag, type TurnGrammarOptions, turnGrammar, turnStructuralTags } from "./grammar.ts";
export type { HarmonyEncodingName, ParseResult } from "./harmony-encoding.ts";
export { HarmonyEncoding, loadHarmonyEncoding } from "./harmony-encoding.ts";
export { HarmonyError } from "./harmony-error.ts";
export { type LintOptions, lintConversation } from "./lint.ts";
export type { LintCode, LintFinding } from "./lint-finding.ts";
export { type LossPolicy, lossMask } from "./loss-mask.ts";
export type { Author, MessageFields, MessageJson, Role } from "./message.ts";
export type { CanonicalChannel, Opening, Terminator } from "./parsed-message.ts";
export { canonicalChannelOf, ParsedMessage } from "./parsed-message.ts";
export type { FinishReason, StreamState } from "./parser-core.ts";
export type { ParserVocabulary } from "./parser-vocabulary.ts";
export type { HeaderStyle } from "./render-message.ts";
export type { HistoryMode, RenderConfig, RenderMessageOptions, RenderProfile } from "./render-options.ts";
export { type ResponseFormat, responseFormatsText } from "./response-formats.ts";
export { jsonSchemaToTypescript } from "./schema-to-typescript.ts";
export type { ParserSnapshot } from "./snapshot.ts";
export type { StateData } from "./state-data.ts";
export { createStopStringMatcher, type StopStringMatcher } from "./stop-strings.ts";
export type { FinishOptions, ParseMode, ParserOptions } from "./streamable-parser.ts";
export { StreamableParser } from "./streamable-parser.ts";
export { TextContent } from "./text-content.ts";
export type { MarkersStripped } from "./text-feed.ts";
export { type ThinkingMarkers, thinkingMarkers } from "./thinking.ts";
export type { PrefilledMessage } from "./token-log.ts";
export type { MessagePart } from "./token-sink.ts";
export { TokenTable, tokenTableFromBytes, tokenTableOf } from "./token-table.ts";
export type { ToolDescriptionJson, ToolNamespaceJson, ToolNamespaces } from "./tools.ts";
export { ToolDescription, ToolNamespaceConfig } from "./tools.ts";
