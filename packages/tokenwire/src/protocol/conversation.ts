// The one form in which every protocol hands a conversation to prompt rendering. Wire dialects end here.

import type { ToolNamespaceConfig } from "@tokenwire/core/harmony";
import type { JsonObject } from "@tokenwire/core/json";

export type Role = "system" | "developer" | "user" | "assistant" | "tool";

/** A call in the history; `arguments` is the text the model wrote, normally JSON. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
  /** How a harmony model addressed it, where that is known; default: by the name. */
  readonly header?: { readonly recipient: string; readonly channel: string; readonly contentType?: string };
}

export interface ConversationMessage {
  readonly role: Role;
  /** Text, or text in parts where the client sent parts. `null`: an assistant message of calls only. */
  readonly content: string | readonly string[] | null;
  readonly name?: string;
  /** Reasoning of an earlier assistant turn, replayed by the client. */
  readonly reasoning?: string;
  readonly toolCalls?: readonly ToolCall[];
  /** On a `tool` message: which call it answers. */
  readonly toolCallId?: string;
}

export interface FunctionTool {
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of the arguments. */
  readonly parameters?: JsonObject;
  readonly strict?: boolean;
  /** It stands for a custom tool: its calls are text, of this format. */
  readonly custom?: CustomFormat;
}

/** What the input of a custom tool may be. */
export type CustomFormat =
  | { readonly type: "text" }
  | { readonly type: "grammar"; readonly syntax: "lark" | "regex"; readonly definition: string };

/** Whether and what the model may call. */
export interface ToolChoice {
  readonly mode: "none" | "auto" | "required";
  /** The only tools that may be called; absent: all. */
  readonly allowed?: readonly string[];
  /** The choice names exactly one function. */
  readonly named?: boolean;
}

export type ResponseFormat =
  | { readonly type: "text" }
  | { readonly type: "json_object" }
  | {
      readonly type: "json_schema";
      readonly name: string;
      readonly description?: string;
      readonly schema?: JsonObject;
      readonly strict?: boolean;
    };

/** Everything that decides what the prompt is. */
export interface Conversation {
  readonly messages: readonly ConversationMessage[];
  readonly tools: readonly FunctionTool[];
  /** Tools that run here, as the harmony format shows them: calls to them are named `browser.search`, `python`. */
  readonly toolNamespaces?: readonly ToolNamespaceConfig[];
  readonly toolChoice: ToolChoice;
  readonly parallelToolCalls: boolean;
  readonly responseFormat: ResponseFormat;
  readonly reasoningEffort?: string | number;
  readonly templateArguments?: JsonObject;
  readonly documents?: unknown;
  /** Default true: the prompt ends where the assistant's turn begins. */
  readonly addGenerationPrompt?: boolean;
  /** The last message is the beginning of the answer. */
  readonly continueFinalMessage?: boolean;
  /** `messages` for chat, `input` for responses: the `param` of errors about the whole conversation. */
  readonly field: "messages" | "input";
}

/** The text of a message; parts are joined by line feeds, as templates that take strings expect. */
export function textOf(content: ConversationMessage["content"], separator = "\n"): string {
  if (content === null) return "";
  return typeof content === "string" ? content : content.join(separator);
}
