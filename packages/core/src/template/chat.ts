// Messages, tools and options to a prompt, with Hugging Face's semantics.

import { TokenwireError } from "../errors.ts";
import { trustedText } from "./code-points.ts";
import { continueMessage, cutContinuation } from "./continue-message.ts";
import { markHistory } from "./history.ts";
import type { TemplateLimits } from "./limits.ts";
import { type RenderedChat, renderedChat } from "./rendered-chat.ts";
import {
  CompiledTemplate,
  compileTemplate,
  contextValues,
  type RenderOptions,
  type Template,
} from "./template.ts";
import type { Value } from "./values.ts";

/** What is rendered. Every other property is a variable of its own name (`enable_thinking`, `reasoning_effort`, …). */
export interface ChatInput {
  /** Plain data or lossless JSON values (which keep `1.0`, big integers and the order of keys). */
  readonly messages: unknown;
  /** Absent is None for the template, as is null. */
  readonly tools?: unknown;
  readonly documents?: unknown;
  readonly addGenerationPrompt?: boolean;
  /** End inside the final message, so that the model goes on with it; a string names a field other than `content`. */
  readonly continueFinalMessage?: boolean | string;
  /** `bos_token`, `eos_token`, …; those that are null are undefined for the template. */
  readonly specialTokens?: Readonly<Record<string, string | readonly string[] | null | undefined>>;
  readonly [variable: string]: unknown;
}

export interface ChatOptions extends RenderOptions {
  readonly limits?: TemplateLimits;
  /** Marks the assistant's replayed text, for `encodeChat` with `trust: "assistant-history"`. */
  readonly markHistory?: boolean;
}

/** Properties of `ChatInput` that are not variables, and variables that cannot be given by name. */
const inputProperties = new Set([
  "messages",
  "tools",
  "documents",
  "addGenerationPrompt",
  "continueFinalMessage",
  "specialTokens",
]);

/**
 * Renders a conversation.
 *
 * @param template compiled, or its source (compiled once and kept)
 * @example renderChat(source, { messages: [{ role: "user", content: "Hi" }], addGenerationPrompt: true }).text
 * @throws TemplateError when the template is wrong, refuses the conversation, or exceeds a limit
 * @throws TokenwireError INVALID_ARGUMENT when options contradict each other
 */
export function renderChat(
  template: Template | string,
  input: ChatInput,
  options: ChatOptions = {},
): RenderedChat {
  const compiled = typeof template === "string" ? cachedTemplate(template, options.limits) : template;
  if (!(compiled instanceof CompiledTemplate)) {
    throw new TokenwireError(
      "INVALID_ARGUMENT",
      "template must be a source text or come from compileTemplate().",
    );
  }
  const { continueFinalMessage = false, addGenerationPrompt = false } = input;
  if (continueFinalMessage !== false && addGenerationPrompt) {
    throw new TokenwireError(
      "INVALID_ARGUMENT",
      "addGenerationPrompt and continueFinalMessage exclude each other: the one starts a message, the other goes on with one.",
    );
  }
  const context = chatContext(input);
  if (options.markHistory) markHistory(context);
  const field = continueFinalMessage === true ? "content" : continueFinalMessage;
  const final = field === false ? null : continueMessage(compiled, context, field);
  const output = compiled.print(context, options);
  const length = final === null ? output.text.length : cutContinuation(output, final);
  return renderedChat(output, length);
}

/** The variables of a render, strings from outside untrusted, special tokens trusted. */
function chatContext(input: ChatInput): Map<string, Value> {
  const variables: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(input)) {
    if (name === "add_generation_prompt") {
      throw new TokenwireError(
        "INVALID_ARGUMENT",
        "Use addGenerationPrompt instead of add_generation_prompt.",
      );
    }
    if (!inputProperties.has(name)) variables[name] = value;
  }
  const context = new Map<string, Value>();
  const { messages, tools = null, documents = null } = input;
  for (const [name, value] of contextValues({ messages, tools, documents })) context.set(name, value);
  context.set("add_generation_prompt", input.addGenerationPrompt ?? false);
  for (const [name, value] of Object.entries(input.specialTokens ?? {})) {
    if (typeof value === "string") context.set(name, trustedText(value));
    else if (Array.isArray(value)) context.set(name, value.map(trustedText));
  }
  for (const [name, value] of contextValues(variables)) context.set(name, value);
  return context;
}

const cacheSize = 64;
const cache = new Map<string, CompiledTemplate>();

/** Compiled templates by source and limits, the least recently used dropped first. */
function cachedTemplate(source: string, limits: TemplateLimits | undefined): Template {
  const key = limits === undefined ? source : `${JSON.stringify(limits)}\0${source}`;
  const found = cache.get(key) ?? (compileTemplate(source, limits) as CompiledTemplate);
  cache.delete(key);
  cache.set(key, found);
  if (cache.size > cacheSize) cache.delete(cache.keys().next().value as string);
  return found;
}
