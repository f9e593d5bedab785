// The three kinds of content part, immutable, with builders that return changed copies and the JSON wire form.

import { browserNamespace, pythonNamespace } from "./builtin-tools.ts";
import { member } from "./json-view.ts";
import type { ResponseFormat } from "./response-formats.ts";
import { TextContent } from "./text-content.ts";
import {
  namespacesJson,
  readNamespaces,
  type ToolDescription,
  ToolNamespaceConfig,
  type ToolNamespaceJson,
  type ToolNamespaces,
  withNamespace,
} from "./tools.ts";
import {
  expectObject,
  invalidType,
  optionalString,
  optionalVariant,
  requiredBoolean,
  requiredList,
  requiredMember,
  requiredString,
  variant,
} from "./wire-reader.ts";

export type ReasoningEffort = "Low" | "Medium" | "High";
const efforts: readonly ReasoningEffort[] = ["Low", "Medium", "High"];

/** Which channels an assistant may use, and whether every message must name one. */
export class ChannelConfig {
  readonly validChannels: readonly string[];
  readonly channelRequired: boolean;

  constructor(validChannels: readonly string[], channelRequired: boolean) {
    this.validChannels = validChannels;
    this.channelRequired = channelRequired;
  }

  static requireChannels(channels: readonly string[]): ChannelConfig {
    return new ChannelConfig(channels, true);
  }

  static fromJSON(json: unknown, path = "$"): ChannelConfig {
    const value = expectObject(json, path, "struct ChannelConfig");
    const channels = requiredList(value, "valid_channels", path).map((name, index) =>
      typeof name === "string" ? name : invalidType(`${path}.valid_channels[${index}]`, name, "a string"),
    );
    return new ChannelConfig(channels, requiredBoolean(value, "channel_required", path));
  }

  toJSON(): { valid_channels: string[]; channel_required: boolean } {
    return { valid_channels: [...this.validChannels], channel_required: this.channelRequired };
  }
}

export interface SystemContentFields {
  readonly modelIdentity?: string | undefined;
  readonly reasoningEffort?: ReasoningEffort | undefined;
  readonly tools?: ToolNamespaces | undefined;
  readonly conversationStartDate?: string | undefined;
  readonly knowledgeCutoff?: string | undefined;
  readonly channelConfig?: ChannelConfig | undefined;
}

/**
 * What the system message says about the model and its environment.
 *
 * `new SystemContent(fields)` takes exactly the given fields; `SystemContent.new()` has the defaults of the format.
 *
 * @example SystemContent.new().withReasoningEffort("high").withConversationStartDate("2025-06-28")
 */
export class SystemContent {
  readonly type = "system_content" as const;
  readonly modelIdentity: string | undefined;
  readonly reasoningEffort: ReasoningEffort | undefined;
  readonly tools: ToolNamespaces | undefined;
  readonly conversationStartDate: string | undefined;
  readonly knowledgeCutoff: string | undefined;
  readonly channelConfig: ChannelConfig | undefined;

  constructor(fields: SystemContentFields = {}) {
    this.modelIdentity = fields.modelIdentity;
    this.reasoningEffort = fields.reasoningEffort;
    this.tools = fields.tools;
    this.conversationStartDate = fields.conversationStartDate;
    this.knowledgeCutoff = fields.knowledgeCutoff;
    this.channelConfig = fields.channelConfig;
  }

  static new(): SystemContent {
    return new SystemContent({
      modelIdentity: "You are ChatGPT, a large language model trained by OpenAI.",
      reasoningEffort: "Medium",
      knowledgeCutoff: "2024-06",
      channelConfig: ChannelConfig.requireChannels(["analysis", "commentary", "final"]),
    });
  }

  withModelIdentity(modelIdentity: string): SystemContent {
    return new SystemContent({ ...this, modelIdentity });
  }

  /** Takes the wire's spelling or its lower-case form. */
  withReasoningEffort(effort: ReasoningEffort | Lowercase<ReasoningEffort>): SystemContent {
    const reasoningEffort = efforts.find((name) => name.toLowerCase() === effort.toLowerCase());
    return reasoningEffort === undefined
      ? variant(effort, "reasoningEffort", efforts as readonly never[])
      : new SystemContent({ ...this, reasoningEffort });
  }

  /** Adds a namespace under its own name, replacing an earlier one of that name. */
  withTools(namespace: ToolNamespaceConfig): SystemContent {
    return new SystemContent({ ...this, tools: withNamespace(this.tools, namespace) });
  }

  withBrowserTool(): SystemContent {
    return this.withTools(browserNamespace);
  }

  withPythonTool(): SystemContent {
    return this.withTools(pythonNamespace);
  }

  /** `YYYY-MM-DD`; shown as the current date. */
  withConversationStartDate(conversationStartDate: string): SystemContent {
    return new SystemContent({ ...this, conversationStartDate });
  }

  withKnowledgeCutoff(knowledgeCutoff: string): SystemContent {
    return new SystemContent({ ...this, knowledgeCutoff });
  }

