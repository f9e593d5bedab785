export {
  type ChoiceReason,
  chooseParsers,
  type ParserChoice,
  type ParserEvidence,
} from "./choose.ts";
export { type CollectedCall, type CollectPolicy, collect, type Diagnostic, type Message } from "./collect.ts";
export type { Constraint } from "./constraint/constraint.ts";
export { lowerToEbnf, lowerToRegex } from "./constraint/lower.ts";
export { type ToolChoiceOptions, toolChoiceConstraint } from "./constraint/tool-choice.ts";
export { type SchemaViolation, validateAgainst } from "./constraint/validate.ts";
export type { CallIdentity, RenderableCall, ToolDefinition, ToolFormat } from "./format.ts";
export type { CallFault, OutputEndReason, OutputEvent, OutputParser } from "./output-event.ts";
export {
  createOutputParser,
  type OutputParserOptions,
  type ReasoningOptions,
  type ToolParserOptions,
} from "./output-parser.ts";
export {
  collectReasoning,
  collectToolCalls,
  type ParsedCall,
  type ParsedToolCalls,
  type ParseOptions,
  parseOutput,
  parseReasoning,
  parseToolCalls,
} from "./parse.ts";
export { type ThinkTagRow, thinkTagFormat } from "./reasoning/think-tags.ts";
export type { ReasoningFormat } from "./reasoning-format.ts";
export {
  getReasoningFormat,
  getToolFormat,
  hasReasoningParser,
  hasToolParser,
  listReasoningParsers,
  listToolParsers,
  renderToolCalls,
  requiresSpecialTokens,
} from "./registry.ts";
export { type Dialect, type Rules, rulesFor } from "./rules.ts";
export type { ParserLimits } from "./tool-reader.ts";
