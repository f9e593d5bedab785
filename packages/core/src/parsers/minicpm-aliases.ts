// Names that MiniCPM 5 invents for the tools of one benchmark, and the tools they stand for.

import type { ToolReader } from "./tool-reader.ts";

interface Alias {
  readonly target: string;
  /** Argument of the target ← first parameter with a value. */
  readonly from?: Readonly<Record<string, readonly string[]>>;
  readonly constant?: Readonly<Record<string, string>>;
  /** Arguments that may be absent. */
  readonly optional?: readonly string[];
}

const line: Alias = { target: "get_details_by_id", from: { id: ["line_id", "id"] } };
const roaming = (enabled: string): Alias => ({
  target: "toggle_roaming",
  from: { line_id: ["line_id", "id"] },
  constant: { enabled },
});
const refuel: Alias = {
  target: "refuel_data",
  from: {
    customer_id: ["customer_id"],
    line_id: ["line_id", "id"],
    amount_gb: ["amount_gb", "gb", "gb_amount", "amount"],
  },
  optional: ["customer_id"],
};

const aliases: ReadonlyMap<string, Alias> = new Map([
  [
    "get_details_by_phone",
    { target: "get_customer_by_phone", from: { phone_number: ["phone_number", "phone"] } },
  ],
  [
    "get_details_by_name",
    {
      target: "get_customer_by_name",
      from: {
        full_name: ["full_name", "name"],
        date_of_birth: ["date_of_birth", "dob"],
        dob: ["date_of_birth", "dob"],
      },
    },
  ],
  ["get_line_details", line],
  ["get_line_status", line],
  ["get_roaming_status", line],
  ["get_plan_details", { target: "get_details_by_id", from: { id: ["plan_id", "id"] } }],
  ["enable_roaming", roaming("true")],
  ["disable_roaming", roaming("false")],
  ["add_refueled_data", refuel],
  ["add_data_to_line", refuel],
]);

/** The declared tool that an undeclared name stands for, with its arguments; undefined when there is none. */
export function applyAlias(
  name: string,
  raw: ReadonlyMap<string, string>,
  reader: ToolReader,
): { name: string; values: ReadonlyMap<string, string> } | undefined {
  const alias = aliases.get(name);
  if (alias === undefined || reader.tool(alias.target) === undefined) return undefined;
  const values = new Map<string, string>();
  for (const [key, sources] of Object.entries(alias.from ?? {})) {
    const value = sources.map((source) => raw.get(source)).find((text) => text !== undefined && text !== "");
    if (value !== undefined) values.set(key, value);
    else if (!alias.optional?.includes(key)) return undefined;
  }
  for (const [key, value] of Object.entries(alias.constant ?? {})) values.set(key, value);
  return { name: alias.target, values };
}
