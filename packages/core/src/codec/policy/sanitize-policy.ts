// From an operator's internal policy to what may be published: an allow-list of fields, with lists reduced to their length.

import { inCanonicalOrder } from "./policy-bytes.ts";
import {
  fieldName,
  INTERNAL_LISTS,
  POLICY_SHAPE,
  type SafetyPolicyDescriptor,
  type Shape,
} from "./policy-schema.ts";
import { validateSafetyPolicy } from "./validate-policy.ts";

export interface SanitizedPolicy {
  readonly descriptor: SafetyPolicyDescriptor;
  /** Paths of everything that was left out. */
  readonly dropped: readonly string[];
}

function unknownPaths(value: unknown, shape: Shape, path: string): string[] {
  if (shape.kind === "list" && Array.isArray(value)) {
    return value.flatMap((entry, index) => unknownPaths(entry, shape.of, `${path}[${index}]`));
  }
  if (shape.kind !== "object" || typeof value !== "object" || value === null) return [];
  const shapes = new Map(Object.entries(shape.fields).map(([spec, inner]) => [fieldName(spec).name, inner]));
  return Object.entries(value).flatMap(([key, field]) => {
    const at = path === "" ? key : `${path}.${key}`;
    const inner = shapes.get(key);
    return inner === undefined ? [at] : unknownPaths(field, inner, at);
  });
}

/** Copies the publishable fields. Counts that the policy states itself win over the length of its lists. */
export function sanitizeSafetyPolicy(internal: Readonly<Record<string, unknown>>): SanitizedPolicy {
  const counts: Record<string, number> = {};
  for (const [field, count] of Object.entries(INTERNAL_LISTS)) {
    const list = internal[field];
    if (Array.isArray(list)) counts[count] = list.length;
  }
  const stated = typeof internal["rules_summary"] === "object" ? internal["rules_summary"] : {};
  const summary = { ...counts, ...stated };
  const descriptor: unknown = inCanonicalOrder({
    ...internal,
    ...(Object.keys(summary).length > 0 ? { rules_summary: summary } : {}),
  });
  validateSafetyPolicy(descriptor);
  return { descriptor, dropped: unknownPaths(internal, POLICY_SHAPE, "") };
}
