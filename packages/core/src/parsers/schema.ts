// Reads just enough of a JSON Schema to know which types a value may have. Local references and combinators are
// followed; cycles stop.

export type SchemaType = "string" | "integer" | "number" | "boolean" | "object" | "array" | "null";

type Json = Readonly<Record<string, unknown>>;

const names: Readonly<Record<string, SchemaType>> = {
  string: "string",
  str: "string",
  text: "string",
  varchar: "string",
  char: "string",
  enum: "string",
  integer: "integer",
  int: "integer",
  int32: "integer",
  int64: "integer",
  long: "integer",
  short: "integer",
  unsigned: "integer",
  number: "number",
  float: "number",
  float32: "number",
  float64: "number",
  double: "number",
  boolean: "boolean",
  bool: "boolean",
  object: "object",
  dict: "object",
  array: "array",
  arr: "array",
  list: "array",
  sequence: "array",
  null: "null",
};

const maxDepth = 16;

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The JSON Schema type that a type name of some dialect stands for. */
export function normaliseType(name: string): SchemaType | undefined {
  const key = name.trim().toLowerCase();
  if (Object.hasOwn(names, key)) return names[key];
  return /^uint\d*$/.test(key) ? "integer" : undefined;
}

/** The types that `schema` allows; empty when it says nothing. */
export function schemaTypes(schema: unknown, root: unknown): ReadonlySet<SchemaType> {
  const types = new Set<SchemaType>();
  // Each schema is looked at once: alternatives that refer to themselves would multiply with every level.
  const seen = new Set<unknown>([undefined]);
  const waiting = [schema];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (seen.has(next) || !isObject(next)) continue;
    seen.add(next);
    addTypes(next, types);
    if (typeof next["$ref"] === "string") waiting.push(resolveRef(next["$ref"], root));
    // What is written first is looked at first.
    for (const key of ["allOf", "oneOf", "anyOf"]) {
      const options = next[key];
      if (Array.isArray(options)) waiting.push(...[...options].reverse());
    }
  }
  return types;
}

function addTypes(schema: Json, types: Set<SchemaType>): void {
  const { type } = schema;
  for (const name of Array.isArray(type) ? type : [type]) {
    const known = typeof name === "string" ? normaliseType(name) : undefined;
    if (known !== undefined) types.add(known);
  }
  if (type === undefined) for (const value of exampleValues(schema)) types.add(typeOf(value));
}

/** The values that a schema without a type lists. */
function exampleValues(schema: Json): readonly unknown[] {
  const values = Array.isArray(schema["enum"]) ? schema["enum"] : [];
  return "const" in schema ? [...values, schema["const"]] : values;
}

function typeOf(value: unknown): SchemaType {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  if (typeof value === "string" || typeof value === "boolean") return typeof value as "string" | "boolean";
  return "object";
}

/** The schema that a local reference (`#/$defs/…`) names. */
export function resolveRef(ref: string, root: unknown): unknown {
  if (!ref.startsWith("#")) return undefined;
  let value: unknown = root;
  for (const part of ref.slice(1).split("/").slice(1)) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    if (isObject(value) && Object.hasOwn(value, key)) value = value[key];
    else if (Array.isArray(value)) value = value[Number(key)];
    else return undefined;
  }
  return value;
}

/** `schema` with its reference followed. */
export function deref(schema: unknown, root: unknown): unknown {
  let value = schema;
  for (let depth = 0; depth < maxDepth && isObject(value) && typeof value["$ref"] === "string"; depth++) {
    value = resolveRef(value["$ref"], root);
  }
  return value;
}

/** The schema of property `key`, of any further property, or undefined. */
export function propertySchema(schema: unknown, key: string, root: unknown = schema): unknown {
  const object = deref(schema, root);
  if (!isObject(object)) return undefined;
  const properties = object["properties"];
  if (isObject(properties) && Object.hasOwn(properties, key)) return properties[key];
  const rest = object["additionalProperties"];
  return isObject(rest) ? rest : undefined;
}

/** The names of the declared properties; undefined when the schema declares none. */
export function propertyNames(schema: unknown): readonly string[] | undefined {
  const object = deref(schema, schema);
  if (!isObject(object) || !isObject(object["properties"])) return undefined;
  return Object.keys(object["properties"]);
}
