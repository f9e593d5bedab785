// vLLM's flat tags: also for `auto`, where the constraint begins only when the model begins a call.

import { type ConstrainedTool, type Json, schemaContent, type Tag, triggeredTags } from "./constraint.ts";

interface FlatTags {
  readonly triggers: readonly string[];
  readonly tags: (tool: ConstrainedTool) => readonly Omit<Tag, "content">[];
}

const calls = "<｜tool▁calls▁begin｜>";
const call = "<｜tool▁call▁begin｜>";
const callEnd = "<｜tool▁call▁end｜>";
const separator = "<｜tool▁sep｜>";
const fence = "```";

const hermesLike = (open: string, close: string): FlatTags => ({
  triggers: [open],
  tags: ({ name }) => [
    { begin: `${open}\n{"name": ${JSON.stringify(name)}, "arguments": `, end: `}\n${close}` },
    { begin: `${open}{"name": ${JSON.stringify(name)}, "arguments": `, end: `}${close}` },
  ],
});

const formats: ReadonlyMap<string, FlatTags> = new Map<string, FlatTags>([
  ["hermes", hermesLike("<tool_call>", "</tool_call>")],
  ["longcat", hermesLike("<longcat_tool_call>", "</longcat_tool_call>")],
  [
    "llama3_json",
    {
      triggers: ['{"name": "'],
      tags: ({ name }) => [{ begin: `{"name": ${JSON.stringify(name)}, "parameters": `, end: "}" }],
    },
  ],
  [
    "deepseek_v3",
    {
      triggers: [calls],
      tags: ({ name }) => [
        { begin: `${calls}${call}function${separator}${name}\n${fence}json\n`, end: `\n${fence}${callEnd}` },
      ],
    },
  ],
  [
    "deepseek_v31",
    {
      triggers: [calls],
      tags: ({ name }) => [{ begin: `${calls}${call}${name}${separator}`, end: callEnd }],
    },
  ],
  [
    "mistral",
    { triggers: ["[TOOL_CALLS]"], tags: ({ name }) => [{ begin: `[TOOL_CALLS]${name}`, end: "" }] },
  ],
  [
    "kimi_k2",
    {
      triggers: ["<|tool_calls_section_begin|>"],
      tags: ({ name }) => [
        {
          begin: `<|tool_calls_section_begin|><|tool_call_begin|>functions.${name}:0 <|tool_call_argument_begin|>`,
          end: "<|tool_call_end|><|tool_calls_section_end|>",
        },
      ],
    },
  ],
]);

/** vLLM's structural tag of a format; undefined when it has none. */
export function vllmTags(
  format: string,
  tools: readonly ConstrainedTool[],
  mode: "auto" | "required" | "named",
): Json | undefined {
  const flat = formats.get(format);
  if (flat === undefined) return undefined;
  const tags = tools.flatMap((tool) =>
    flat.tags(tool).map(({ begin, end }): Tag => ({ begin, content: schemaContent(tool.parameters), end })),
  );
  return triggeredTags(flat.triggers, tags, mode !== "auto", mode === "named");
}
