// Lossless JSON values: what JSON.parse loses (1.0 against 1, big integers, the order of integer-like keys) is kept.

/** A float that a plain number would print as an integer (`1.0`, `1e2`) or that is not finite (`1e999`). */
export class JsonFloat {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** Members in the order of the text. A key that occurs twice keeps its first place and its last value. */
export type JsonObject = Map<string, JsonValue>;

/**
 * An integer is a `number` when it is a safe integer, else a `bigint`. A fractional float is a `number`; a float
 * with an integral value is a `JsonFloat`.
 */
export type JsonValue = null | boolean | string | number | bigint | JsonFloat | JsonValue[] | JsonObject;
