// Reading the JSON wire form with the reference's error texts. Unknown fields are ignored; null means absent.

import { JsonFloat } from "../json/index.ts";
import { HarmonyError } from "./harmony-error.ts";
import { jsonLiteral } from "./json-literal.ts";
import { isJsonObject, member } from "./json-view.ts";

/** Raises the error for a fault at `path`; callers at the outermost level put their own prefix in front. */
export function wireFault(path: string, text: string): never {
  throw new HarmonyError("invalid-message", text, { path, text });
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "sequence";
  switch (typeof value) {
    case "string":
      return `string ${JSON.stringify(value)}`;
    case "boolean":
      return `boolean \`${value}\``;
    case "number":
      return `${Number.isInteger(value) ? "integer" : "floating point"} \`${jsonLiteral(value)}\``;
    case "bigint":
      return `integer \`${value}\``;
    default:
      return value instanceof JsonFloat ? `floating point \`${jsonLiteral(value)}\`` : "map";
  }
}

export function invalidType(path: string, value: unknown, expected: string): never {
  return wireFault(path, `invalid type: ${describe(value)}, expected ${expected}`);
}

/** The value itself when it is an object. */
export function expectObject(value: unknown, path: string, what: string): object {
  return isJsonObject(value) ? value : invalidType(path, value, what);
}

/** A required member; null counts as present. */
export function requiredMember(value: object, key: string, path: string): unknown {
  const found = member(value, key);
  return found === undefined ? wireFault(path, `missing field \`${key}\``) : found;
}

export function requiredString(value: object, key: string, path: string): string {
  const found = requiredMember(value, key, path);
  return typeof found === "string" ? found : invalidType(`${path}.${key}`, found, "a string");
}

export function optionalString(value: object, key: string, path: string): string | undefined {
  const found = member(value, key);
  if (found === undefined || found === null) return undefined;
  return typeof found === "string" ? found : invalidType(`${path}.${key}`, found, "a string");
}

export function requiredList(value: object, key: string, path: string): readonly unknown[] {
  const found = requiredMember(value, key, path);
  return Array.isArray(found) ? found : invalidType(`${path}.${key}`, found, "a sequence");
}

export function requiredBoolean(value: object, key: string, path: string): boolean {
  const found = requiredMember(value, key, path);
  return typeof found === "boolean" ? found : invalidType(`${path}.${key}`, found, "a boolean");
}

/** A member that must be one of `variants`; undefined when absent. */
export function optionalVariant<T extends string>(
  value: object,
  key: string,
  path: string,
  variants: readonly T[],
): T | undefined {
  const found = member(value, key);
  return found === undefined || found === null ? undefined : variant(found, `${path}.${key}`, variants);
}

/** `value` as one of `variants`. */
export function variant<T extends string>(
  value: unknown,
  path: string,
  variants: readonly T[],
  expected = "variant identifier",
): T {
  if (typeof value !== "string") return invalidType(path, value, expected);
  const found = variants.find((name) => name === value);
  if (found !== undefined) return found;
  const names = variants.map((name) => `\`${name}\``).join(", ");
  return wireFault(path, `unknown variant \`${value}\`, expected one of ${names}`);
}
