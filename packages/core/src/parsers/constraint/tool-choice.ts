// From a request's tool_choice to a constraint. `auto` constrains nothing; `required`, a named tool and required
// `allowed_tools` become the format's own structural tag where there is one, else a JSON Schema.

import { TokenwireError } from "../../errors.ts";
import { getToolFormat, hasToolParser } from "../registry.ts";
import { isObject } from "../schema.ts";
import { callListSchema } from "./call-list-schema.ts";
import type { ConstrainedTool, Constraint, Json } from "./constraint.ts";
import { legacyTags, nativeTags } from "./native-tags.ts";
import { vllmTags } from "./vllm-tags.ts";

export interface ToolChoiceOptions {
  /** `"auto"`, `"none"`, `"required"`, a named tool, or `allowed_tools`; flat (Responses) or nested (Chat). */
  readonly toolChoice: unknown;
  /** `{ name, parameters }`, or OpenAI's `{ type: "function", function: { … } }`. */
  readonly tools: readonly unknown[];
  /** Name of the tool parser; without one the JSON form is used. */
  readonly format?: string | null | undefined;
  /** Whose tags to build. Default: SMG's, which every XGrammar engine reads. */
  readonly dialect?: "smg" | "vllm" | "sglang" | undefined;
  /** False: one call at most. */
  readonly parallelToolCalls?: boolean | undefined;
  /** `legacy`: SGLang's older structural tag. */
  readonly form?: "legacy" | undefined;
}

type Mode =
  | { readonly kind: "auto" }
  | { readonly kind: "required" | "named"; readonly names?: ReadonlySet<string> };

/**
 * The constraint that makes an engine obey a tool choice; null when nothing is to be enforced.
 *
 * @throws TokenwireError INVALID_ARGUMENT when tools define one `$defs` name differently.
 * @example toolChoiceConstraint({ toolChoice: "required", tools, format: "hermes" }) // { type: "json_schema", … }
 */
export function toolChoiceConstraint(options: ToolChoiceOptions): Constraint | null {
  const mode = modeOf(options.toolChoice);
  const tools = options.tools.map(normaliseTool).filter((tool) => tool !== undefined);
  const chosen = tools.filter((tool) => mode.kind === "auto" || mode.names?.has(tool.name) !== false);
  const format = canonicalName(options.format);
  if (options.dialect === "vllm" && format !== undefined && options.toolChoice !== "none") {
    const value = vllmTags(format, chosen, mode.kind);
    if (value !== undefined) return { type: "structural_tag", value };
  }
  if (mode.kind === "auto" || chosen.length === 0) return null;
  if (format !== undefined) {
    const value = options.form === "legacy" ? legacyTags(format, chosen) : nativeTags(format, chosen);
    if (value !== undefined) return { type: "structural_tag", value };
  }
  return { type: "json_schema", value: jsonSchema(mode.kind, chosen, options) };
}

function jsonSchema(
  kind: "required" | "named",
  tools: readonly ConstrainedTool[],
  options: ToolChoiceOptions,
): Json {
  const [only] = tools;
  if (kind === "named" && only !== undefined) return only.parameters === true ? {} : only.parameters;
  return callListSchema(tools, options.parallelToolCalls === false ? 1 : undefined);
}

function canonicalName(name: string | null | undefined): string | undefined {
  if (name === null || name === undefined) return undefined;
  // SMG's names mean SMG's parsers here; other names are unique.
  return hasToolParser(name, "smg") ? getToolFormat(name, "smg").name : getToolFormat(name).name;
}

function normaliseTool(tool: unknown): ConstrainedTool | undefined {
  const outer = isObject(tool) ? tool : undefined;
  const inner = isObject(outer?.["function"]) ? outer["function"] : outer;
  const name = inner?.["name"];
  if (typeof name !== "string" || name === "") return undefined;
  const parameters = inner?.["parameters"];
  return { name, parameters: isObject(parameters) ? parameters : true };
}

function modeOf(choice: unknown): Mode {
  if (choice === "required") return { kind: "required" };
  if (choice === undefined || choice === null || choice === "auto" || choice === "none")
    return { kind: "auto" };
  if (!isObject(choice)) throw badChoice(choice);
  const nested = isObject(choice["allowed_tools"]) ? choice["allowed_tools"] : choice;
  if (choice["type"] === "allowed_tools" || nested !== choice) {
    if (nested["mode"] !== "required") return { kind: "auto" };
    const listed = Array.isArray(nested["tools"]) ? nested["tools"] : [];
    return { kind: "required", names: new Set(listed.map(nameOf).filter((name) => name !== undefined)) };
  }
  const name = nameOf(choice);
  if (name === undefined) throw badChoice(choice);
  return { kind: "named", names: new Set([name]) };
}

function nameOf(entry: unknown): string | undefined {
  if (!isObject(entry)) return undefined;
  const inner = isObject(entry["function"]) ? entry["function"] : entry;
  return typeof inner["name"] === "string" ? inner["name"] : undefined;
}

function badChoice(choice: unknown): TokenwireError {
  return new TokenwireError(
    "INVALID_ARGUMENT",
    `toolChoice: expected "auto", "none", "required", {type: "function", …} or {type: "allowed_tools", …}, got ${JSON.stringify(choice)}.`,
  );
}
