// What an engine must hold so that the answer, as clients see it, has the wanted form. In harmony the wanted text is the
// content of a channel: a bare schema would forbid the header that comes before it.

import type { Conversation, FunctionTool } from "../conversation.ts";
import { holdInputs } from "../custom-grammar.ts";
import { checkHeld, grammarTools } from "../custom-tools.ts";
import type { OutputConstraint } from "../generation.ts";
import type { EngineLimits } from "../plan.ts";
import type { ModelProfile } from "../profile.ts";
import { toWireJson } from "../wire-json.ts";
import { forcedCall as forcedTemplateCall, freeCalls as freeTemplateCalls } from "./forced-call.ts";
import type { Prompt } from "./prompt.ts";

export interface AnswerConstraintOptions {
  readonly profile: ModelProfile;
  readonly limits: EngineLimits;
  readonly conversation: Conversation;
  readonly prompt: Prompt;
  readonly constraint?: OutputConstraint | undefined;
}

/** Content of a structural tag, as xgrammar and the engines that use it read it. */
type TagContent = Readonly<Record<string, unknown>>;

const parametersOf = (tool: FunctionTool): unknown =>
  tool.parameters === undefined ? { type: "object" } : toWireJson(tool.parameters);

/**
 * The constraint to plan with; the request's own where nothing stands around the answer. Raises 400 for a custom tool
 * whose grammar nothing would hold.
 */
export function answerConstraint(options: AnswerConstraintOptions): OutputConstraint | undefined {
  const { tools, toolChoice } = options.conversation;
  const wanted = formConstraint(options);
  const withGrammars = grammarTools(tools, toolChoice);
  if (withGrammars.length === 0) return wanted;
  // A form of the text says nothing about calls.
  const isOnCalls =
    wanted?.kind === "structural_tag" || (wanted?.kind === "json_schema" && toolChoice.mode === "required");
  const onCalls = isOnCalls ? wanted : wanted === undefined ? callConstraint(options) : undefined;
  const { constraints: kinds } = options.limits.capabilities;
  const { constraint, names } = holdInputs(onCalls, withGrammars, kinds);
  const isPossible = constraint && kinds.includes(constraint.kind);
  checkHeld(withGrammars, isPossible ? names : new Set());
  return constraint;
}

/** Free text in which calls, if there are any, have their tools' forms. */
function callConstraint({
  profile,
  limits,
  conversation,
}: AnswerConstraintOptions): OutputConstraint | undefined {
  if (conversation.toolChoice.mode !== "auto") return undefined;
  if (!limits.capabilities.constraints.includes("structural_tag")) return undefined;
  if (profile.format.kind !== "harmony") return freeTemplateCalls(profile, conversation);
  const tags = conversation.tools.flatMap((tool) => callHeaders(tool).map((begin) => callTag(begin, tool)));
  const triggers = conversation.tools.map(({ name }) => ` to=functions.${name}`);
  return {
    kind: "structural_tag",
    tag: { type: "structural_tag", format: { type: "triggered_tags", triggers, tags, at_least_one: false } },
  };
}

/** The two orders in which models write the header of a call, from the recipient on. */
function callHeaders({ name }: FunctionTool): string[] {
  return [
    ` to=functions.${name} <|constrain|>json<|message|>`,
    ` to=functions.${name}<|channel|>commentary <|constrain|>json<|message|>`,
  ];
}

function formConstraint(options: AnswerConstraintOptions): OutputConstraint | undefined {
  const { profile, limits, conversation, prompt, constraint } = options;
  if (profile.format.kind !== "harmony") {
    return forcedTemplateCall(profile, limits, conversation)?.constraint ?? constraint;
  }
  const kinds = limits.capabilities.constraints;
  if (prompt.answerPrefix.length > 0)
    return kinds.includes("json_schema") ? forcedCall(conversation) : constraint;
  if (constraint === undefined || constraint.kind === "structural_tag" || !kinds.includes("structural_tag")) {
    return constraint;
  }
  const callable = conversation.toolChoice.mode === "none" ? [] : conversation.tools;
  const answers = [finalMessage(constraint), ...callable.map(callMessage)];
  // Reasoning may come first; what it says is free.
  const elements = [...answers, ...answers.map(afterAnalysis)];
  return { kind: "structural_tag", tag: { type: "structural_tag", format: { type: "or", elements } } };
}

/** The prompt ends in the header of the only possible call: what follows is its arguments. */
function forcedCall({ tools, toolChoice }: Conversation): OutputConstraint | undefined {
  const allowed = tools.filter((tool) => toolChoice.allowed?.includes(tool.name) ?? true);
  const [tool] = allowed;
  if (tool === undefined || allowed.length > 1) return undefined;
  return { kind: "json_schema", schema: parametersOf(tool), strict: tool.strict === true };
}

function finalMessage(constraint: OutputConstraint): TagContent {
  return { type: "tag", begin: "<|channel|>final<|message|>", content: contentOf(constraint), end: "" };
}

function callMessage(tool: FunctionTool): TagContent {
  return callTag(`<|channel|>commentary to=functions.${tool.name} <|constrain|>json<|message|>`, tool);
}

function callTag(begin: string, tool: FunctionTool): TagContent {
  return { type: "tag", begin, content: { type: "json_schema", json_schema: parametersOf(tool) }, end: "" };
}

function afterAnalysis(answer: TagContent): TagContent {
  const analysis = {
    type: "tag",
    begin: "<|channel|>analysis<|message|>",
    content: { type: "any_text" },
    end: "<|end|>",
  };
  return {
    type: "sequence",
    elements: [analysis, { type: "const_string", value: "<|start|>assistant" }, answer],
  };
}

function contentOf(constraint: OutputConstraint): TagContent {
  switch (constraint.kind) {
    case "json_object":
      return { type: "json_schema", json_schema: { type: "object" } };
    case "json_schema":
      return { type: "json_schema", json_schema: constraint.schema };
    case "regex":
      return { type: "regex", pattern: constraint.pattern };
    case "grammar":
      return { type: "grammar", grammar: constraint.source };
    case "choice":
      return { type: "or", elements: constraint.choices.map((value) => ({ type: "const_string", value })) };
    case "structural_tag":
      return { type: "any_text" };
  }
}
