// Structured output: `response_format` and the extensions `regex`, `ebnf`, `guided_*` and `structured_outputs`. One request has at most one
// constraint; whether the engine can hold it is decided in `plan.ts`.

import type { JsonObject } from "@tokenwire/core/json";
import { z } from "zod";
import { invalidRequest } from "./api-error.ts";
import type { RequestBody } from "./body.ts";
import { checkConstraintSize } from "./constraint-limits.ts";
import type { ResponseFormat } from "./conversation.ts";
import type { OutputConstraint } from "./generation.ts";
import { parseStructuredOutputs, parseText } from "./structured-outputs.ts";
import { checkSchema } from "./tools.ts";
import { losslessObject, optional, parseBody } from "./validation.ts";
import { toWireJson } from "./wire-json.ts";

const schemaFields = z.object({
  name: z.string(),
  description: optional(z.string()),
  schema: optional(losslessObject),
  strict: optional(z.boolean()),
});
const formatFields = z.object({
  response_format: optional(
    z.discriminatedUnion("type", [
      z.object({ type: z.literal("text") }),
      z.object({ type: z.literal("json_object") }),
      z.object({ type: z.literal("json_schema"), json_schema: schemaFields }),
    ]),
  ),
});
const guidedFields = z.object({
  regex: optional(z.string().min(1)),
  guided_regex: optional(z.string().min(1)),
  ebnf: optional(z.string().min(1)),
  guided_grammar: optional(z.string().min(1)),
  guided_json: optional(z.union([losslessObject, z.string()])),
  guided_choice: optional(z.array(z.string()).min(1)),
  structured_outputs: optional(losslessObject),
});

/** The constraints of completions, and of chat beside `response_format`, for the description of the API. */
export const constraintSchema: z.ZodObject = z.object({ ...formatFields.shape, ...guidedFields.shape });

const fieldNames = Object.keys(guidedFields.shape);

export const constraintFieldNames: readonly string[] = ["response_format", ...fieldNames];

interface SchemaFields {
  readonly name: string;
  readonly description?: string | undefined;
  readonly schema?: JsonObject | undefined;
  readonly strict?: boolean | undefined;
}

/** A JSON-schema format from its wire fields, checked. */
export function toSchemaFormat(fields: SchemaFields, path: string): ResponseFormat {
  if (fields.name === "") throw invalidRequest(`${path}.name`, "JSON schema name cannot be empty");
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(fields.name)) {
    throw invalidRequest(`${path}.name`, `${path}.name: expected 1 to 64 letters, digits, "_" or "-".`);
  }
  if (fields.schema !== undefined) checkSchema(fields.schema, `${path}.schema`);
  return {
    type: "json_schema",
    name: fields.name,
    ...(fields.description !== undefined && { description: fields.description }),
    ...(fields.schema !== undefined && { schema: fields.schema }),
    ...(fields.strict !== undefined && { strict: fields.strict }),
  };
}

/** `response_format` of a chat request; default text. */
export function parseResponseFormat(body: RequestBody): ResponseFormat {
  const format = parseBody(formatFields, body).response_format;
  if (format?.type === "json_schema")
    return toSchemaFormat(format.json_schema, "response_format.json_schema");
  return format ?? { type: "text" };
}

/** The constraint that a response format asks for. */
export function formatConstraint(format: ResponseFormat): OutputConstraint | undefined {
  if (format.type === "json_object") return { kind: "json_object" };
  if (format.type !== "json_schema") return undefined;
  if (format.schema === undefined) return { kind: "json_object" };
  return {
    kind: "json_schema",
    schema: toWireJson(format.schema),
    ...(format.strict !== undefined && { strict: format.strict }),
  };
}

/** The constraint of the extension fields, if any. Raises 400 when it competes with another one, or is too large. */
export function parseGuidedConstraint(
  body: RequestBody,
  format: ResponseFormat,
): OutputConstraint | undefined {
  const constraint = readGuidedConstraint(body, format);
  if (constraint) checkConstraintSize(constraint, fieldNames.find((name) => (body[name] ?? null) !== null)!);
  return constraint;
}

function readGuidedConstraint(body: RequestBody, format: ResponseFormat): OutputConstraint | undefined {
  const wire = parseBody(guidedFields, body);
  const regex = wire.regex ?? wire.guided_regex;
  const grammar = wire.ebnf ?? wire.guided_grammar;
  const isJson = format.type !== "text";
  if (isJson && regex !== undefined)
    throw invalidRequest("regex", "cannot use regex constraint with JSON response format");
  if (isJson && grammar !== undefined)
    throw invalidRequest("ebnf", "cannot use EBNF constraint with JSON response format");
  const structured = parseStructuredOutputs(wire.structured_outputs);
  const given = [
    regex,
    grammar,
    wire.guided_json,
    wire.guided_choice,
    structured,
    isJson ? format : undefined,
  ];
  if (given.filter((value) => value !== undefined).length > 1) {
    throw invalidRequest(
      null,
      "only one structured output constraint (regex, ebnf, or json_schema) can be active at a time",
    );
  }
  if (regex !== undefined) return { kind: "regex", pattern: regex };
  if (grammar !== undefined) return { kind: "grammar", syntax: "ebnf", source: grammar };
  if (wire.guided_choice !== undefined) return { kind: "choice", choices: wire.guided_choice };
  if (wire.guided_json !== undefined) return { kind: "json_schema", schema: guidedSchema(wire.guided_json) };
  return structured;
}

function guidedSchema(schema: JsonObject | string): unknown {
  if (typeof schema !== "string") {
    checkSchema(schema, "guided_json");
    return toWireJson(schema);
  }
  return parseText(schema, "guided_json");
}
