// JSON Schema as the TypeScript-like text that gpt-oss models were trained on. It reproduces openai-harmony to the
// byte, oddities included (members indented but not the brace, descriptions printed twice, no parentheses): the
// text decides token ids, so nothing here may be prettified. `extended-schema.ts` holds the corrected form.

import { jsonLiteral } from "./json-literal.ts";
import { member, members } from "./json-view.ts";

/**
 * @param schema plain JSON, or a lossless value from `parseJson` (keeps key order and number literals)
 * @param indent put before each line of an object's members
 * @example jsonSchemaToTypescript({ type: "array", items: { type: "integer" } }) // "number[]"
 */
export function jsonSchemaToTypescript(schema: unknown, indent = ""): string {
  const variants = member(schema, "oneOf");
  if (Array.isArray(variants)) return topLevelVariants(variants, indent);
  const type = member(schema, "type");
  if (Array.isArray(type)) {
    const names = type.filter((name): name is string => typeof name === "string");
    if (names.length > 0) return names.map((name) => (name === "integer" ? "number" : name)).join(" | ");
  }
  switch (type) {
    case "object":
      return objectText(schema, indent);
    case "string":
      return stringText(schema);
    case "number":
    case "integer":
      return "number";
    case "boolean":
      return "boolean";
    case "array":
      return arrayText(schema, indent);
    default:
      return "any";
  }
}

function stringText(schema: unknown): string {
  const values = member(schema, "enum");
  const words = Array.isArray(values)
    ? values.filter((word): word is string => typeof word === "string")
    : [];
  return words.length > 0 ? words.map((word) => `"${word}"`).join(" | ") : "string";
}

function arrayText(schema: unknown, indent: string): string {
  const items = member(schema, "items");
  return items === undefined ? "Array<any>" : `${jsonSchemaToTypescript(items, indent)}[]`;
}

function topLevelVariants(variants: readonly unknown[], indent: string): string {
  return variants
    .map((variant) => {
      const text = nullable(jsonSchemaToTypescript(variant, `${indent}   `), variant);
      return `\n${indent} | ${text}${comment([stringMember(variant, "description"), variantDefault(variant)])}`;
    })
    .join("");
}

function objectText(schema: unknown, indent: string): string {
  const description = stringMember(schema, "description");
  const required = member(schema, "required");
  let text = description === undefined ? "" : `${indent}// ${description}\n`;
  text += "{\n";
  for (const [key, property] of members(member(schema, "properties"))) {
    const name = Array.isArray(required) && required.includes(key) ? key : `${key}?`;
    text += propertyText(name, property, indent);
  }
  return `${text}${indent}}`;
}

function propertyText(name: string, property: unknown, indent: string): string {
  const variants = member(property, "oneOf");
  const description = stringMember(property, "description");
  const title = stringMember(property, "title");
  let text = title === undefined ? "" : `${indent}// ${title}\n${indent}//\n`;
  if (variants === undefined && description !== undefined) text += `${indent}// ${description}\n`;
  text += examplesText(property, indent);
  if (Array.isArray(variants)) return text + propertyVariants(name, property, variants, indent);
  const type = nullable(jsonSchemaToTypescript(property, `${indent}    `), property);
  const value = variants === undefined ? defaultText(property) : undefined;
  return `${text}${indent}${name}: ${type},${comment([value])}\n`;
}

function examplesText(property: unknown, indent: string): string {
  const examples = member(property, "examples");
  if (!Array.isArray(examples) || examples.length === 0) return "";
  const lines = examples.filter((example) => typeof example === "string");
  return `${indent}// Examples:\n${lines.map((example) => `${indent}// - "${example}"\n`).join("")}`;
}

function propertyVariants(
  name: string,
  property: unknown,
  variants: readonly unknown[],
  indent: string,
): string {
  const description = stringMember(property, "description");
  const above = description !== undefined && stringMember(variants[0], "description") !== description;
  const value = defaultText(property);
  let text = above ? `${indent}// ${description}\n` : "";
  if (value !== undefined) text += `${indent}// ${value}\n`;
  text += `${indent}${name}:\n`;
  variants.forEach((variant, index) => {
    const own = stringMember(variant, "description");
    const shown = (above && index === 0) || own === description ? undefined : own;
    const type = nullable(jsonSchemaToTypescript(variant, `${indent}   `), variant);
    text += `${indent} | ${type}${comment([shown, defaultText(variant)])}\n`;
  });
  return `${text}${indent},\n`;
}

function comment(parts: readonly (string | undefined)[]): string {
  const present = parts.filter((part) => part !== undefined);
  return present.length > 0 ? ` // ${present.join(" ")}` : "";
}

function nullable(text: string, schema: unknown): string {
  return member(schema, "nullable") === true && !text.includes("null") ? `${text} | null` : text;
}

function stringMember(schema: unknown, key: string): string | undefined {
  const value = member(schema, key);
  return typeof value === "string" ? value : undefined;
}

function hasEnum(schema: unknown): boolean {
  const values = member(schema, "enum");
  return Array.isArray(values) && values.length > 0;
}

/** A default beside a property: string defaults are bare when the schema is an enum, and never escaped. */
function defaultText(schema: unknown): string | undefined {
  const value = member(schema, "default");
  if (typeof value === "string") return hasEnum(schema) ? `default: ${value}` : `default: "${value}"`;
  return value === undefined ? undefined : `default: ${jsonLiteral(value)}`;
}

/** A default beside a top-level variant: the one place where an enum's string default keeps its quotes. */
function variantDefault(schema: unknown): string | undefined {
  const value = member(schema, "default");
  if (typeof value === "string" && hasEnum(schema)) return `default: ${jsonLiteral(value)}`;
  return defaultText(schema);
}
