// xgrammar lets control characters into strings of limited length, where JSON has them escaped. A pattern with the same
// bounds keeps them out; it allows the same characters otherwise.

import { mapSubschemas } from "./schema-check.ts";

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The schema with every limited string as a pattern. */
export function boundedStrings(schema: unknown): unknown {
  if (!isObject(schema)) return schema;
  const mapped = mapSubschemas(schema, boundedStrings);
  const { minLength, maxLength, type, ...rest } = mapped;
  const isBounded = minLength !== undefined || maxLength !== undefined;
  const isString = type === "string" || (Array.isArray(type) && type.includes("string"));
  const isFree = ["pattern", "format", "enum", "const"].every((keyword) => rest[keyword] === undefined);
  if (!isBounded || !isString || !isFree) return mapped;
  return { ...rest, type, pattern: `^[^"\\\\\\x00-\\x1f]{${minLength ?? 0},${maxLength ?? ""}}$` };
}
