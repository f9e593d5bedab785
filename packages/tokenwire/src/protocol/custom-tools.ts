// Custom tools: tools that take free text instead of JSON arguments. No model format has such calls, so the model sees a
// function with one string, and its calls are turned back into text (`custom-input.ts`).

import { fromPlain, type JsonObject } from "@tokenwire/core/json";
import { z } from "zod";
import { invalidRequest, quote, unsupportedParameter } from "./api-error.ts";
import type { CustomFormat, FunctionTool, ToolChoice } from "./conversation.ts";
import { checkFormat, inputParameter } from "./custom-grammar.ts";
import { optional } from "./validation.ts";

const syntax = z.enum(["lark", "regex"]);
const text = z.object({ type: z.literal("text") });
const shared = { name: z.string(), description: optional(z.string()) };

/** A custom tool of Responses, where everything is on one level. */
export const flatCustomTool: z.ZodType<CustomFields> = z.object({
  ...shared,
  format: optional(
    z.discriminatedUnion("type", [
      text,
      z.object({ type: z.literal("grammar"), syntax, definition: z.string().min(1) }),
    ]),
  ),
});

/** A custom tool of chat completions, where the grammar is an object of its own. */
export const nestedCustomTool: z.ZodType<{ custom: NestedCustomFields }> = z.object({
  custom: z.object({
    ...shared,
    format: optional(
      z.discriminatedUnion("type", [
        text,
        z.object({
          type: z.literal("grammar"),
          grammar: z.object({ syntax, definition: z.string().min(1) }),
        }),
      ]),
    ),
  }),
});

export interface CustomFields {
  readonly name: string;
  readonly description?: string | undefined;
  readonly format?: CustomFormat | undefined;
}

export interface NestedCustomFields extends Omit<CustomFields, "format"> {
  readonly format?:
    | { readonly type: "text" }
    | {
        readonly type: "grammar";
        readonly grammar: { readonly syntax: "lark" | "regex"; readonly definition: string };
      }
    | undefined;
}

/** The flat form of a custom tool of chat completions. */
export function flattenCustomTool({ format, ...rest }: NestedCustomFields): CustomFields {
  return { ...rest, format: format?.type === "grammar" ? { type: "grammar", ...format.grammar } : format };
}

/**
 * The function that stands for a custom tool.
 *
 * @param path of the fields in the request, for errors
 */
export function toCustomTool(fields: CustomFields, path: string): FunctionTool {
  const { name, description, format = { type: "text" } } = fields;
  if (!/^[A-Za-z0-9_.-]{1,64}$/.test(name)) {
    throw invalidRequest(
      `${path}.name`,
      `${path}.name: expected 1 to 64 letters, digits, "_", "-" or ".", got ${quote(name)}.`,
    );
  }
  checkFormat(format, `${path}.format`);
  return {
    name,
    ...(description !== undefined && { description }),
    parameters: inputSchema(format),
    custom: format,
  };
}

function inputSchema(format: CustomFormat): JsonObject {
  return fromPlain({
    type: "object",
    properties: { [inputParameter]: { type: "string", ...described(format) } },
    required: [inputParameter],
    additionalProperties: false,
  }) as JsonObject;
}

function described(format: CustomFormat): { readonly description: string; readonly pattern?: string } {
  if (format.type === "text") return { description: "Free text." };
  const { syntax, definition } = format;
  if (syntax === "lark") return { description: `Text of this Lark grammar:\n${definition}` };
  return { description: `Text of the form ${definition}`, pattern: wholeMatch(definition) };
}

/** A pattern of JSON Schema may match anywhere; a format is about the whole input. */
function wholeMatch(pattern: string): string {
  return `^(${pattern.replace(/^\^/, "").replace(/(?<!\\)\$$/, "")})$`;
}

/** Arguments as the model would have written them, for a call in the history. */
export function customArguments(input: string): string {
  return JSON.stringify({ [inputParameter]: input });
}

/** Names of the tools whose calls are text. */
export function customNames(tools: readonly FunctionTool[]): ReadonlySet<string> | undefined {
  const names = tools.filter(({ custom }) => custom !== undefined).map(({ name }) => name);
  return names.length > 0 ? new Set(names) : undefined;
}

/** The tools that the model may call and whose input has to match a grammar. */
export function grammarTools(tools: readonly FunctionTool[], { mode, allowed }: ToolChoice): FunctionTool[] {
  if (mode === "none") return [];
  return tools.filter(({ name, custom }) => custom?.type === "grammar" && (allowed?.includes(name) ?? true));
}

/** Raises 400 when an input could come out that does not match its tool's grammar. */
export function checkHeld(tools: readonly FunctionTool[], held: ReadonlySet<string>): void {
  for (const { name, custom } of tools) {
    if (custom?.type !== "grammar" || held.has(name)) continue;
    throw unsupportedParameter(
      "tools",
      `tools: the custom tool ${quote(name)} has a grammar (${custom.syntax}), but the engine of this model cannot hold input to it in this request. Require this tool by tool_choice, or use format {"type": "text"}.`,
    );
  }
}
