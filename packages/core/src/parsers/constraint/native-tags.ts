// Structural tags of the formats that have them: the model's own calls, each with its tool's schema inside.

import { type ConstrainedTool, type Json, schemaContent, type Tag, triggeredTags } from "./constraint.ts";
import { kimiK3Tags } from "./kimi-k3-tags.ts";

type Builder = (tools: readonly ConstrainedTool[]) => Json;

const section = "<|tool_calls_section_begin|>";
const begin = "<|tool_call_begin|>";
const argument = "<|tool_call_argument_begin|>";
const inklingOpen = "<|content_invoke_tool_json|>";

const builders: ReadonlyMap<string, Builder> = new Map<string, Builder>([
  [
    "mistral",
    (tools) => {
      const tags = tools.map(
        (tool): Tag => ({
          begin: `{"name": ${JSON.stringify(tool.name)}, "arguments": `,
          content: schemaContent(tool.parameters),
          end: "}",
        }),
      );
      const content = { type: "tags_with_separator", tags, separator: ", " };
      return triggeredTags(["[TOOL_CALLS]"], [{ begin: "[TOOL_CALLS] [", content, end: "]" }]);
    },
  ],
  [
    "kimi_k2",
    (tools) => {
      // The first call opens the section, later ones follow inside it.
      const tags = tools.flatMap((tool, index): Tag[] => {
        const header = `${begin}functions.${tool.name}:${index}${argument}`;
        const rest = { content: schemaContent(tool.parameters), end: "<|tool_call_end|>" };
        return [
          { begin: section + header, ...rest },
          { begin: header, ...rest },
        ];
      });
      return triggeredTags([section, begin], tags);
    },
  ],
  [
    "inkling",
    (tools) => {
      const tags = tools.map(
        (tool): Tag => ({
          begin: `${inklingOpen}{"name":${JSON.stringify(tool.name)},"args":`,
          content: schemaContent(tool.parameters),
          end: "}<|end_message|>",
        }),
      );
      return triggeredTags([inklingOpen], tags);
    },
  ],
  ["kimi_k3", kimiK3Tags],
]);

/** The structural tag of a format; undefined when it has none. */
export function nativeTags(format: string, tools: readonly ConstrainedTool[]): Json | undefined {
  return builders.get(format)?.(tools);
}

/** SGLang's older form, for formats whose calls are one tag each. */
export function legacyTags(format: string, tools: readonly ConstrainedTool[]): Json | undefined {
  const value = nativeTags(format, tools);
  const frame = value?.["format"] as { triggers: readonly string[]; tags: readonly Tag[] } | undefined;
  if (frame === undefined || format === "kimi_k3" || format === "mistral") return undefined;
  const structures = frame.tags.map((tag) => ({
    begin: tag.begin,
    schema: tag.content["json_schema"],
    end: tag.end,
  }));
  return { structures, triggers: frame.triggers, at_least_one: true };
}
