// `tools` and `tool_choice` of chat completions, with the legacy spellings `functions` and `function_call`.

import type { JsonObject } from "@tokenwire/core/json";
import { z } from "zod";
import { invalidRequest, quote, unsupportedParameter } from "./api-error.ts";
import type { RequestBody } from "./body.ts";
import { checkPattern } from "./constraint-limits.ts";
import type { FunctionTool, ToolChoice } from "./conversation.ts";
import { flattenCustomTool, nestedCustomTool, toCustomTool } from "./custom-tools.ts";
import { losslessObject, optional, parseBody } from "./validation.ts";

const maxTools = 512;
const maxSchemaCharacters = 256 * 1024;
const maxSchemaDepth = 64;
/** OpenAI's rule, with dots as an extension: several clients name tools `server.tool`. */
const namePattern = /^[A-Za-z0-9_.-]{1,64}$/;

const functionFields = z.object({
  name: z.string(),
  description: optional(z.string()),
  parameters: optional(losslessObject),
  strict: optional(z.boolean()),
});
const toolFields = z.object({
  tools: optional(z.array(z.looseObject({ type: z.string() }))),
  functions: optional(z.array(functionFields)),
});
const nestedFunction = z.object({ function: functionFields });

interface FunctionFields {
  readonly name: string;
  readonly description?: string | undefined;
  readonly parameters?: JsonObject | undefined;
  readonly strict?: boolean | undefined;
}

/** A tool from its wire fields, checked; `path` names it in errors. */
export function toFunctionTool(fields: FunctionFields, path: string): FunctionTool {
  if (!namePattern.test(fields.name)) {
    throw invalidRequest(
      `${path}.name`,
      `${path}.name: expected 1 to 64 letters, digits, "_", "-" or ".", got ${quote(fields.name)}.`,
    );
  }
  if (fields.parameters !== undefined) checkSchema(fields.parameters, `${path}.parameters`);
  return {
    name: fields.name,
    ...(fields.description !== undefined && { description: fields.description }),
    ...(fields.parameters !== undefined && { parameters: fields.parameters }),
    ...(fields.strict !== undefined && { strict: fields.strict }),
  };
}

/** Bounds what a client may make us render and compile: size, depth, and no reference to another document. */
export function checkSchema(schema: JsonObject, path: string): void {
  if (measure(schema, 0, path) > maxSchemaCharacters) {
    throw invalidRequest(path, `${path}: the schema is larger than the limit of 256 KB.`);
  }
}

/** About how many characters a schema has as JSON text. */
function measure(value: unknown, depth: number, path: string): number {
  if (depth > maxSchemaDepth) {
    throw invalidRequest(path, `${path}: the schema is nested deeper than the limit of ${maxSchemaDepth}.`);
  }
  if (Array.isArray(value))
    return value.reduce((sum: number, item) => sum + measure(item, depth + 1, path), 2);
  if (!(value instanceof Map)) return typeof value === "string" ? value.length + 2 : 5;
  const reference = value.get("$ref");
  if (typeof reference === "string" && !reference.startsWith("#")) {
    throw invalidRequest(
      path,
      `${path}: $ref must point into the same schema ("#/…"), got ${quote(reference)}.`,
    );
  }
  const pattern = value.get("pattern");
  if (typeof pattern === "string") checkPattern(pattern, `${path}.pattern`);
  let size = 2;
  for (const [key, member] of value) size += String(key).length + 4 + measure(member, depth + 1, path);
  return size;
}

export function checkToolCount(count: number, path: string): void {
  if (count > maxTools)
    throw invalidRequest(path, `${path}: at most ${maxTools} tools are allowed, got ${count}.`);
}

/** A name that a custom tool shares with another tool would leave open whether a call is text or JSON. */
export function checkCustomNames(tools: readonly FunctionTool[]): void {
  for (const { name, custom } of tools) {
    if (custom === undefined || tools.filter((tool) => tool.name === name).length === 1) continue;
    throw invalidRequest(
      "tools",
      `tools: the name of the custom tool ${quote(name)} is used twice; rename one of them.`,
    );
  }
}