  withChannelConfig(channelConfig: ChannelConfig): SystemContent {
    return new SystemContent({ ...this, channelConfig });
  }

  withRequiredChannels(channels: readonly string[]): SystemContent {
    return this.withChannelConfig(ChannelConfig.requireChannels(channels));
  }

  /** Reads the wire form. It has no defaults: an absent field stays absent. */
  static fromJSON(json: unknown, path = "$"): SystemContent {
    const value = expectObject(json, path, "struct SystemContent");
    const config = member(value, "channel_config") ?? undefined;
    return new SystemContent({
      modelIdentity: optionalString(value, "model_identity", path),
      reasoningEffort: optionalVariant(value, "reasoning_effort", path, efforts),
      tools: readNamespaces(value, path),
      conversationStartDate: optionalString(value, "conversation_start_date", path),
      knowledgeCutoff: optionalString(value, "knowledge_cutoff", path),
      channelConfig:
        config === undefined ? undefined : ChannelConfig.fromJSON(config, `${path}.channel_config`),
    });
  }

  toJSON(): SystemContentJson {
    const json: SystemContentJson = { type: "system_content" };
    if (this.modelIdentity !== undefined) json.model_identity = this.modelIdentity;
    if (this.reasoningEffort !== undefined) json.reasoning_effort = this.reasoningEffort;
    if (this.tools !== undefined) json.tools = namespacesJson(this.tools);
    if (this.conversationStartDate !== undefined) json.conversation_start_date = this.conversationStartDate;
    if (this.knowledgeCutoff !== undefined) json.knowledge_cutoff = this.knowledgeCutoff;
    if (this.channelConfig !== undefined) json.channel_config = this.channelConfig.toJSON();
    return json;
  }
}

export interface SystemContentJson {
  type: "system_content";
  model_identity?: string;
  reasoning_effort?: ReasoningEffort;
  tools?: Record<string, ToolNamespaceJson>;
  conversation_start_date?: string;
  knowledge_cutoff?: string;
  channel_config?: { valid_channels: string[]; channel_required: boolean };
}

export interface DeveloperContentFields {
  readonly instructions?: string | undefined;
  readonly tools?: ToolNamespaces | undefined;
  readonly responseFormats?: readonly ResponseFormat[] | undefined;
}

/** Instructions (elsewhere called the system prompt) and function tools. */
export class DeveloperContent {
  readonly type = "developer_content" as const;
  readonly instructions: string | undefined;
  readonly tools: ToolNamespaces | undefined;
  /** Shown after the tools. The wire form has no field for it, so `toJSON` leaves it out. */
  readonly responseFormats: readonly ResponseFormat[] | undefined;

  constructor(fields: DeveloperContentFields = {}) {
    this.instructions = fields.instructions;
    this.tools = fields.tools;
    this.responseFormats = fields.responseFormats;
  }

  static new(): DeveloperContent {
    return new DeveloperContent();
  }

  withInstructions(instructions: string): DeveloperContent {
    return new DeveloperContent({ ...this, instructions });
  }

  /** Adds a namespace under its own name, replacing an earlier one of that name. */
  withTools(namespace: ToolNamespaceConfig): DeveloperContent {
    return new DeveloperContent({ ...this, tools: withNamespace(this.tools, namespace) });
  }

  /** Declares functions, which the model calls as `functions.NAME`. */
  withFunctionTools(tools: readonly ToolDescription[]): DeveloperContent {
    return this.withTools(new ToolNamespaceConfig("functions", undefined, tools));
  }

  /** Schemas that the answer can be asked to follow. */
  withResponseFormats(responseFormats: readonly ResponseFormat[]): DeveloperContent {
    return new DeveloperContent({ ...this, responseFormats });
  }

  static fromJSON(json: unknown, path = "$"): DeveloperContent {
    const value = expectObject(json, path, "struct DeveloperContent");
    return new DeveloperContent({
      instructions: optionalString(value, "instructions", path),
      tools: readNamespaces(value, path),
    });
  }

  toJSON(): DeveloperContentJson {
    const json: DeveloperContentJson = { type: "developer_content" };
    if (this.instructions !== undefined) json.instructions = this.instructions;
    if (this.tools !== undefined) json.tools = namespacesJson(this.tools);
    return json;
  }
}

export interface DeveloperContentJson {
  type: "developer_content";
  instructions?: string;
  tools?: Record<string, ToolNamespaceJson>;
}

export type Content = TextContent | SystemContent | DeveloperContent;
export type ContentJson = { type: "text"; text: string } | SystemContentJson | DeveloperContentJson;

const contentTypes = ["text", "system_content", "developer_content"] as const;

/** Reads one content part from its wire form. */
export function contentFromJson(json: unknown, path: string): Content {
  const value = expectObject(json, path, "internally tagged enum Content");
  const type = variant(requiredMember(value, "type", path), `${path}.type`, contentTypes);
  if (type === "text") return new TextContent(requiredString(value, "text", path));
  return type === "system_content"
    ? SystemContent.fromJSON(value, path)
    : DeveloperContent.fromJSON(value, path);
}
