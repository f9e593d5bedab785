// Tools as the Hugging Face chat template for gpt-oss writes them. Its stray white space inside nested types is part of
// the text, because the text decides token ids.

import { type DumpsOptions, dumps, fromPlain } from "../json/index.ts";
import { isJsonObject, member, members } from "./json-view.ts";
import type { ToolDescription, ToolNamespaceConfig } from "./tools.ts";

const plainDump: DumpsOptions = { ensureAscii: false };
/** Line breaks and indentation of the template's own source, which it prints inside nested types. */
const beforeNestedType = `\n${" ".repeat(16)}`;
const beforeVariantDefault = " ".repeat(20);

/** A namespace without its description, which the template does not know. */
export function hfNamespaceText({ name, tools }: ToolNamespaceConfig): string {
  const texts = tools.map(toolText).join("");
  return `## ${name}\n\nnamespace ${name} {\n\n${texts}} // namespace ${name}`;
}

function toolText({ name, description, parameters }: ToolDescription): string {
  const properties = [...members(member(parameters, "properties"))];
  const head = `// ${description}\ntype ${name} = `;
  if (properties.length === 0) return `${head}() => any;\n\n`;
  const lines = properties.map(([key, schema]) => propertyText(key, schema, parameters)).join("");
  return `${head}(_: {\n${lines}}) => any;\n\n`;
}

function propertyText(key: string, schema: unknown, parent: unknown): string {
  const description = member(schema, "description");
  const comment = typeof description === "string" && description !== "" ? `// ${description}\n` : "";
  return `${comment}${named(key, parent)}: ${typeText(schema)}${defaultText(schema)},\n`;
}

function named(key: string, parent: unknown): string {
  const required = member(parent, "required");
  return Array.isArray(required) && required.includes(key) ? key : `${key}?`;
}

function defaultText(schema: unknown): string {
  const value = member(schema, "default");
  if (value === undefined) return "";
  if (isFilled(member(schema, "enum"))) return `, // default: ${String(value)}`;
  return isFilled(member(schema, "oneOf")) ? `// default: ${String(value)}` : `, // default: ${json(value)}`;
}

function typeText(schema: unknown): string {
  const type = member(schema, "type");
  if (type === "array") return arrayText(schema);
  if (Array.isArray(type) && type.length > 0) return type.join(" | ");
  const variants = member(schema, "oneOf");
  if (Array.isArray(variants) && variants.length > 0) return variantsText(variants);
  switch (type) {
    case "string":
      return stringText(schema);
    case "number":
    case "integer":
      return "number";
    case "boolean":
      return "boolean";
    case "object":
      return objectText(schema);
    default:
      return "any";
  }
}

function arrayText(schema: unknown): string {
  const items = member(schema, "items");
  const suffix = member(schema, "nullable") === true ? " | null" : "";
  if (!isJsonObject(items) || [...members(items)].length === 0) return `any[]${suffix}`;
  const type = member(items, "type");
  // An enum of strings is a plain string inside an array.
  const inner = type === "string" ? "string" : typeText(items);
  return `${inner === "object | object" || inner.length > 50 ? "any" : inner}[]${suffix}`;
}

function stringText(schema: unknown): string {
  const values = member(schema, "enum");
  if (Array.isArray(values) && values.length > 0) return `"${values.join('" | "')}"`;
  return member(schema, "nullable") === true ? "string | null" : "string";
}

function objectText(schema: unknown): string {
  const properties = [...members(member(schema, "properties"))];
  if (properties.length === 0) return "object";
  const texts = properties.map(
    ([key, property]) => `${named(key, schema)}: ${beforeNestedType}${typeText(property)}`,
  );
  return `{\n${texts.join(", ")}}`;
}

function variantsText(variants: readonly unknown[]): string {
  // The template means to write `any` when one of several variants is an object, but sets its flag inside a loop, where
  // Jinja forgets it; what it writes is what counts.
  return variants
    .map((variant) => {
      const description = member(variant, "description");
      const value = member(variant, "default");
      const comment = isFilled(description) ? `// ${String(description)}` : "";
      const given = value === undefined ? "" : `${beforeVariantDefault}// default: ${json(value)}`;
      return `${typeText(variant)}${comment}${given}`;
    })
    .join(" | \n");
}

/** True for what Jinja takes for true. */
function isFilled(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return value !== undefined && value !== null && value !== "" && value !== false && value !== 0;
}

function json(value: unknown): string {
  return dumps(fromPlain(value), plainDump);
}
