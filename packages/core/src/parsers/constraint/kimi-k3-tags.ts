// Kimi K3's calls are not JSON: each argument is a tag with a type, so the schema is spelled out element by element.

import { isObject, normaliseType } from "../schema.ts";
import type { ConstrainedTool, Json } from "./constraint.ts";

const open = "<|open|>";
const close = "<|close|>";
const sep = "<|sep|>";

const constant = (value: string): Json => ({ type: "const_string", value });
const sequence = (...elements: readonly Json[]): Json => ({ type: "sequence", elements });
const or = (elements: readonly Json[]): Json => ({ type: "or", elements });
const optional = (content: Json): Json => ({ type: "optional", content });
const star = (content: Json): Json => ({ type: "star", content });
const anyText = (...excludes: readonly string[]): Json => ({ type: "any_text", excludes });
const schemaValue = (schema: unknown): Json => ({ type: "json_schema", json_schema: schema });

const attribute = anyText('"', "<|");
const value = anyText(close, open, sep);
const escapeAttribute = (text: string) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
const argumentEnd = constant(`${close}argument${sep}`);

const anyArgument = sequence(
  constant(`${open}argument key="`),
  attribute,
  constant('" type="'),
  attribute,
  constant(`"${sep}`),
  value,
  argumentEnd,
);

/** The tools channel with at least one call, after whatever may stand before it. */
export function kimiK3Tags(tools: readonly ConstrainedTool[]): Json {
  const calls = tools.map((tool) =>
    callOf([constant(`${open}call tool="${escapeAttribute(tool.name)}" index="`)], argumentsOf(tool)),
  );
  const elements =
    calls.length > 0
      ? calls
      : [callOf([constant(`${open}call tool="`), attribute, constant('" index="')], star(anyArgument))];
  const content = { type: "plus", content: or(elements) };
  const channel = `${open}tools${sep}`;
  const prefixes = ["", `${close}think${sep}`, `${close}response${sep}`];
  const tags = prefixes.map((prefix) => ({
    begin: prefix + channel,
    content,
    end: `${close}tools${sep}`,
  }));
  return {
    format: {
      type: "triggered_tags",
      triggers: [channel, `${close}think${sep}`, `${close}response${sep}`],
      tags,
      at_least_one: true,
    },
  };
}

function callOf(head: readonly Json[], args: Json): Json {
  return sequence(
    ...head,
    { type: "regex", pattern: "[1-9][0-9]*" },
    constant(`"${sep}`),
    args,
    constant(`${close}call${sep}`),
  );
}

function argumentsOf(tool: ConstrainedTool): Json {
  const schema = tool.parameters === true ? {} : tool.parameters;
  const properties = isObject(schema["properties"]) ? Object.entries(schema["properties"]) : [];
  if (properties.length === 0) return star(anyArgument);
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  return sequence(
    ...properties.map(([key, property]) => {
      const element = argumentOf(key, property);
      return required.includes(key) ? element : optional(element);
    }),
  );
}

function argumentOf(key: string, schema: unknown): Json {
  const typed = typedValue(schema);
  const head = `${open}argument key="${escapeAttribute(key)}" type="`;
  if (typed === undefined)
    return sequence(constant(head), attribute, constant(`"${sep}`), value, argumentEnd);
  return sequence(constant(`${head}${typed.type}"${sep}`), typed.value, argumentEnd);
}

function typedValue(schema: unknown): { type: string; value: Json } | undefined {
  if (!isObject(schema)) return undefined;
  const values = schema["enum"];
  if (Array.isArray(values) && values.length > 0 && values.every((item) => typeof item === "string")) {
    return { type: "string", value: or(values.map(constant)) };
  }
  const { type } = schema;
  switch (typeof type === "string" ? normaliseType(type) : undefined) {
    case "string":
      return { type: "string", value };
    case "integer":
    case "number":
      return { type: "number", value: schemaValue(schema) };
    case "boolean":
      return { type: "boolean", value: schemaValue({ type: "boolean" }) };
    case "object":
    case "array":
      return { type: String(normaliseType(String(type))), value: schemaValue(schema) };
    case "null":
      return { type: "null", value: constant("null") };
    default:
      return undefined;
  }
}
