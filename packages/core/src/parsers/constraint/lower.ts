// Constraints for engines without tags or schemas: a grammar in EBNF, or a regular expression where nothing recurses.
// Objects keep the order of their properties; what a schema leaves open is any JSON.

import { isObject, normaliseType, resolveRef } from "../schema.ts";
import type { Constraint } from "./constraint.ts";
import { Ebnf } from "./lower-ebnf.ts";
import { Regex } from "./lower-regex.ts";
import { type Target, unsupported } from "./lower-target.ts";

/**
 * A grammar (GBNF-style EBNF with the start rule `root`) for a constraint.
 *
 * @throws TokenwireError INVALID_ARGUMENT for parts that no grammar can say.
 * @example lowerToEbnf({ type: "json_schema", value: { type: "boolean" } })
 */
export function lowerToEbnf(constraint: Constraint): string {
  if (constraint.type === "ebnf") return constraint.value;
  const grammar = new Ebnf();
  const root = new Lowering(grammar, constraint.value).constraint(constraint);
  return grammar.text(root);
}

/**
 * A regular expression for a constraint, anchored nowhere.
 *
 * @throws TokenwireError INVALID_ARGUMENT for schemas that refer to themselves.
 */
export function lowerToRegex(constraint: Constraint): string {
  if (constraint.type === "regex") return constraint.value;
  return new Lowering(new Regex(), constraint.value).constraint(constraint);
}

class Lowering {
  readonly #target: Target;
  readonly #root: unknown;

  constructor(target: Target, root: unknown) {
    this.#target = target;
    this.#root = root;
  }

  constraint(constraint: Constraint): string {
    if (constraint.type === "json_schema") return this.#schema(constraint.value);
    if (constraint.type === "regex") return this.#target.pattern(constraint.value);
    if (constraint.type === "ebnf") throw unsupported("A grammar");
    const format = constraint.value["format"];
    if (!isObject(format)) throw unsupported("A structural tag of the older form");
    return this.#element(format);
  }

  /** An element of a structural tag. */
  #element(element: unknown): string {
    if (!isObject(element)) throw unsupported("A structural tag");
    const target = this.#target;
    const items = (key: string) =>
      (Array.isArray(element[key]) ? element[key] : []).map((item) => this.#element(item));
    switch (element["type"]) {
      case "triggered_tags":
      case "tags_with_separator": {
        const separator = target.literal(String(element["separator"] ?? ""));
        const tag = target.either(
          (Array.isArray(element["tags"]) ? element["tags"] : []).map((item) => this.#tag(item)),
        );
        return target.sequence([tag, target.repeat(target.sequence([separator, tag]), 0, undefined)]);
      }
      case "json_schema":
        return this.#schema(element["json_schema"]);
      case "const_string":
        return target.literal(String(element["value"]));
      case "sequence":
        return target.sequence(items("elements"));
      case "or":
        return target.either(items("elements"));
      case "plus":
        return target.repeat(this.#element(element["content"]), 1, undefined);
      case "star":
        return target.repeat(this.#element(element["content"]), 0, undefined);
      case "optional":
        return target.repeat(this.#element(element["content"]), 0, 1);
      case "any_text":
        return target.without((Array.isArray(element["excludes"]) ? element["excludes"] : []).map(String));
      case "regex":
        return target.pattern(String(element["pattern"]));
      default:
        throw unsupported(`An element of type ${JSON.stringify(element["type"])}`);
    }
  }

  #tag(tag: unknown): string {
    if (!isObject(tag)) throw unsupported("A structural tag");
    const { begin, content, end } = tag;
    return this.#target.sequence([
      this.#target.literal(String(begin)),
      this.#element(content),
      this.#target.literal(String(end)),
    ]);
  }

  #schema(schema: unknown): string {
    const target = this.#target;
    if (!isObject(schema)) return target.value("any");
    const { $ref } = schema;
    if (typeof $ref === "string")
      return target.reference($ref, () => this.#schema(resolveRef($ref, this.#root)));
    if ("const" in schema) return target.literal(JSON.stringify(schema["const"]));
    if (Array.isArray(schema["enum"])) {
      return target.either(schema["enum"].map((item) => target.literal(JSON.stringify(item))));
    }
    const options = schema["anyOf"] ?? schema["oneOf"];
    // Beside properties of its own, a list of alternatives carries the whole shape.
    if (Array.isArray(options)) return target.either(options.map((option) => this.#schema(option)));
    const types = Array.isArray(schema["type"]) ? schema["type"] : [schema["type"]];
    return target.either(
      types.map((type) => this.#typed(schema, typeof type === "string" ? type : undefined)),
    );
  }

  #typed(schema: Readonly<Record<string, unknown>>, type: string | undefined): string {
    const known = type === undefined ? undefined : normaliseType(type);
    if (known === "object" || (known === undefined && isObject(schema["properties"])))
      return this.#object(schema);
    if (known === "array") return this.#array(schema);
    return this.#target.value(known ?? "any");
  }

  #array(schema: Readonly<Record<string, unknown>>): string {
    const target = this.#target;
    const item = this.#schema(schema["items"]);
    const least = typeof schema["minItems"] === "number" ? schema["minItems"] : 0;
    const most = typeof schema["maxItems"] === "number" ? schema["maxItems"] : undefined;
    if (most === 0) return target.literal("[]");
    const more = target.sequence([target.literal(", "), item]);
    const rest = target.repeat(more, Math.max(0, least - 1), most === undefined ? undefined : most - 1);
    const filled = target.sequence([item, rest]);
    const body = least > 0 ? filled : target.repeat(filled, 0, 1);
    return target.sequence([target.literal("["), body, target.literal("]")]);
  }

  /** Properties in their order; each optional one brings its own comma. */
  #object(schema: Readonly<Record<string, unknown>>): string {
    const target = this.#target;
    const properties = isObject(schema["properties"]) ? Object.entries(schema["properties"]) : [];
    if (properties.length === 0) return target.value("object");
    const required = Array.isArray(schema["required"]) ? schema["required"] : [];
    const members = properties.map(([key, value]) => ({
      text: target.sequence([target.literal(`${JSON.stringify(key)}: `), this.#schema(value)]),
      required: required.includes(key),
    }));
    const body = this.#members(members, 0);
    return target.sequence([target.literal("{"), body, target.literal("}")]);
  }

  /** The members from `from` on, when none was written before: the first that is present has no comma. */
  #members(members: readonly { text: string; required: boolean }[], from: number): string {
    const target = this.#target;
    const member = members[from];
    if (member === undefined) return target.literal("");
    const comma = target.literal(", ");
    const rest = members.slice(from + 1).map((later) => {
      const part = target.sequence([comma, later.text]);
      return later.required ? part : target.repeat(part, 0, 1);
    });
    const starting = target.sequence([member.text, ...rest]);
    return member.required ? starting : target.either([starting, this.#members(members, from + 1)]);
  }
}
