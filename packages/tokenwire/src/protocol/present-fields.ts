// Validation of the fields that are there. A request sends three of the seventy fields that chat has, and zod visits each
// field of a schema, sent or not, which took a tenth of a small request's time. What is found wanting here goes to zod as
// a whole, so there is one wording and one order of errors, and what passes equals what zod returns.

import { z } from "zod";

interface FieldTable {
  readonly fields: ReadonlyMap<string, z.ZodType>;
  readonly required: readonly string[];
}

/** By schema; schemas are constants. `undefined`: not one whose fields can be looked at one by one. */
const tables: WeakMap<z.ZodType, FieldTable | undefined> = new WeakMap();

function tableOf(schema: z.ZodType): FieldTable | undefined {
  if (tables.has(schema)) return tables.get(schema);
  const table = schema instanceof z.ZodObject ? makeTable(schema) : undefined;
  tables.set(schema, table);
  return table;
}

function makeTable(schema: z.ZodObject): FieldTable | undefined {
  const { catchall, checks = [] } = schema.def;
  if (catchall !== undefined || checks.length > 0) return undefined;
  const fields = new Map(Object.entries(schema.shape as Record<string, z.ZodType>));
  const required: string[] = [];
  for (const [name, field] of fields) {
    const absent = field.safeParse(undefined);
    if (!absent.success) required.push(name);
    // A default: there is something to do for a field that is absent.
    else if (absent.data !== undefined) return undefined;
  }
  return { fields, required };
}

/** What `schema` makes of an object, or undefined when that has to be asked of the schema itself. */
export function parsePresent<T>(schema: z.ZodType<T>, value: unknown): T | undefined {
  const table = tableOf(schema);
  if (table === undefined || typeof value !== "object" || value === null || Array.isArray(value))
    return undefined;
  const given = value as Readonly<Record<string, unknown>>;
  for (const name of table.required) if (given[name] === undefined) return undefined;
  const result: Record<string, unknown> = {};
  for (const name of Object.keys(given)) {
    const field = table.fields.get(name);
    if (field === undefined) continue;
    const parsed = field.safeParse(given[name]);
    if (!parsed.success) return undefined;
    result[name] = parsed.data;
  }
  return result as T;
}
