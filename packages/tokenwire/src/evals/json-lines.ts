// JSON Lines with numbers kept as they are written.

import { TokenwireError } from "@tokenwire/core";
import { type JsonObject, type JsonValue, parseJson, toPlain } from "@tokenwire/core/json";

/** One object per line; blank lines are skipped. A broken line is an error that names it. */
export function readJsonLines(text: string, name: string): JsonObject[] {
  return text.split("\n").flatMap((line, index) => {
    if (line.trim() === "") return [];
    let value: JsonValue;
    try {
      value = parseJson(index === 0 ? line.replace(/^\ufeff/, "") : line);
    } catch (error) {
      throw new TokenwireError("INVALID_DATASET", `${name}, line ${index + 1}: ${(error as Error).message}`, {
        cause: error,
      });
    }
    if (value instanceof Map) return [value];
    throw new TokenwireError("INVALID_DATASET", `${name}, line ${index + 1}: expected an object.`);
  });
}

/** A member as a plain JavaScript value. */
export function plainMember(row: JsonObject, key: string): unknown {
  const value = row.get(key);
  return value === undefined ? undefined : toPlain(value);
}
