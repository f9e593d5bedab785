// Whether a chat request lets the server run MCP tools: by a header of the request, else as the operator decided.

import type { IncomingHttpHeaders } from "node:http";
import { invalidRequest } from "../../protocol/index.ts";

/** SMG's name, and ours. */
const names = ["X-SMG-MCP", "X-Tokenwire-MCP"];

/** What the headers say; undefined: nothing. Raises 400 for anything but `enabled` and `disabled`, said once. */
export function mcpHeader(headers: IncomingHttpHeaders): { name: string; enabled: boolean } | undefined {
  const given = names.flatMap((name) => {
    const value = headers[name.toLowerCase()];
    return value === undefined ? [] : [{ name, enabled: isEnabled(name, String(value)) }];
  });
  const [first, second] = given;
  if (first !== undefined && second !== undefined && first.enabled !== second.enabled) {
    throw invalidRequest(
      first.name,
      `${first.name} and ${second.name} contradict each other; send one of them.`,
    );
  }
  return first;
}

function isEnabled(name: string, value: string): boolean {
  const word = value.trim().toLowerCase();
  if (word === "enabled") return true;
  if (word === "disabled") return false;
  throw invalidRequest(
    name,
    `${name}: expected "enabled" or "disabled", got ${JSON.stringify(value.slice(0, 80))}.`,
  );
}
