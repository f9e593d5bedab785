// `tools` and `tool_choice` of a create call: functions and custom tools of the client, and tools of the server.

import { z } from "zod";
import { unsupportedParameter } from "../api-error.ts";
import type { FunctionTool, ToolChoice } from "../conversation.ts";
import { flatCustomTool, toCustomTool } from "../custom-tools.ts";
import {
  allowedTools,
  checkCustomNames,
  checkToolCount,
  modeChoice,
  namedTool,
  toFunctionTool,
} from "../tools.ts";
import { losslessObject, optional, parseBody } from "../validation.ts";
import { toWireJson } from "../wire-json.ts";
import { type HostedTool, unsupportedTool } from "./hosted-tools.ts";

/** An entry of `tools`; the rest depends on its type. */
export interface ToolEntry {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** `tool_choice` where it is more than a mode. */
export type NamedChoice =
  | { readonly type: "function" | "custom"; readonly name: string }
  | {
      readonly type: "allowed_tools";
      readonly mode: string;
      readonly tools: readonly { readonly type: string; readonly name?: string | undefined }[];
    };

export type WireChoice = "none" | "auto" | "required" | NamedChoice;

export const toolEntry: z.ZodType<ToolEntry> = z.looseObject({ type: z.string() });

export const toolChoice: z.ZodType<WireChoice> = z.union([
  z.enum(["none", "auto", "required"]),
  z.discriminatedUnion("type", [
    z.object({ type: z.literal("function"), name: z.string() }),
    z.object({ type: z.literal("custom"), name: z.string() }),
    z.object({
      type: z.literal("allowed_tools"),
      mode: z.string(),
      tools: z.array(z.looseObject({ type: z.string(), name: optional(z.string()) })),
    }),
  ]),
]);

const functionTool = z.object({
  name: z.string(),
  description: optional(z.string()),
  parameters: optional(losslessObject),
  strict: optional(z.boolean()),
});

/** The tools of a request, by who runs them. */
export interface RequestedTools {
  readonly functions: FunctionTool[];
  readonly hosted: HostedTool[];
  readonly echo: object[];
}

export function parseTools(tools: readonly ToolEntry[], hostedTypes: readonly string[]): RequestedTools {
  checkToolCount(tools.length, "tools");
  const result: RequestedTools = { functions: [], hosted: [], echo: [] };
  tools.forEach((entry, index) => {
    const path = `tools[${index}]`;
    if (entry.type === "function") {
      const tool = toFunctionTool(parseBody(functionTool, entry, ["tools", index]), path);
      result.functions.push(tool);
      result.echo.push(echoTool(tool));
    } else if (entry.type === "custom") {
      const tool = toCustomTool(parseBody(flatCustomTool, entry, ["tools", index]), path);
      result.functions.push(tool);
      result.echo.push(echoCustomTool(tool));
    } else if (hostedTypes.includes(entry.type)) {
      result.hosted.push({ type: entry.type, path, fields: entry });
      result.echo.push({ ...entry });
    } else throw unsupportedTool(path, entry.type, hostedTypes);
  });
  checkCustomNames(result.functions);
  return result;
}

export function parseChoice(
  given: WireChoice,
  tools: readonly FunctionTool[],
  hosted: readonly HostedTool[],
): ToolChoice {
  if (typeof given === "string" && hosted.length > 0) {
    if (given !== "required") return { mode: given };
    throw unsupportedParameter(
      "tool_choice",
      'tool_choice: "required" cannot be combined with tools that run on the server; use "auto" or name a function.',
    );
  }
  if (typeof given === "string") return modeChoice(given, tools);
  if (given.type !== "allowed_tools") return namedTool(given.type, given.name, tools);
  return allowedTools(
    given.mode,
    given.tools.map((entry) => entry.name ?? ""),
    tools,
  );
}

function echoTool({ name, description, parameters, strict }: FunctionTool): object {
  return {
    type: "function",
    name,
    description: description ?? null,
    parameters: parameters === undefined ? null : toWireJson(parameters),
    strict: strict ?? true,
  };
}

function echoCustomTool({ name, description, custom }: FunctionTool): object {
  return {
    type: "custom",
    name,
    ...(description !== undefined && { description }),
    format: custom ?? { type: "text" },
  };
}
