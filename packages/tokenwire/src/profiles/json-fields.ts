// Fields of configuration files. What has an unexpected type counts as absent: these files come in many versions, and
// a profile says where each value was found.

import { JsonFloat, type JsonObject, type JsonValue } from "@tokenwire/core/json";

export function numberField(object: JsonObject, key: string): number | undefined {
  const value = object.get(key);
  if (value instanceof JsonFloat) return value.value;
  return typeof value === "number" || typeof value === "bigint" ? Number(value) : undefined;
}

export function stringField(object: JsonObject, key: string): string | undefined {
  const value = object.get(key);
  return typeof value === "string" ? value : undefined;
}

export function objectField(object: JsonObject, key: string): JsonObject | undefined {
  const value = object.get(key);
  return value instanceof Map ? value : undefined;
}

/** The token IDs of a field that is one ID or a list of them. */
export function tokenIdsField(object: JsonObject, key: string): number[] {
  const value = object.get(key);
  const list: readonly JsonValue[] = Array.isArray(value) ? value : [value ?? null];
  return list.filter(
    (item): item is number => typeof item === "number" && Number.isInteger(item) && item >= 0,
  );
}

/** A token written as `"<s>"` or as `{"content": "<s>"}`. */
export function tokenText(value: JsonValue | undefined): string | undefined {
  if (typeof value === "string") return value;
  return value instanceof Map ? stringField(value, "content") : undefined;
}
