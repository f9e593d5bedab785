// The text of system and developer content: sections joined by an empty line, absent ones skipped.

import { compareCodePoints } from "../json/index.ts";
import type { DeveloperContent, SystemContent } from "./content.ts";
import { responseFormatsText } from "./response-formats.ts";
import { jsonSchemaToTypescript } from "./schema-to-typescript.ts";
import { prefixedLines, textLines } from "./text-lines.ts";
import type { ToolDescription, ToolNamespaceConfig, ToolNamespaces } from "./tools.ts";

/** Turns the schema of a tool's parameters into text. */
export type SchemaRenderer = (schema: unknown) => string;

/** @param hasFunctionTools whether some developer message of the conversation declares functions */
export function systemText(
  content: SystemContent,
  hasFunctionTools: boolean,
  schemaText: SchemaRenderer = jsonSchemaToTypescript,
): string {
  const { modelIdentity, knowledgeCutoff, conversationStartDate, reasoningEffort } = content;
  const top: string[] = [];
  if (modelIdentity !== undefined) top.push(modelIdentity);
  if (knowledgeCutoff !== undefined) top.push(`Knowledge cutoff: ${knowledgeCutoff}`);
  if (conversationStartDate !== undefined) top.push(`Current date: ${conversationStartDate}`);
  const sections: string[] = [];
  if (top.length > 0) sections.push(top.join("\n"));
  if (reasoningEffort !== undefined) sections.push(`Reasoning: ${reasoningEffort.toLowerCase()}`);
  if (content.tools !== undefined && content.tools.size > 0) {
    sections.push(toolsText(content.tools, schemaText));
  }
  const channels = channelsText(content, hasFunctionTools);
  if (channels !== undefined) sections.push(channels);
  return sections.join("\n\n");
}

function channelsText(content: SystemContent, hasFunctionTools: boolean): string | undefined {
  const config = content.channelConfig;
  if (config === undefined || config.validChannels.length === 0) return undefined;
  let text = `# Valid channels: ${config.validChannels.join(", ")}.`;
  if (config.channelRequired) text += " Channel must be included for every message.";
  if (hasFunctionTools) text += "\nCalls to these tools must go to the commentary channel: 'functions'.";
  return text;
}

export function developerText(
  content: DeveloperContent,
  schemaText: SchemaRenderer = jsonSchemaToTypescript,
): string {
  const sections: string[] = [];
  if (content.instructions !== undefined) sections.push("# Instructions", content.instructions);
  if (content.tools !== undefined && content.tools.size > 0) {
    sections.push(toolsText(content.tools, schemaText));
  }
  const { responseFormats = [] } = content;
  if (responseFormats.length > 0) sections.push(responseFormatsText(responseFormats));
  return sections.join("\n\n");
}

function toolsText(tools: ToolNamespaces, schemaText: SchemaRenderer): string {
  const sorted = [...tools].sort(([a], [b]) => compareCodePoints(a, b));
  return ["# Tools", ...sorted.map(([, namespace]) => namespaceText(namespace, schemaText))].join("\n\n");
}

function namespaceText(namespace: ToolNamespaceConfig, schemaText: SchemaRenderer): string {
  const { name, description = "", tools } = namespace;
  // The heading ends in a newline of its own, so an empty line follows it even when nothing else does.
  const lines = [`## ${name}\n`];
  if (tools.length === 0) return [...lines, ...textLines(description)].join("\n");
  lines.push(...prefixedLines(description, "// "), `namespace ${name} {\n`);
  for (const tool of tools) lines.push(...toolLines(tool, schemaText));
  lines.push(`} // namespace ${name}`);
  return lines.join("\n");
}

function toolLines(tool: ToolDescription, schemaText: SchemaRenderer): string[] {
  const { parameters } = tool;
  const argument = parameters === undefined ? "" : `_: ${schemaText(parameters)}`;
  return [...prefixedLines(tool.description, "// "), `type ${tool.name} = (${argument}) => any;\n`];
}
