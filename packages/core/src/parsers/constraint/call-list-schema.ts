// The JSON Schema of a list of calls, `[{"name": NAME, "parameters": {…}}, …]`: what `json_array` parses.

import { TokenwireError } from "../../errors.ts";
import { isObject } from "../schema.ts";
import type { ConstrainedTool, Json } from "./constraint.ts";

/** @throws TokenwireError INVALID_ARGUMENT when two tools define one `$defs` name differently. */
export function callListSchema(tools: readonly ConstrainedTool[], maxItems?: number): Json {
  const definitions = mergedDefinitions(tools);
  return {
    type: "array",
    minItems: 1,
    ...(maxItems === undefined ? {} : { maxItems }),
    items: { type: "object", anyOf: tools.map(callSchema) },
    ...(definitions === undefined ? {} : { $defs: definitions }),
  };
}

function callSchema(tool: ConstrainedTool): Json {
  return {
    properties: {
      name: { type: "string", enum: [tool.name] },
      parameters: tool.parameters === true ? { type: "object", properties: {} } : tool.parameters,
    },
    required: ["name", "parameters"],
  };
}

/** References start at the root, so definitions move there; the tools keep their copies. */
function mergedDefinitions(tools: readonly ConstrainedTool[]): Json | undefined {
  const merged = new Map<string, unknown>();
  for (const { parameters } of tools) {
    const own = parameters === true ? undefined : parameters["$defs"];
    if (!isObject(own)) continue;
    for (const [name, schema] of Object.entries(own)) {
      if (merged.has(name) && !sameJson(merged.get(name), schema)) {
        throw new TokenwireError(
          "INVALID_ARGUMENT",
          `Tool definition '${name}' has multiple conflicting schemas`,
        );
      }
      merged.set(name, schema);
    }
  }
  return merged.size === 0 ? undefined : Object.fromEntries(merged);
}

/** Equal as JSON: the order of keys does not matter. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => sameJson(item, b[index]));
  }
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length &&
      keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]))
    );
  }
  return a === b;
}
