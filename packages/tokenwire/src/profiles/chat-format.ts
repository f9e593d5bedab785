// The chat format of a model from its templates, and the parsers that fit what it writes.

import { TokenwireError } from "@tokenwire/core";
import { chooseParsers } from "@tokenwire/core/parsers";
import {
  compileTemplate,
  detectArgumentsFormat,
  detectContentFormat,
  type Template,
} from "@tokenwire/core/template";
import type { ChatFormat } from "../protocol/index.ts";
import { invalidProfile } from "./profile-error.ts";
import type { Derivations } from "./resolved-profile.ts";
import type { TemplateSource } from "./template-files.ts";

export interface ChatParts {
  readonly format: ChatFormat;
  readonly templates: ReadonlyMap<string, Template>;
  readonly templateSources: ReadonlyMap<string, string>;
  readonly toolParser?: string;
  readonly reasoningParser?: string;
}

/** Compiles the templates and chooses parsers. Without a template the model has no chat format. */
export function chatPartsOf(
  model: string,
  sources: ReadonlyMap<string, TemplateSource>,
  specialTokens: Readonly<Record<string, string>>,
  derivations: Derivations,
): ChatParts {
  const templates = new Map<string, Template>();
  for (const [name, source] of sources) {
    const shown = `${name}, ${source.text.length} characters`;
    templates.set(name, derivations.note("chat template", compile(name, source), source.from, shown));
  }
  const templateSources = new Map([...sources].map(([name, source]) => [name, source.text]));
  const template = templates.get("default");
  if (template === undefined) return withoutDefault(templates, templateSources, derivations);
  const text = templateSources.get("default") as string;
  const contentFormat = detectContentFormat(template);
  derivations.note("content format", contentFormat, "how the template reads message content");
  const argumentsFormat = detectArgumentsFormat(templates.get("tool_use") ?? template);
  derivations.note("arguments format", argumentsFormat, "how the template reads arguments of tool calls");
  const toolTemplate = templates.get("tool_use");
  return {
    format: {
      kind: "template",
      template,
      specialTokens,
      contentFormat,
      argumentsFormat,
      ...(toolTemplate !== undefined && { toolTemplate }),
    },
    templates,
    templateSources,
    ...parsersFor(model, templateSources.get("tool_use") ?? text, derivations),
  };
}

function compile(name: string, source: TemplateSource): Template {
  try {
    return compileTemplate(source.text);
  } catch (cause) {
    if (!(cause instanceof TokenwireError)) throw cause;
    throw invalidProfile(source.from, `the template "${name}" does not compile: ${cause.message}`, cause);
  }
}

function withoutDefault(
  templates: ReadonlyMap<string, Template>,
  templateSources: ReadonlyMap<string, string>,
  derivations: Derivations,
): ChatParts {
  const names = [...templates.keys()].join(", ");
  const reason =
    names === "" ? "no file has a chat template" : `no template is named default; there are ${names}`;
  derivations.note("chat template", "none", reason);
  return { format: { kind: "plain" }, templates, templateSources };
}

/** The choice that leaves text as it is; a profile then names no parser. */
const noParser = "passthrough";

function parsersFor(
  model: string,
  template: string,
  derivations: Derivations,
): { readonly toolParser?: string; readonly reasoningParser?: string } {
  const { tool, reasoning, why } = chooseParsers({ model, template });
  derivations.note("tool parser", tool, reasonOf(why.tool));
  derivations.note("reasoning parser", reasoning, reasonOf(why.reasoning));
  return {
    ...(tool !== noParser && { toolParser: tool }),
    ...(reasoning !== noParser && { reasoningParser: reasoning }),
  };
}

const reasons = {
  explicit: "named explicitly",
  template: "what the template writes",
  "model-name": "the model's name",
  default: "nothing points to a format",
};

function reasonOf({
  reason,
  evidence,
}: {
  readonly reason: keyof typeof reasons;
  readonly evidence: string;
}): string {
  return evidence === "" ? reasons[reason] : `${reasons[reason]}: ${evidence}`;
}
