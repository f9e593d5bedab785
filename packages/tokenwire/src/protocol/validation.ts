// Validation of request bodies: zod checks shapes, this file turns its issues into one message with a path that a
// client can act on, such as `messages[2].content: expected string or array, got number`.

import type { JsonObject } from "@tokenwire/core/json";
import { z } from "zod";
import { type ApiError, invalidRequest, quote } from "./api-error.ts";
import { parsePresent } from "./present-fields.ts";

/** A path in OpenAI's notation: `messages[2].content[0].type`. */
export function formatPath(path: readonly PropertyKey[]): string {
  let text = "";
  for (const key of path) {
    if (typeof key === "number") text += `[${key}]`;
    else text += text === "" ? String(key) : `.${String(key)}`;
  }
  return text;
}

type Issue = z.core.$ZodIssue;

/** An issue where it matters most: for a union, in the branch that matched furthest. */
function deepest(issue: Issue): Issue[] {
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return [issue];
  let best: Issue[] = [];
  let depth = -1;
  for (const branch of issue.errors) {
    const inner = branch.flatMap((entry) => deepest({ ...entry, path: [...issue.path, ...entry.path] }));
    const reached = Math.max(...inner.map((entry) => entry.path.length));
    if (reached > depth) {
      best = inner;
      depth = reached;
    } else if (reached === depth) best = [...best, ...inner];
  }
  return best;
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

/** How a wrong value is named in a message; long text and containers by their kind only. */
function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "string") return quote(value, 40);
  return typeof value === "object" ? "an object" : String(value);
}

/** Sizes, which zod words without the field. */
function sizeFault(issue: Issue): string | undefined {
  if (issue.code !== "too_small" && issue.code !== "too_big") return undefined;
  if (!/^Too (?:small|big)/.test(issue.message)) return undefined;
  const unit = issue.origin === "string" ? " characters" : issue.origin === "array" ? " entries" : "";
  if (issue.code === "too_big") return `at most ${issue.maximum}${unit} are allowed.`;
  return unit !== "" && issue.minimum === 1
    ? "cannot be empty."
    : `must be at least ${issue.minimum}${unit}.`;
}

function expectation(issue: Issue): string | undefined {
  if (issue.code === "invalid_type") return issue.expected === "int" ? "an integer" : issue.expected;
  if (issue.code === "invalid_value") return issue.values.map((value) => JSON.stringify(value)).join(", ");
  if (issue.code === "invalid_union" && "options" in issue && Array.isArray(issue.options)) {
    return issue.options.map((option) => JSON.stringify(option)).join(", ");
  }
  return undefined;
}

/** The error that a client gets for the first fault zod found; `base` is where `body` sits in the request. */
function toValidationError(error: z.ZodError, body: unknown, base: readonly PropertyKey[]): ApiError {
  const issues = error.issues.slice(0, 1).flatMap(deepest);
  // Of a value's possible forms the one whose kind is right says most.
  const first = issues.find((issue) => sizeFault(issue) !== undefined) ?? issues[0]!;
  const path = formatPath([...base, ...first.path]);
  const size = sizeFault(first);
  if (size !== undefined) return invalidRequest(path, `${path}: ${size}`);
  const value = valueAt(body, first.path);
  const expected = [
    ...new Set(
      issues
        .filter((issue) => formatPath(issue.path) === formatPath(first.path))
        .map(expectation)
        .filter((text) => text !== undefined),
    ),
  ];
  if (expected.length > 0 && value === undefined) {
    return invalidRequest(path, `Missing required parameter: '${path}' (expected ${expected.join(" or ")}).`);
  }
  if (expected.length > 0) {
    return invalidRequest(path, `${path}: expected ${expected.join(" or ")}, got ${describe(value)}.`);
  }
  // A message that only completes "PATH …" gets its path; a whole sentence, worded as clients know it, stands alone.
  const message = /^(?:must|expected|cannot) /.test(first.message)
    ? `${path}: ${first.message}`
    : first.message;
  return invalidRequest(path === "" ? null : path, message);
}

/** Validates a body, or the part of it that sits at `base`, raising 400 for the first fault. */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown, base: readonly PropertyKey[] = []): T {
  const present = parsePresent(schema, body);
  if (present !== undefined) return present;
  const result = schema.safeParse(body);
  if (!result.success) throw toValidationError(result.error, body, base);
  return result.data;
}

/** An optional field: absent and `null` are the same. */
export function optional<T extends z.ZodType>(schema: T): z.ZodType<z.output<T> | undefined> {
  return schema.nullish().overwrite((value) => value ?? undefined) as unknown as z.ZodType<
    z.output<T> | undefined
  >;
}

/** A finite number within bounds, both included. */
export function numberWithin(low: number, high: number): z.ZodType<number> {
  return z
    .number()
    .refine((value) => value >= low && value <= high, { error: `must be between ${low} and ${high}` });
}

/** An integer of at least `low`. */
export function integerFrom(low: number, high: number = Number.MAX_SAFE_INTEGER): z.ZodType<number> {
  const range = high === Number.MAX_SAFE_INTEGER ? `at least ${low}` : `between ${low} and ${high}`;
  return z.number().refine((value) => Number.isInteger(value) && value >= low && value <= high, {
    error: `must be an integer, ${range}`,
  });
}

/** A JSON object that passes through unchanged; see `body.ts`. */
export const losslessObject: z.ZodType<JsonObject> = z.custom<JsonObject>((value) => value instanceof Map, {
  error: "expected an object",
});
