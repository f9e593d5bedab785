// Chooses parsers for a model: what its chat template writes decides, then its name, then nothing. Fine-tunes keep the
// name of their family and change the format, so the template outranks the name.

import { modelReasoningParser, modelToolParser } from "./model-names.ts";
import type { Dialect } from "./rules.ts";
import { templateReasoningParser, templateToolParser } from "./template-markers.ts";

export interface ParserEvidence {
  /** Model name or path. */
  readonly model?: string | undefined;
  /** The chat template, or several of them joined. */
  readonly template?: string | undefined;
  /** An explicit choice, which wins. */
  readonly tool?: string | undefined;
  readonly reasoning?: string | undefined;
  readonly compat?: Dialect | undefined;
}

export type ChoiceReason = "explicit" | "template" | "model-name" | "default";

export interface ParserChoice {
  readonly tool: string;
  readonly reasoning: string;
  readonly why: {
    readonly tool: { readonly reason: ChoiceReason; readonly evidence: string };
    readonly reasoning: { readonly reason: ChoiceReason; readonly evidence: string };
  };
}

interface Found {
  readonly parser: string;
  readonly evidence: string;
}

/**
 * The tool-call and reasoning parsers for a model, and why.
 *
 * @example chooseParsers({ model: "Qwen/Qwen3-8B" }).tool // "hermes"
 */
export function chooseParsers(evidence: ParserEvidence): ParserChoice {
  const { model, template, compat } = evidence;
  const tool = pick(
    evidence.tool,
    template === undefined ? undefined : templateToolParser(template),
    model === undefined ? undefined : modelToolParser(model, compat),
  );
  const reasoning = pick(
    evidence.reasoning,
    template === undefined ? undefined : templateReasoningParser(template, tool.parser),
    model === undefined ? undefined : modelReasoningParser(model, compat),
  );
  return {
    tool: tool.parser,
    reasoning: reasoning.parser,
    why: {
      tool: { reason: tool.reason, evidence: tool.evidence },
      reasoning: { reason: reasoning.reason, evidence: reasoning.evidence },
    },
  };
}

function pick(
  explicit: string | undefined,
  template: Found | undefined,
  model: Found | undefined,
): Found & { readonly reason: ChoiceReason } {
  if (explicit !== undefined) return { parser: explicit, evidence: explicit, reason: "explicit" };
  if (template !== undefined) return { ...template, reason: "template" };
  if (model !== undefined) return { ...model, reason: "model-name" };
  return { parser: "passthrough", evidence: "", reason: "default" };
}
