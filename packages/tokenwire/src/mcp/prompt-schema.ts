// MCP tool schemas as prompts show them: generated titles and null defaults are noise to a model.

type Schema = Readonly<Record<string, unknown>>;

const isSchema = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Deeper schemas are cut: a schema may refer to itself. */
const maxDepth = 32;

/** Drops titles and null defaults, and writes `anyOf` of plain types as a list of types. */
export function toPromptSchema(schema: unknown): unknown {
  return clean(schema, isSchema(schema) ? schema : {}, maxDepth);
}

function clean(schema: unknown, root: Schema, depth: number): unknown {
  if (!isSchema(schema) || depth === 0) return schema;
  const resolved = resolve(schema, root);
  const { title: _title, $defs: _defs, ...rest } = resolved;
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(rest)) {
    if (key === "default" && value === null) continue;
    if (key === "properties" && isSchema(value)) {
      out[key] = Object.fromEntries(
        Object.entries(value).map(([name, own]) => [name, clean(own, root, depth - 1)]),
      );
    } else if (key === "items") out[key] = clean(value, root, depth - 1);
    else if (key === "anyOf" && Array.isArray(value)) Object.assign(out, cleanAnyOf(value, root, depth));
    else out[key] = value;
  }
  return out;
}

function cleanAnyOf(members: readonly unknown[], root: Schema, depth: number): Schema {
  const types = members.map((member) =>
    isSchema(member) && Object.keys(member).length === 1 ? member["type"] : undefined,
  );
  if (!types.every((type) => typeof type === "string")) {
    return { anyOf: members.map((member) => clean(member, root, depth - 1)) };
  }
  const named = types.filter((type) => type !== "null");
  return { type: named.length === 1 ? named[0] : named };
}

/** Follows a local reference such as `#/$defs/Point`. */
function resolve(schema: Schema, root: Schema): Schema {
  const reference = schema["$ref"];
  if (typeof reference !== "string" || !reference.startsWith("#/")) return schema;
  let target: unknown = root;
  for (const part of reference.slice(2).split("/")) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    target = isSchema(target) && Object.hasOwn(target, key) ? target[key] : undefined;
  }
  const { $ref: _, ...rest } = schema;
  return isSchema(target) ? { ...target, ...rest } : schema;
}
