// What a template expects of messages, found out by rendering small conversations with it.

import { parseJson } from "../json/index.ts";
import { type ChatInput, renderChat } from "./chat.ts";
import { looksLikeParts } from "./detect-syntax.ts";
import { compileTemplate, type Template } from "./template.ts";
import { TemplateError } from "./template-error.ts";

const marker = "f7Qz3Kx9";
const specialTokens = { bos_token: "<s>", eos_token: "</s>", unk_token: "<unk>", pad_token: "<pad>" };

type Rendered = { readonly text: string } | { readonly error: TemplateError };

function attempt(template: Template, input: ChatInput): Rendered {
  try {
    return { text: renderChat(template, { specialTokens, ...input }).text };
  } catch (error) {
    if (error instanceof TemplateError) return { error };
    throw error;
  }
}

function compiled(template: Template | string): Template | null {
  if (typeof template !== "string") return template;
  try {
    return compileTemplate(template);
  } catch (error) {
    if (error instanceof TemplateError) return null;
    throw error;
  }
}

/** How `content` should be sent: `"both"` means that a list of text parts gives the same prompt as a string. */
export type ContentFormat = "string" | "parts" | "both" | "unknown";

/** Renders one message as a string and as a list of parts, and compares. */
export function probeContentFormat(template: Template): ContentFormat {
  const send = (content: unknown): Rendered =>
    attempt(template, { messages: [{ role: "user", content }], addGenerationPrompt: true });
  const asString = send(marker);
  const asParts = send([{ type: "text", text: marker }]);
  const shows = (result: Rendered): boolean => "text" in result && result.text.includes(marker);
  const stringWorks = shows(asString);
  const isDumped = "text" in asParts && (asParts.text.includes("{'type'") || asParts.text.includes('"type"'));
  const partsWork = shows(asParts) && !isDumped;
  if (!stringWorks) return partsWork ? "parts" : "unknown";
  if (!partsWork) return "string";
  return "text" in asString && "text" in asParts && asString.text === asParts.text ? "both" : "string";
}

/**
 * Whether a template wants `content` as a string or as a list of parts. A template that takes both is `"string"`: the
 * simpler form is right for text, and parts may still be sent where there is media.
 *
 * @example detectContentFormat("{% for m in messages %}{{ m.content }}{% endfor %}") // "string"
 */
export function detectContentFormat(template: Template | string): "string" | "parts" {
  const ready = compiled(template);
  if (ready === null) return "string";
  const verdict = probeContentFormat(ready);
  if (verdict === "unknown") return looksLikeParts(ready.source) ? "parts" : "string";
  return verdict === "parts" ? "parts" : "string";
}

/** A conversation with one tool call, whose arguments are given, and the content beside it. */
function toolConversation(args: unknown, content: string | null): ChatInput {
  const call = { id: "call00001", type: "function", function: { name: "lookup", arguments: args } };
  return {
    messages: [
      { role: "user", content: "question" },
      { role: "assistant", content, tool_calls: [call] },
      { role: "tool", tool_call_id: "call00001", name: "lookup", content: "result" },
    ],
    tools: [
      {
        type: "function",
        function: {
          name: "lookup",
          description: "Looks things up.",
          parameters: { type: "object", properties: { key: { type: "string" } }, required: ["key"] },
        },
      },
    ],
    addGenerationPrompt: true,
  };
}

/**
 * Whether a template wants the arguments of tool calls as an object or as JSON text. Object unless only text works:
 * most templates that accept text print it quoted a second time.
 */
export function detectArgumentsFormat(template: Template | string): "object" | "string" {
  const ready = compiled(template);
  if (ready === null) return "object";
  const text = `{"key": "${marker}"}`;
  const shows = (args: unknown, content: string | null): boolean => {
    const result = attempt(ready, toolConversation(args, content));
    return "text" in result && result.text.includes(marker);
  };
  // Some templates show calls only where there is no content at all.
  for (const content of ["", null]) {
    if (shows(parseJson(text), content)) return "object";
    if (shows(text, content)) return "string";
  }
  return "object";
}

/** The variable that switches reasoning on and off, if the template has one. */
export function thinkingToggle(template: Template): "enable_thinking" | "thinking" | undefined {
  const { freeVariables } = template;
  if (freeVariables.includes("enable_thinking")) return "enable_thinking";
  return freeVariables.includes("thinking") ? "thinking" : undefined;
}
