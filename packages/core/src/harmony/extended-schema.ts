// JSON Schema as TypeScript, corrected: what the trained form drops or garbles is shown. Not what the models saw in
// training, so it is used only on request.

import { jsonLiteral } from "./json-literal.ts";
import { isJsonObject, member, members } from "./json-view.ts";
import { prefixedLines } from "./text-lines.ts";

/** A type and how tightly it binds: a union needs parentheses before `[]`. */
interface TypeText {
  readonly text: string;
  readonly union: boolean;
}

const identifier = /^[\p{L}_$][\p{L}\p{Nd}_$]*$/u;
const any: TypeText = { text: "any", union: false };

/**
 * Resolves `$ref` (a cycle becomes `any`), shows `anyOf` and `allOf`, `const` and enums of any type, and
 * `additionalProperties`; quotes keys where needed and prefixes every line of a comment.
 *
 * @example jsonSchemaToTypescriptExtended({ anyOf: [{ type: "string" }, { type: "null" }] }) // "string | null"
 */
export function jsonSchemaToTypescriptExtended(schema: unknown): string {
  return new ExtendedSchema(schema).type(schema, "", []).text;
}

class ExtendedSchema {
  private readonly root: unknown;

  constructor(root: unknown) {
    this.root = root;
  }

  /** @param trail references being resolved, to notice cycles */
  type(schema: unknown, indent: string, trail: readonly string[]): TypeText {
    const reference = member(schema, "$ref");
    if (typeof reference === "string") return this.reference(reference, indent, trail);
    const constant = member(schema, "const");
    if (constant !== undefined) return { text: jsonLiteral(constant), union: false };
    const text = this.shape(schema, indent, trail);
    if (member(schema, "nullable") !== true || /\bnull\b/.test(text.text)) return text;
    return { text: `${text.text} | null`, union: true };
  }

  private shape(schema: unknown, indent: string, trail: readonly string[]): TypeText {
    const values = member(schema, "enum");
    if (Array.isArray(values) && values.length > 0) return union(values.map(jsonLiteral));
    const variants = member(schema, "oneOf") ?? member(schema, "anyOf");
    if (Array.isArray(variants) && variants.length > 0) {
      return union(variants.map((variant) => this.type(variant, indent, trail).text));
    }
    const parts = member(schema, "allOf");
    if (Array.isArray(parts) && parts.length > 0)
      return this.named(this.merged(schema, parts, trail), indent, trail);
    return this.named(schema, indent, trail);
  }

  private named(schema: unknown, indent: string, trail: readonly string[]): TypeText {
    const type = member(schema, "type");
    const names = Array.isArray(type)
      ? type
      : [type ?? (isJsonObject(member(schema, "properties")) ? "object" : undefined)];
    const texts = names.map((name) => this.single(name, schema, indent, trail));
    return texts.length === 1 ? texts[0]! : union(texts.map(({ text }) => text));
  }

  private single(name: unknown, schema: unknown, indent: string, trail: readonly string[]): TypeText {
    switch (name) {
      case "object":
        return { text: this.object(schema, indent, trail), union: false };
      case "array": {
        const items = this.type(member(schema, "items") ?? {}, indent, trail);
        return { text: items.union ? `(${items.text})[]` : `${items.text}[]`, union: false };
      }
      case "string":
      case "number":
      case "boolean":
      case "null":
        return { text: name, union: false };
      case "integer":
        return { text: "number", union: false };
      default:
        return any;
    }
  }

  private object(schema: unknown, indent: string, trail: readonly string[]): string {
    const required = member(schema, "required");
    const inner = `${indent}  `;
    let text = "{\n";
    for (const [key, property] of members(member(schema, "properties"))) {
      const optional = Array.isArray(required) && required.includes(key) ? "" : "?";
      const name = identifier.test(key) ? key : JSON.stringify(key);
      text += comments(property, inner);
      text += `${inner}${name}${optional}: ${this.type(property, inner, trail).text},${defaultComment(property)}\n`;
    }
    const others = member(schema, "additionalProperties");
    if (isJsonObject(others) || others === true) {
      text += `${inner}[key: string]: ${this.type(others, inner, trail).text},\n`;
    }
    return `${text}${indent}}`;
  }

  private reference(path: string, indent: string, trail: readonly string[]): TypeText {
    const target = trail.includes(path) ? undefined : this.resolve(path);
    return target === undefined ? any : this.type(target, indent, [...trail, path]);
  }

  /** Follows `#/…` from the root. */
  private resolve(path: string): unknown {
    if (path !== "#" && !path.startsWith("#/")) return undefined;
    const steps = path.split("/").slice(1);
    return steps.reduce<unknown>(
      (at, step) => member(at, decodeStep(step)) ?? (Array.isArray(at) ? at[Number(step)] : undefined),
      this.root,
    );
  }

  /** One object schema with the members of all `parts`. */
  private merged(schema: unknown, parts: readonly unknown[], trail: readonly string[]): Map<string, unknown> {
    const result = new Map<string, unknown>();
    const properties = new Map<string, unknown>();
    const required: unknown[] = [];
    for (const part of [...parts.map((part) => this.dereferenced(part, trail)), schema]) {
      for (const [key, value] of members(part)) if (key !== "allOf") result.set(key, value);
      for (const [key, value] of members(member(part, "properties"))) properties.set(key, value);
      const names = member(part, "required");
      if (Array.isArray(names)) required.push(...names);
    }
    if (properties.size > 0) result.set("properties", properties).set("required", required);
    return result;
  }

  private dereferenced(part: unknown, trail: readonly string[]): unknown {
    const reference = member(part, "$ref");
    if (typeof reference !== "string") return part;
    return trail.includes(reference) ? {} : this.resolve(reference);
  }
}

function decodeStep(step: string): string {
  return step.replaceAll("~1", "/").replaceAll("~0", "~");
}

function union(texts: readonly string[]): TypeText {
  const distinct = [...new Set(texts)];
  return { text: distinct.join(" | "), union: distinct.length > 1 };
}

function comments(schema: unknown, indent: string): string {
  const lines: string[] = [];
  const title = member(schema, "title");
  const description = member(schema, "description");
  const examples = member(schema, "examples");
  if (typeof title === "string") lines.push(...prefixedLines(title, "// "));
  if (typeof description === "string") lines.push(...prefixedLines(description, "// "));
  if (Array.isArray(examples) && examples.length > 0) {
    lines.push("// Examples:", ...examples.map((example) => `// - ${jsonLiteral(example)}`));
  }
  return lines.map((line) => `${indent}${line}\n`).join("");
}

function defaultComment(schema: unknown): string {
  const value = member(schema, "default");
  return value === undefined ? "" : ` // default: ${jsonLiteral(value)}`;
}
