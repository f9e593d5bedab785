// vLLM's `structured_outputs`: one constraint under the name of its kind.

import { JsonError, type JsonObject, type JsonValue, parseJson } from "@tokenwire/core/json";
import { invalidRequest } from "./api-error.ts";
import type { OutputConstraint } from "./generation.ts";
import { checkSchema } from "./tools.ts";
import { toWireJson } from "./wire-json.ts";

const maxTextDepth = 128;

export function toStructuredOutputs(constraint: OutputConstraint): object {
  switch (constraint.kind) {
    case "json_object":
      return { json_object: true };
    case "json_schema":
      return { json: constraint.schema };
    case "regex":
      return { regex: constraint.pattern };
    case "grammar":
      return { grammar: constraint.source };
    case "choice":
      return { choice: constraint.choices };
    case "structural_tag":
      return { structural_tag: JSON.stringify(constraint.tag) };
  }
}

const kinds = ["json", "json_object", "regex", "grammar", "choice", "structural_tag"];

/** The constraint in `structured_outputs`, which arrives lossless. Raises 400 unless it has exactly one kind. */
export function parseStructuredOutputs(wire: JsonObject | undefined): OutputConstraint | undefined {
  if (wire === undefined) return undefined;
  const given = kinds.filter((kind) => (wire.get(kind) ?? null) !== null && wire.get(kind) !== false);
  const [kind] = given;
  if (kind === undefined || given.length > 1) {
    throw invalidRequest(
      "structured_outputs",
      `structured_outputs: expected exactly one of ${kinds.join(", ")}, got ${given.join(", ") || "none"}.`,
    );
  }
  return toConstraint(kind, wire.get(kind)!);
}

function toConstraint(kind: string, value: JsonValue): OutputConstraint {
  const path = `structured_outputs.${kind}`;
  const text = (): string => {
    if (typeof value !== "string") throw invalidRequest(path, `${path}: expected a string.`);
    return value;
  };
  switch (kind) {
    case "json_object":
      return { kind };
    case "json":
      return {
        kind: "json_schema",
        schema: typeof value === "string" ? parseText(value, path) : checkedSchema(value, path),
      };
    case "regex":
      return { kind, pattern: text() };
    case "grammar":
      return { kind, syntax: "ebnf", source: text() };
    case "choice":
      if (!Array.isArray(value) || value.length === 0 || value.some((entry) => typeof entry !== "string")) {
        throw invalidRequest(path, `${path}: expected an array of strings.`);
      }
      return { kind, choices: value as string[] };
    default:
      return { kind: "structural_tag", tag: parseText(text(), path) };
  }
}

function checkedSchema(value: JsonValue, path: string): unknown {
  if (value instanceof Map) checkSchema(value, path);
  return toWireJson(value);
}

/** JSON inside a string: as bounded as JSON outside of one. */
export function parseText(text: string, path: string): unknown {
  let value: JsonValue;
  try {
    value = parseJson(text, { maxDepth: maxTextDepth });
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw invalidRequest(path, `${path}: expected JSON as text: ${error.message}`);
  }
  return checkedSchema(value, path);
}
