// What of a tool's schema does not reach the model.

import { jsonLiteral } from "./json-literal.ts";
import { isJsonObject, member, members } from "./json-view.ts";
import type { Reporter } from "./lint-finding.ts";
import type { ToolNamespaces } from "./tools.ts";

const dropped = ["$ref", "anyOf", "allOf", "const"] as const;
/** Deeper schemas are not looked at. */
const maxDepth = 64;

export function lintTools(tools: ToolNamespaces | undefined, path: string, report: Reporter): void {
  for (const [key, { tools: list }] of tools ?? []) {
    list.forEach((tool, index) => {
      if (tool.parameters !== undefined) {
        lintSchema(tool.parameters, `${path}.tools.${key}.tools[${index}].parameters`, report, 0);
      }
    });
  }
}

function lintSchema(schema: unknown, path: string, report: Reporter, depth: number): void {
  if (!isJsonObject(schema) || depth > maxDepth) return;
  for (const keyword of dropped) {
    if (member(schema, keyword) !== undefined) degrades(report, path, keyword);
  }
  if (Array.isArray(member(schema, "enum")) && member(schema, "type") !== "string") {
    degrades(report, path, `enum ${jsonLiteral(member(schema, "enum"))} of a type other than string`);
  }
  if (isJsonObject(member(schema, "additionalProperties"))) degrades(report, path, "additionalProperties");
  lintProperties(schema, path, report, depth);
  lintSchema(member(schema, "items"), `${path}.items`, report, depth + 1);
  const variants = member(schema, "oneOf");
  if (!Array.isArray(variants)) return;
  variants.forEach((variant, index) => {
    lintSchema(variant, `${path}.oneOf[${index}]`, report, depth + 1);
  });
}

function lintProperties(schema: object, path: string, report: Reporter, depth: number): void {
  const properties = member(schema, "properties");
  const keys: string[] = [];
  for (const [key, property] of members(properties)) {
    keys.push(key);
    lintSchema(property, `${path}.properties.${key}`, report, depth + 1);
  }
  // A plain object has moved such keys to its front; only JSON text still knows their order.
  if (!(properties instanceof Map) && keys.length > 1 && keys.some((key) => /^(0|[1-9]\d{0,9})$/.test(key))) {
    report(
      "integer-like-keys",
      `${path}.properties`,
      "Keys that are integers lose their place in a JavaScript object; give the schema as JSON text.",
    );
  }
}

function degrades(report: Reporter, path: string, what: string): void {
  report(
    "schema-degrades",
    path,
    `${what} is not shown to the model; render with extendedSchemas to keep it.`,
  );
}
