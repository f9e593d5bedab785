// Entries of `tools` that name something the server runs itself. What they allow was decided by the operator; a request
// can only choose among it, and be stricter about approval.

import { z } from "zod";
import { type ApiError, invalidRequest, quote, unsupportedParameter } from "../api-error.ts";
import { optional, parseBody } from "../validation.ts";

/** A tool of the server that a request asks for. */
export interface HostedTool {
  readonly type: string;
  /** `tools[2]`, for errors. */
  readonly path: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const names = z.object({ tool_names: optional(z.array(z.string())), read_only: optional(z.boolean()) });
const fields = z.looseObject({
  server_label: z.string({ error: "Missing required parameter: 'server_label'." }),
  server_url: optional(z.string()),
  connector_id: optional(z.string()),
  authorization: optional(z.string()),
  headers: optional(z.record(z.string(), z.string())),
  allowed_tools: optional(z.union([z.array(z.string()), names])),
  require_approval: optional(
    z.union([z.enum(["always", "never"]), z.object({ always: optional(names), never: optional(names) })]),
  ),
});

/** An MCP server as a request asks for it. */
export interface McpRequest {
  readonly label: string;
  readonly path: string;
  readonly url?: string;
  /** Names that may be called; absent: all. */
  readonly allowed?: readonly string[];
  readonly needsApproval: (name: string) => boolean;
}

/** Reads an entry of type `mcp`. Raises 400 for what an operator has to configure. */
export function parseMcpRequest({ path, fields: wire }: HostedTool): McpRequest {
  const index = Number(/\d+/.exec(path)?.[0] ?? 0);
  const parsed = parseBody(fields, wire, ["tools", index]);
  for (const name of ["connector_id", "authorization", "headers"] as const) {
    if (parsed[name] === undefined) continue;
    throw unsupportedParameter(
      `${path}.${name}`,
      `${path}.${name}: how an MCP server is reached is configured on this server, by label.`,
    );
  }
  const allowed = Array.isArray(parsed.allowed_tools)
    ? parsed.allowed_tools
    : allowedNames(parsed.allowed_tools);
  return {
    label: parsed.server_label,
    path,
    ...(parsed.server_url !== undefined && { url: parsed.server_url }),
    ...(allowed !== undefined && { allowed }),
    needsApproval: approvalRule(parsed.require_approval ?? "always"),
  };
}

type Names = z.output<typeof names>;

/** A filter by what a server says of its own tools is not to be trusted: it lets nothing through. */
function allowedNames(filter: Names | undefined): readonly string[] | undefined {
  if (filter === undefined) return undefined;
  return filter.read_only === undefined ? filter.tool_names : [];
}

function approvalRule(
  rule: "always" | "never" | { always?: Names | undefined; never?: Names | undefined },
): (name: string) => boolean {
  if (typeof rule === "string") return () => rule === "always";
  const { always, never } = rule;
  return (name) =>
    (always?.tool_names?.includes(name) ?? false) || !(never?.tool_names?.includes(name) ?? false);
}

/** The error for a type of tool that this server does not run. */
export function unsupportedTool(path: string, type: string, supported: readonly string[]): ApiError {
  const list = ["function", "custom", ...supported].map((name) => JSON.stringify(name)).join(", ");
  return unsupportedParameter(
    `${path}.type`,
    `${path}.type: tools of type ${quote(type)} are not enabled on this server. Supported types: ${list}.`,
  );
}

/** A label must name one configured server, once. */
export function checkMcpLabels(requests: readonly McpRequest[], configured: readonly string[]): void {
  const seen = new Set<string>();
  for (const { label, path } of requests) {
    if (seen.has(label.toLowerCase())) {
      throw invalidRequest(
        path,
        `Duplicate MCP server_label '${label.slice(0, 80)}' found in 'tools' parameter.`,
      );
    }
    seen.add(label.toLowerCase());
    if (!configured.includes(label)) {
      throw invalidRequest(
        `${path}.server_label`,
        `${path}.server_label: no MCP server ${quote(label)} is configured. Configured: ${configured.join(", ") || "none"}.`,
      );
    }
  }
}
