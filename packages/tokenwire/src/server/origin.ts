// Requests that a web page makes in someone's browser. Other origins are allowed only when named; a server that
// listens on this machine only answers to this machine's names, so that a page cannot reach it through a name of its
// own (DNS rebinding).

import type { IncomingHttpHeaders } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { ApiError, quote } from "../protocol/index.ts";
import { handedOverSignal } from "./fetch-handler.ts";

/** Headers of answers that pages may read, beyond those that every page may. */
const exposedHeaders = [
  "x-request-id",
  "openai-processing-ms",
  "retry-after",
  "retry-after-ms",
  "idempotent-replayed",
  "x-tokenwire-mcp-unavailable",
  ...["limit", "remaining", "reset"].flatMap((what) => [
    `x-ratelimit-${what}-requests`,
    `x-ratelimit-${what}-tokens`,
  ]),
].join(", ");

const loopbackNames = ["localhost", "127.0.0.1", "[::1]", "::1"];

export interface OriginRules {
  /** Origins that may read answers; `*` for any. */
  readonly corsOrigins: readonly string[];
  /** Names under which the server may be asked; undefined: any. */
  readonly hosts: ReadonlySet<string> | undefined;
}

export function originRules(
  host: string,
  corsOrigins: readonly string[],
  allowedHosts: readonly string[],
): OriginRules {
  const isLoopback = host === "localhost" || host === "::1" || host.startsWith("127.");
  return { corsOrigins, hosts: isLoopback ? new Set([...loopbackNames, host, ...allowedHosts]) : undefined };
}

/** Raises 403 for a host that is not ours. */
export function checkHost(rules: OriginRules, host: string | undefined): void {
  const name = (host ?? "").replace(/:\d+$/, "").toLowerCase();
  if (rules.hosts === undefined || name === "" || rules.hosts.has(name)) return;
  throw new ApiError(
    403,
    `The host ${quote(name)} is not allowed. Add it to the allowed hosts of the server.`,
    {
      wireCode: "host_not_allowed",
    },
  );
}

const isOwnOrAllowed = (rules: OriginRules, { origin, host }: IncomingHttpHeaders): boolean =>
  origin === undefined ||
  rules.corsOrigins.includes("*") ||
  rules.corsOrigins.includes(origin) ||
  (URL.canParse(origin) && new URL(origin).host === host);

/** Raises 403 for a page of another origin: browsers let any page open a WebSocket and read it. */
export function checkSocketOrigin(rules: OriginRules, headers: IncomingHttpHeaders): void {
  if (!isOwnOrAllowed(rules, headers)) throw originNotAllowed(headers.origin);
}

/**
 * Raises 403 for what a page of any origin can send without the browser asking first: a body without a content type,
 * which is taken as JSON from everybody else. The page could not read the answer, but the work would be done.
 */
function checkForgery(rules: OriginRules, request: FastifyRequest): void {
  const { headers, method } = request;
  if (method !== "POST" || headers["content-type"] !== undefined || isOwnOrAllowed(rules, headers)) return;
  throw originNotAllowed(headers.origin);
}

function originNotAllowed(origin: string | undefined): ApiError {
  return new ApiError(403, `The origin ${quote(origin ?? "")} is not allowed.`, {
    wireCode: "origin_not_allowed",
  });
}

/** Raises 403 for a host that is not ours, and sets the CORS headers for an origin that may read the answer. */
export function checkOrigin(rules: OriginRules, request: FastifyRequest, reply: FastifyReply): void {
  const { host, origin } = request.headers;
  // Whoever accepted the connection of a request that was handed over has checked what names it is asked by.
  if (handedOverSignal(request.raw) === undefined) checkHost(rules, host);
  checkForgery(rules, request);
  if (origin === undefined || rules.corsOrigins.length === 0) return;
  void reply.header("vary", "origin");
  const isAny = rules.corsOrigins.includes("*");
  if (!isAny && !rules.corsOrigins.includes(origin)) return;
  void reply
    .header("access-control-allow-origin", isAny ? "*" : origin)
    .header("access-control-allow-headers", "authorization, content-type, x-api-key, idempotency-key, *")
    .header("access-control-allow-methods", "GET, POST, DELETE, OPTIONS")
    .header("access-control-expose-headers", exposedHeaders)
    .header("access-control-max-age", "600");
}
