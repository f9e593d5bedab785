// Canonical bytes and hash of a descriptor. Two rules are in use: "fixed" (keys in the order of the schema, ours) and "as
// given" (keys in the order of the document), which reference publishers use. Both: JSON indented by two, one newline.

import { encodeUtf8 } from "../../bytes/index.ts";
import { hashOf } from "../discovery/pinned-hash.ts";
import { parseDocument } from "../discovery/pointer.ts";
import { SafetyPolicyValidationError } from "./policy-error.ts";
import { fieldName, POLICY_SHAPE, type SafetyPolicyDescriptor, type Shape } from "./policy-schema.ts";
import { type ValidateSafetyPolicyOptions, validateSafetyPolicy } from "./validate-policy.ts";

export interface PolicyBytesOptions {
  readonly rule?: "fixed" | "as-given";
}

/** Known fields in canonical order, without nulls and without objects that end up empty. */
export function inCanonicalOrder(value: unknown, shape: Shape = POLICY_SHAPE): unknown {
  if (shape.kind === "list" && Array.isArray(value))
    return value.map((entry) => inCanonicalOrder(entry, shape.of));
  if (shape.kind !== "object" || typeof value !== "object" || value === null) return value;
  const ordered: Record<string, unknown> = {};
  for (const [spec, inner] of Object.entries(shape.fields)) {
    const { name } = fieldName(spec);
    const field = Object.hasOwn(value, name)
      ? inCanonicalOrder((value as Record<string, unknown>)[name], inner)
      : undefined;
    const empty =
      typeof field === "object" && field !== null && !Array.isArray(field) && Object.keys(field).length === 0;
    if (field !== undefined && field !== null && !empty) ordered[name] = field;
  }
  return ordered;
}

/** The bytes that are hashed and written. Rule "fixed" validates strictly first. */
export function safetyPolicyCanonicalBytes(
  descriptor: SafetyPolicyDescriptor,
  options: PolicyBytesOptions = {},
): Uint8Array {
  const asGiven = options.rule === "as-given";
  if (!asGiven) validateSafetyPolicy(descriptor);
  const value = asGiven ? descriptor : inCanonicalOrder(descriptor);
  return encodeUtf8(`${JSON.stringify(value, null, 2)}\n`);
}

/** `sha256:<hex>` of the canonical bytes. To verify a document that was received, hash its bytes instead. */
export async function hashSafetyPolicy(
  descriptor: SafetyPolicyDescriptor,
  options: PolicyBytesOptions = {},
): Promise<string> {
  return await hashOf(safetyPolicyCanonicalBytes(descriptor, options));
}

/** A descriptor from its JSON, validated. */
export function parseSafetyPolicy(
  source: Uint8Array | string,
  options: ValidateSafetyPolicyOptions = {},
): SafetyPolicyDescriptor {
  const document = parseDocument(typeof source === "string" ? encodeUtf8(source) : source);
  if (typeof document === "string") throw new SafetyPolicyValidationError(`${document}.`);
  const value: unknown = document;
  validateSafetyPolicy(value, options);
  return value;
}
