// What an engine must enforce so that the output is a call: data, in the forms that engines take.

/** JSON as plain objects. */
export type Json = { readonly [key: string]: unknown };

export type Constraint =
  | { readonly type: "json_schema"; readonly value: Json }
  /** XGrammar's form: `{ format: { type: "triggered_tags", … } }`, or SGLang's older one with `structures`. */
  | { readonly type: "structural_tag"; readonly value: Json }
  | { readonly type: "ebnf"; readonly value: string }
  | { readonly type: "regex"; readonly value: string };

/** A tool for whose call something is built. */
export interface ConstrainedTool {
  readonly name: string;
  readonly parameters: Json | true;
}

/** A format's native calls as tags: where they begin and end, and the schema between. */
export interface Tag {
  readonly begin: string;
  readonly content: Json;
  readonly end: string;
}

export const schemaContent = (schema: Json | true): Json => ({ type: "json_schema", json_schema: schema });

/** The frame around tags. */
export function triggeredTags(
  triggers: readonly string[],
  tags: readonly Tag[],
  atLeastOne = true,
  stopAfterFirst = false,
): Json {
  return {
    format: {
      type: "triggered_tags",
      triggers,
      tags,
      at_least_one: atLeastOne,
      ...(stopAfterFirst ? { stop_after_first: true } : {}),
    },
  };
}
