// How a model with a chat template is made to call a tool, or to keep to the tools' forms when it does. Where the engine
// knows the format's own tags, the model calls as it always does; else it writes JSON under a schema, which another
// parser reads.

import { toolChoiceConstraint } from "@tokenwire/core/parsers";
import type { Conversation, ToolChoice } from "../conversation.ts";
import { grammarTools } from "../custom-tools.ts";
import type { OutputConstraint } from "../generation.ts";
import type { EngineLimits } from "../plan.ts";
import type { ModelProfile } from "../profile.ts";
import { toWireJson } from "../wire-json.ts";

export interface ForcedCall {
  readonly constraint: OutputConstraint;
  /** The answer is a JSON list of calls, or the arguments of this tool, and nothing else. */
  readonly json?: { readonly namedTool?: string };
}

/** The form of a call that the request demands; undefined: none is demanded, or the engine cannot hold one. */
export function forcedCall(
  profile: ModelProfile,
  limits: EngineLimits,
  conversation: Conversation,
): ForcedCall | undefined {
  const { toolChoice, parallelToolCalls } = conversation;
  if (profile.format.kind !== "template" || toolChoice.mode !== "required") return undefined;
  const kinds = limits.capabilities.constraints;
  const options = { toolChoice: wireChoice(toolChoice), tools: wireTools(conversation), parallelToolCalls };
  const format = profile.toolParser;
  const native = toolChoiceConstraint({ ...options, format });
  const isNative = native?.type === "structural_tag" || !wantsGrammars(conversation);
  const tags = isNative ? native : toolChoiceConstraint({ ...options, format, dialect: "vllm" });
  if (tags?.type === "structural_tag" && kinds.includes("structural_tag")) {
    return { constraint: { kind: "structural_tag", tag: { type: "structural_tag", ...tags.value } } };
  }
  const plain = toolChoiceConstraint(options);
  if (plain?.type !== "json_schema" || !kinds.includes("json_schema")) return undefined;
  const namedTool = toolChoice.named ? toolChoice.allowed?.[0] : undefined;
  return {
    constraint: { kind: "json_schema", schema: plain.value },
    json: { ...(namedTool !== undefined && { namedTool }) },
  };
}

/** Whether a list of calls under a schema would have no place for the grammar of an input. */
function wantsGrammars({ tools, toolChoice, parallelToolCalls }: Conversation): boolean {
  return !toolChoice.named && parallelToolCalls !== false && grammarTools(tools, toolChoice).length > 0;
}

/** Free text in which calls have their tools' forms; undefined where the format of calls has no such constraint. */
export function freeCalls(
  { toolParser }: ModelProfile,
  conversation: Conversation,
): OutputConstraint | undefined {
  const { allowed } = conversation.toolChoice;
  const tools = wireTools(conversation).filter(({ name }) => allowed?.includes(name) ?? true);
  const free = toolChoiceConstraint({ toolChoice: "auto", tools, format: toolParser, dialect: "vllm" });
  if (free?.type !== "structural_tag") return undefined;
  return { kind: "structural_tag", tag: { type: "structural_tag", ...free.value } };
}

function wireTools({ tools }: Conversation): { readonly name: string; readonly parameters?: unknown }[] {
  return tools.map(({ name, parameters }) => ({
    name,
    ...(parameters && { parameters: toWireJson(parameters) }),
  }));
}

function wireChoice({ allowed, named }: ToolChoice): unknown {
  if (allowed === undefined) return "required";
  const tools = allowed.map((name) => ({ type: "function", name }));
  return named ? tools[0] : { type: "allowed_tools", mode: "required", tools };
}
