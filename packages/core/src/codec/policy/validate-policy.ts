// Strict validation: what a descriptor does not define must not appear in one we hash or publish.

import { SafetyPolicyValidationError } from "./policy-error.ts";
import {
  fieldName,
  INTERNAL_FIELDS,
  POLICY_SHAPE,
  type SafetyPolicyDescriptor,
  type Shape,
} from "./policy-schema.ts";

export interface ValidateSafetyPolicyOptions {
  /** What keys outside the format mean. Default: `"reject"`. */
  readonly unknownKeys?: "reject" | "ignore";
  /** Accept a version other than "1". Default: false. */
  readonly allowUnknownVersion?: boolean;
  /** Told about ignored keys, with their path. */
  readonly onUnknownKey?: (path: string) => void;
}

function fail(path: string, expected: string, value: unknown): never {
  throw new SafetyPolicyValidationError(
    `${path || "descriptor"} must be ${expected}, got ${(JSON.stringify(value) ?? "nothing").slice(0, 60)}.`,
  );
}

function checkString(value: unknown, path: string, shape: Extract<Shape, { kind: "string" }>): void {
  if (typeof value !== "string") fail(path, "a string", value);
  if (/\p{Surrogate}/u.test(value)) fail(path, "well-formed text", value);
  if (shape.nonEmpty && value === "") fail(path, "a non-empty string", value);
  if (shape.oneOf && !shape.oneOf.includes(value)) fail(path, `one of ${shape.oneOf.join(", ")}`, value);
  if (shape.pattern && !shape.pattern.test(value)) fail(path, "lowercase letters, digits, _ and -", value);
}

function checkObject(
  value: unknown,
  path: string,
  shape: Extract<Shape, { kind: "object" }>,
  options: ValidateSafetyPolicyOptions,
): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) fail(path, "an object", value);
  const record = value as Record<string, unknown>;
  const known = new Set<string>();
  for (const [spec, inner] of Object.entries(shape.fields)) {
    const { name, required } = fieldName(spec);
    known.add(name);
    const at = path === "" ? name : `${path}.${name}`;
    if (Object.hasOwn(record, name) && record[name] !== undefined) check(record[name], at, inner, options);
    else if (required) fail(at, "present", undefined);
  }
  for (const key of Object.keys(record)) {
    if (known.has(key)) continue;
    const at = path === "" ? key : `${path}.${key}`;
    if (options.unknownKeys === "ignore") options.onUnknownKey?.(at);
    else throw new SafetyPolicyValidationError(unknownKeyMessage(key, at));
  }
}

function unknownKeyMessage(key: string, path: string): string {
  const hint = INTERNAL_FIELDS.includes(key)
    ? " It is internal to the operator: sanitise the policy before publishing it."
    : "";
  return `${path} is not a field of a descriptor.${hint}`;
}

function check(value: unknown, path: string, shape: Shape, options: ValidateSafetyPolicyOptions): void {
  switch (shape.kind) {
    case "string":
      checkString(value, path, shape);
      break;
    case "count":
      if (!Number.isSafeInteger(value) || (value as number) < 0)
        fail(path, "an integer of at least 0", value);
      break;
    case "list":
      if (!Array.isArray(value)) fail(path, "an array", value);
      if (shape.nonEmpty && value.length === 0) fail(path, "a non-empty array", value);
      for (const [index, entry] of value.entries()) check(entry, `${path}[${index}]`, shape.of, options);
      break;
    case "object":
      checkObject(value, path, shape, options);
  }
}

/** Asserts that `value` is a descriptor. Raises `SafetyPolicyValidationError`. */
export function validateSafetyPolicy(
  value: unknown,
  options: ValidateSafetyPolicyOptions = {},
): asserts value is SafetyPolicyDescriptor {
  check(value, "", POLICY_SHAPE, options);
  const version = (value as SafetyPolicyDescriptor).version;
  if (version !== "1" && options.allowUnknownVersion !== true) fail("version", '"1"', version);
}

/** What is allowed but probably not meant. */
export function lintSafetyPolicy(policy: SafetyPolicyDescriptor): string[] {
  const notes: string[] = [];
  const names = policy.categories.map(({ name }) => name);
  for (const name of new Set(names.filter((entry, index) => names.indexOf(entry) !== index))) {
    notes.push(`Category ${name} is listed more than once.`);
  }
  for (const name of policy.client_hooks?.prefilter_categories ?? []) {
    if (!names.includes(name)) notes.push(`prefilter_categories names ${name}, which is not a category.`);
  }
  const { published_at: published, publisher } = policy;
  if (published !== undefined && Number.isNaN(Date.parse(published)))
    notes.push(`published_at ${published} is not a date.`);
  if (publisher?.url !== undefined && !/^https?:\/\/[^\s/]+/i.test(publisher.url)) {
    notes.push(`publisher.url ${publisher.url} is not an address.`);
  }
  return notes;
}
