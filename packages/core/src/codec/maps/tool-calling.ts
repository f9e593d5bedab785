// How model families mark tool calls: found in a chat template, or named by convention.

import { CodecError } from "../codec-error.ts";
import type { ToolCallingBlock } from "./tokenizer-map.ts";

interface Family {
  readonly start: string;
  readonly end: string;
  readonly args: "json" | "python_args";
  readonly result: "text" | "json";
}

const FAMILIES: Readonly<Record<string, Family>> = {
  llama3: { start: "<|python_tag|>", end: "<|eom_id|>", args: "python_args", result: "json" },
  qwen25: { start: "<tool_call>", end: "</tool_call>", args: "json", result: "json" },
  deepseek_v3: { start: "<｜tool▁calls▁begin｜>", end: "<｜tool▁calls▁end｜>", args: "json", result: "json" },
  phi4: { start: "<|tool|>", end: "<|/tool|>", args: "json", result: "json" },
  mistral_nemo: { start: "[TOOL_CALLS]", end: "[/TOOL_CALLS]", args: "json", result: "json" },
  deepseek_r1: { start: "<think>", end: "</think>", args: "json", result: "text" },
};

/** Families that a template gives away by its start marker, in the order of trying. The others are opt-in. */
const DETECTED = ["llama3", "qwen25", "deepseek_v3"] as const;

/** The template of a `tokenizer_config.json`, whose field is text or a list of named templates. */
export function templateText(config: unknown): string {
  const field = (config as { chat_template?: unknown } | undefined)?.chat_template;
  if (typeof field === "string") return field;
  if (!Array.isArray(field)) return "";
  return field.map((entry: { template?: unknown }) => String(entry?.template ?? "")).join("\n");
}

export interface ToolCallingOptions {
  /** Use this convention instead of looking at the template. */
  readonly convention?: ToolCallingBlock["convention"];
  /** Markers of the convention `"custom"`. */
  readonly markers?: { readonly start: string; readonly end: string };
}

/** The block, and the markers' IDs, which belong in `special_tokens`. */
export interface DerivedToolCalling {
  readonly block: ToolCallingBlock;
  readonly specials: Readonly<Record<string, number>>;
}

/**
 * The tool-calling block of a map. Undefined when no convention is named and the template shows none, or its markers
 * have no ID. A named convention whose marker has no ID is an error.
 */
export function deriveToolCalling(
  idOf: (token: string) => number | undefined,
  template: string,
  options: ToolCallingOptions = {},
): DerivedToolCalling | undefined {
  const convention = options.convention ?? DETECTED.find((name) => template.includes(FAMILIES[name]!.start));
  if (convention === undefined) return undefined;
  const family = familyOf(convention, options);
  const specials: Record<string, number> = {};
  for (const marker of [family.start, family.end]) {
    const id = idOf(marker);
    if (id !== undefined) specials[marker] = id;
    else if (options.convention === undefined) return undefined;
    else {
      throw new CodecError(
        "CODEC_BAD_MAP",
        `Convention ${convention} needs the token ${marker}, which the vocabulary lacks.`,
      );
    }
  }
  return {
    block: {
      convention,
      markers: { start: family.start, end: family.end },
      args_format: family.args,
      result_format: family.result,
    },
    specials,
  };
}

function familyOf(convention: ToolCallingBlock["convention"], options: ToolCallingOptions): Family {
  if (convention !== "custom") {
    const family = Object.hasOwn(FAMILIES, convention) ? FAMILIES[convention] : undefined;
    if (family !== undefined) return family;
    const known = [...Object.keys(FAMILIES), "custom"].join(", ");
    throw new CodecError(
      "INVALID_ARGUMENT",
      `Unknown tool-calling convention ${JSON.stringify(convention)}. Conventions: ${known}.`,
    );
  }
  if (options.markers === undefined) {
    throw new CodecError("INVALID_ARGUMENT", "The convention custom needs both markers.");
  }
  return { ...options.markers, args: "json", result: "json" };
}
