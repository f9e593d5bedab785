// Typed access to a parsed JSON document that knows where it is, so that every complaint names a path such as
// `$.pre_tokenizer.pretokenizers[1].pattern`.

import { invalidTokenizer, unsupportedTokenizer } from "./faults.ts";

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export class JsonNode {
  readonly value: unknown;
  private readonly parent: JsonNode | undefined;
  private readonly step: string;

  /** The root of a document, or what `step` leads to from `parent`. */
  constructor(value: unknown, step = "$", parent?: JsonNode) {
    this.value = value;
    this.step = step;
    this.parent = parent;
  }

  /** Where this is in the document. Put together on demand: vocabularies have a node per token. */
  get path(): string {
    return (this.parent?.path ?? "") + this.step;
  }

  get isNull(): boolean {
    return this.value === null || this.value === undefined;
  }

  /** The member `key`, whose value is undefined where the object lacks it. */
  child(key: string): JsonNode {
    const object = this.object();
    return new JsonNode(Object.hasOwn(object, key) ? object[key] : undefined, `.${key}`, this);
  }

  object(): Readonly<Record<string, Json>> {
    if (typeof this.value !== "object" || this.value === null || Array.isArray(this.value))
      this.expected("an object");
    return this.value as Readonly<Record<string, Json>>;
  }

  list(): JsonNode[] {
    if (!Array.isArray(this.value)) this.expected("an array");
    return (this.value as unknown[]).map((item, index) => new JsonNode(item, `[${index}]`, this));
  }

  string(): string {
    if (typeof this.value !== "string") this.expected("a string");
    return this.value as string;
  }

  number(): number {
    if (typeof this.value !== "number") this.expected("a number");
    return this.value as number;
  }

  /** A non-negative integer below 2^31: an ID, a length, a count. */
  index(): number {
    const { value } = this;
    if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value >= 2 ** 31) {
      this.expected("an integer from 0 to 2147483647");
    }
    return value as number;
  }

  boolean(fallback?: boolean): boolean {
    if (this.isNull && fallback !== undefined) return fallback;
    if (typeof this.value !== "boolean") this.expected("true or false");
    return this.value as boolean;
  }

  optionalString(): string | undefined {
    return this.isNull ? undefined : this.string();
  }

  /** A string that must be one of `choices`; absent means `fallback`. */
  choice<T extends string>(choices: readonly T[], fallback?: T): T {
    if (this.isNull && fallback !== undefined) return fallback;
    const found = choices.find((choice) => choice === this.value);
    if (found === undefined) this.expected(`one of ${choices.join(", ")}`);
    return found as T;
  }

  expected(what: string): never {
    const shown = JSON.stringify(this.value) ?? "nothing";
    throw invalidTokenizer(this.path, `expected ${what}, got ${shown.slice(0, 80)}.`);
  }
}

/** A table from the `type` of a component to the function that reads its settings. */
export type ComponentTable<T> = Readonly<Record<string, (node: JsonNode) => T>>;

/** Reads a component by its `type`. A type without a row is refused by name, with the types that have one. */
export function readComponent<T>(node: JsonNode, table: ComponentTable<T>): T {
  const type = node.child("type").string();
  const read = Object.hasOwn(table, type) ? table[type] : undefined;
  if (read === undefined) {
    throw unsupportedTokenizer(
      node.path,
      `component "${type}" is not supported. Supported here: ${Object.keys(table).sort().join(", ")}.`,
    );
  }
  return read(node);
}