/** The tools of a chat request. */
export function parseChatTools(body: RequestBody): FunctionTool[] {
  const { tools, functions } = parseBody(toolFields, body);
  if (tools === undefined) {
    checkToolCount(functions?.length ?? 0, "functions");
    return (functions ?? []).map((fields, index) => toFunctionTool(fields, `functions[${index}]`));
  }
  checkToolCount(tools.length, "tools");
  const parsed = tools.map((tool, index) => {
    const path = `tools[${index}]`;
    if (tool.type === "custom") {
      const { custom } = parseBody(nestedCustomTool, tool, ["tools", index]);
      return toCustomTool(flattenCustomTool(custom), `${path}.custom`);
    }
    if (tool.type !== "function") {
      throw unsupportedParameter(
        `${path}.type`,
        `${path}.type: tools of type ${quote(tool.type)} are not supported here. Supported types: "function", "custom".`,
      );
    }
    return toFunctionTool(parseBody(nestedFunction, tool, ["tools", index]).function, `${path}.function`);
  });
  checkCustomNames(parsed);
  return parsed;
}

const named = z.object({ name: z.string() });
const namedChoice = z.object({ type: z.literal("function"), function: named });
const customChoice = z.object({ type: z.literal("custom"), custom: named });
const allowedChoice = z.object({
  type: z.literal("allowed_tools"),
  allowed_tools: z.object({
    mode: z.string(),
    tools: z.array(z.looseObject({ type: z.string(), function: optional(named), custom: optional(named) })),
  }),
});
const choiceFields = z.object({
  tool_choice: optional(
    z.union([
      z.enum(["none", "auto", "required"]),
      z.discriminatedUnion("type", [namedChoice, customChoice, allowedChoice]),
    ]),
  ),
  function_call: optional(z.union([z.enum(["none", "auto"]), z.object({ name: z.string() })])),
});

/** The fields of tools in chat, for the description of the API. */
export const chatToolsSchema: z.ZodObject = z.object({ ...toolFields.shape, ...choiceFields.shape });

/** `tool_choice` (or `function_call`), checked against the tools. The wording of the errors is the field's own. */
export function parseChatToolChoice(body: RequestBody, tools: readonly FunctionTool[]): ToolChoice {
  const { tool_choice: choice, function_call: legacy } = parseBody(choiceFields, body);
  if (choice === undefined && legacy !== undefined) {
    return typeof legacy === "string" ? modeChoice(legacy, tools) : namedTool("function", legacy.name, tools);
  }
  if (choice === undefined) return { mode: tools.length > 0 ? "auto" : "none" };
  if (typeof choice === "string") return modeChoice(choice, tools);
  if (choice.type === "function") return namedTool("function", choice.function.name, tools);
  if (choice.type === "custom") return namedTool("custom", choice.custom.name, tools);
  const names = choice.allowed_tools.tools.map((tool) => {
    if (tool.type === "custom") return tool.custom?.name ?? "";
    if (tool.type !== "function") {
      throw choiceError(
        ".tools",
        `Chat Completion API only supports function tools, got '${tool.type.slice(0, 80)}'.`,
      );
    }
    return tool.function?.name ?? "";
  });
  return allowedTools(choice.allowed_tools.mode, names, tools);
}

function choiceError(field: string, text: string): Error {
  return invalidRequest("tool_choice", `Invalid value for 'tool_choice${field}': ${text}`);
}

/** A choice by mode alone. `none` and `auto` without tools are harmless. */
export function modeChoice(mode: ToolChoice["mode"], tools: readonly FunctionTool[]): ToolChoice {
  if (mode === "required") needTools(tools);
  return { mode: tools.length === 0 ? "none" : mode };
}

function needTools(tools: readonly FunctionTool[]): void {
  if (tools.length === 0) throw choiceError("", "'tool_choice' is only allowed when 'tools' are specified.");
}

/** A choice of exactly one tool. */
export function namedTool(
  type: "function" | "custom",
  name: string,
  tools: readonly FunctionTool[],
): ToolChoice {
  needTools(tools);
  if (!tools.some((tool) => tool.name === name && (tool.custom !== undefined) === (type === "custom"))) {
    const what = type === "custom" ? "custom tool" : "function";
    throw choiceError("", `${what} '${name.slice(0, 80)}' not found in 'tools'.`);
  }
  return { mode: "required", allowed: [name], named: true };
}

/** A choice among some of the tools; all of them stay in the prompt. */
export function allowedTools(
  mode: string,
  names: readonly string[],
  tools: readonly FunctionTool[],
): ToolChoice {
  needTools(tools);
  if (mode !== "auto" && mode !== "required") {
    throw choiceError(".mode", `must be 'auto' or 'required', got '${mode.slice(0, 80)}'.`);
  }
  for (const name of names) {
    if (!tools.some((tool) => tool.name === name)) {
      throw choiceError(".tools", `tool '${name.slice(0, 80)}' not found in 'tools'.`);
    }
  }
  return { mode, allowed: names };
}
