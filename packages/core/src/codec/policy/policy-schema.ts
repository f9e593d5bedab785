// The fields of a safety-policy descriptor, in canonical order. One table drives validation, canonical bytes and
// sanitising, so that they cannot disagree.

export type PolicyAction = "stop" | "redact" | "regenerate" | "flag";

/** What kind of filtering a server applies. Never banned IDs, thresholds, weights or patterns. */
export interface SafetyPolicyDescriptor {
  readonly id: string;
  readonly version: "1";
  readonly tokenizers: readonly string[];
  readonly categories: readonly {
    readonly name: string;
    readonly action: PolicyAction;
    readonly description?: string;
  }[];
  readonly classifier: {
    readonly family: string;
    readonly host?: "server" | "client" | "both";
    readonly requires_engine_features?: readonly ("logits_processor" | "hidden_states" | "sampling_chain")[];
  };
  readonly category_registry?: string;
  readonly rules_summary?: {
    readonly banned_token_id_count?: number;
    readonly regex_pattern_count?: number;
    readonly grammar_constraint_count?: number;
    readonly multi_token_pattern_count?: number;
  };
  readonly client_hooks?: {
    readonly prefilter_categories?: readonly string[];
    readonly client_classifier_family?: string;
  };
  readonly published_at?: string;
  readonly publisher?: { readonly name?: string; readonly url?: string; readonly contact?: string };
}

/** The shape of a value. `fields` are in canonical order; a name ending in `!` is required. */
export type Shape =
  | {
      readonly kind: "string";
      readonly nonEmpty?: boolean;
      readonly pattern?: RegExp;
      readonly oneOf?: readonly string[];
    }
  | { readonly kind: "count" }
  | { readonly kind: "list"; readonly of: Shape; readonly nonEmpty?: boolean }
  | { readonly kind: "object"; readonly fields: Readonly<Record<string, Shape>> };

const string: Shape = { kind: "string" };
const name: Shape = { kind: "string", nonEmpty: true };
const count: Shape = { kind: "count" };
const oneOf = (...values: readonly string[]): Shape => ({ kind: "string", oneOf: values });
const object = (fields: Readonly<Record<string, Shape>>): Shape => ({ kind: "object", fields });
const list = (of: Shape, nonEmpty = false): Shape => ({ kind: "list", of, nonEmpty });

export const POLICY_SHAPE: Shape = object({
  "id!": name,
  "version!": string,
  "tokenizers!": list(name, true),
  "categories!": list(
    object({
      "name!": { kind: "string", pattern: /^[a-z0-9_-]+(?![\s\S])/ },
      "action!": oneOf("stop", "redact", "regenerate", "flag"),
      description: string,
    }),
    true,
  ),
  "classifier!": object({
    "family!": name,
    host: oneOf("server", "client", "both"),
    requires_engine_features: list(oneOf("logits_processor", "hidden_states", "sampling_chain")),
  }),
  category_registry: string,
  rules_summary: object({
    banned_token_id_count: count,
    regex_pattern_count: count,
    grammar_constraint_count: count,
    multi_token_pattern_count: count,
  }),
  client_hooks: object({ prefilter_categories: list(string), client_classifier_family: string }),
  published_at: string,
  publisher: object({ name: string, url: string, contact: string }),
});

/** Lists that only the operator may see, and the field of `rules_summary` that tells how long they are. */
export const INTERNAL_LISTS: Readonly<Record<string, string>> = {
  banned_token_ids: "banned_token_id_count",
  regex_patterns: "regex_pattern_count",
  grammar_constraints: "grammar_constraint_count",
  multi_token_patterns: "multi_token_pattern_count",
};

/** Fields that must never be published. */
export const INTERNAL_FIELDS: readonly string[] = [...Object.keys(INTERNAL_LISTS), "classifier_internal"];

/** Name and necessity of a field as the table spells it. */
export function fieldName(spec: string): { readonly name: string; readonly required: boolean } {
  return spec.endsWith("!") ? { name: spec.slice(0, -1), required: true } : { name: spec, required: false };
}
