// A small JSON Schema validator for engines that cannot constrain: no code generation, no recursion on references
// without end. It answers whether a value fits and names the first place where it does not.

import { type PatternTest, patternTest, type StepBudget } from "../../grammar/index.ts";
import { isObject, normaliseType, resolveRef } from "../schema.ts";
import { sameJson } from "./call-list-schema.ts";

export interface SchemaViolation {
  /** JSON pointer of the value at fault. */
  readonly path: string;
  readonly message: string;
}

const maxDepth = 64;
/** Schemas tried against values: alternatives that refer to themselves would make it double with every level. */
const maxChecks = 100_000;
/** Of all patterns together: about 100 ms. */
const maxPatternSteps = 5_000_000;

/**
 * The first violation of `schema` by `value`, or undefined when it fits. Types, enum, const, properties, items,
 * bounds, patterns, combinators and local references are checked; other keywords are ignored. What would take very long
 * to find out counts as fitting: schemas come from clients, and values from models that clients talk to.
 *
 * @example validateAgainst({ type: "object", required: ["a"] }, {}) // { path: "", message: 'missing property "a"' }
 */
export function validateAgainst(schema: unknown, value: unknown): SchemaViolation | undefined {
  return new Validator(schema).check(schema, value, "", 0);
}

type Json = Readonly<Record<string, unknown>>;

class Validator {
  readonly #root: unknown;
  #checksLeft = maxChecks;
  readonly #steps: StepBudget = { left: maxPatternSteps };
  readonly #tests: Map<string, PatternTest | undefined> = new Map();

  constructor(root: unknown) {
    this.#root = root;
  }

  check(schema: unknown, value: unknown, path: string, depth: number): SchemaViolation | undefined {
    if (schema === false) return { path, message: "no value is allowed here" };
    if (!isObject(schema) || depth > maxDepth || --this.#checksLeft < 0) return undefined;
    const own = checkOwn(schema, value) ?? this.#pattern(schema, value);
    if (own !== undefined) return { path, message: own };
    return (
      this.#reference(schema, value, path, depth) ??
      this.#combined(schema, value, path, depth) ??
      this.#members(schema, value, path, depth)
    );
  }

  /** A pattern that no automaton can follow is not checked, as other keywords are not. */
  #pattern({ pattern }: Json, value: unknown): string | undefined {
    if (typeof pattern !== "string" || typeof value !== "string") return undefined;
    if (!this.#tests.has(pattern)) this.#tests.set(pattern, patternTest(pattern));
    const fits = this.#tests.get(pattern)?.(value, this.#steps);
    return fits === false ? `does not match ${pattern}` : undefined;
  }

  #reference(schema: Json, value: unknown, path: string, depth: number): SchemaViolation | undefined {
    const { $ref } = schema;
    return typeof $ref === "string"
      ? this.check(resolveRef($ref, this.#root), value, path, depth + 1)
      : undefined;
  }

  #combined(schema: Json, value: unknown, path: string, depth: number): SchemaViolation | undefined {
    const fits = (option: unknown) => this.check(option, value, path, depth + 1) === undefined;
    for (const part of list(schema["allOf"])) {
      const fault = this.check(part, value, path, depth + 1);
      if (fault !== undefined) return fault;
    }
    const any = list(schema["anyOf"]);
    if (any.length > 0 && !any.some(fits)) return { path, message: "fits none of anyOf" };
    const one = list(schema["oneOf"]);
    if (one.length > 0 && one.filter(fits).length !== 1)
      return { path, message: "fits not exactly one of oneOf" };
    return "not" in schema && fits(schema["not"]) ? { path, message: "fits the schema of not" } : undefined;
  }

  #members(schema: Json, value: unknown, path: string, depth: number): SchemaViolation | undefined {
    if (Array.isArray(value)) {
      const fixed = list(schema["prefixItems"]);
      for (const [index, item] of value.entries()) {
        const fault = this.check(fixed[index] ?? schema["items"], item, `${path}/${index}`, depth + 1);
        if (fault !== undefined) return fault;
      }
      return undefined;
    }
    if (!isObject(value)) return undefined;
    const properties = isObject(schema["properties"]) ? schema["properties"] : {};
    for (const [key, member] of Object.entries(value)) {
      const known = Object.hasOwn(properties, key);
      const at = `${path}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
      const fault = this.check(
        known ? properties[key] : schema["additionalProperties"],
        member,
        at,
        depth + 1,
      );
      if (fault !== undefined)
        return known || fault.path !== at ? fault : { path: at, message: "unknown property" };
    }
    return undefined;
  }
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The keywords that look at the value itself. */
function checkOwn(schema: Json, value: unknown): string | undefined {
  const types = (Array.isArray(schema["type"]) ? schema["type"] : [schema["type"]]).filter(
    (type): type is string => typeof type === "string",
  );
  if (types.length > 0 && !types.some((type) => hasType(normaliseType(type) ?? type, value))) {
    return `expected ${types.join(" or ")}`;
  }
  if (Array.isArray(schema["enum"]) && !schema["enum"].some((item) => sameJson(item, value))) {
    return "not one of the allowed values";
  }
  if ("const" in schema && !sameJson(schema["const"], value)) return "not the required value";
  if (typeof value === "number") return checkNumber(schema, value);
  if (typeof value === "string") return checkString(schema, value);
  if (Array.isArray(value)) return checkCount(schema, value.length, "Items");
  return isObject(value) ? checkObject(schema, value) : undefined;
}

function hasType(type: string, value: unknown): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isObject(value);
  if (type === "integer") return typeof value === "number" && Number.isInteger(value);
  return typeof value === type;
}

function checkNumber(schema: Json, value: number): string | undefined {
  const bound = (key: string) => (typeof schema[key] === "number" ? schema[key] : undefined);
  const { minimum, maximum } = { minimum: bound("minimum"), maximum: bound("maximum") };
  const above = bound("exclusiveMinimum");
  const below = bound("exclusiveMaximum");
  const step = bound("multipleOf");
  if (minimum !== undefined && value < minimum) return `less than ${minimum}`;
  if (maximum !== undefined && value > maximum) return `more than ${maximum}`;
  if (above !== undefined && value <= above) return `not more than ${above}`;
  if (below !== undefined && value >= below) return `not less than ${below}`;
  return step !== undefined && !Number.isInteger(value / step) ? `not a multiple of ${step}` : undefined;
}

function checkString(schema: Json, value: string): string | undefined {
  const isCounted = schema["minLength"] !== undefined || schema["maxLength"] !== undefined;
  return isCounted ? checkCount(schema, [...value].length, "Length") : undefined;
}

function checkObject(schema: Json, value: Json): string | undefined {
  for (const key of list(schema["required"])) {
    if (typeof key === "string" && !Object.hasOwn(value, key))
      return `missing property ${JSON.stringify(key)}`;
  }
  return checkCount(schema, Object.keys(value).length, "Properties");
}

function checkCount(
  schema: Json,
  count: number,
  unit: "Items" | "Length" | "Properties",
): string | undefined {
  const least = schema[`min${unit}`];
  const most = schema[`max${unit}`];
  if (typeof least === "number" && count < least) return `fewer than ${least} ${unit.toLowerCase()}`;
  return typeof most === "number" && count > most ? `more than ${most} ${unit.toLowerCase()}` : undefined;
}
