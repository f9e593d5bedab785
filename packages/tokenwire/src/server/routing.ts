// Headers by which a client decides which of several engines answers, under our names and SMG's. They can make engines
// unevenly busy, so only those are heard whom the operator trusts.

import type { IncomingHttpHeaders } from "node:http";
import { type Engine, EngineError, isBalancedEngine, type Routing } from "../engines/index.ts";
import { invalidRequest } from "../protocol/index.ts";

/** What headers say: a session that stays together, an engine to ask. */
export type RequestedRouting = Pick<Routing, "sessionId" | "worker">;

const routingKey = ["X-Tokenwire-Routing-Key", "X-SMG-Routing-Key"];
const targetWorker = ["X-Tokenwire-Target-Worker", "X-SMG-Target-Worker"];

/** Reads the headers of a request; undefined where there are none. Raises 400 for values that are none. */
export function readRouting(headers: IncomingHttpHeaders): RequestedRouting | undefined {
  const sessionId = firstOf(routingKey, headers);
  const worker = firstOf(targetWorker, headers);
  if (sessionId === undefined && worker === undefined) return undefined;
  return { ...(sessionId !== undefined && { sessionId }), ...(worker !== undefined && { worker }) };
}

function firstOf(names: readonly string[], headers: IncomingHttpHeaders): string | undefined {
  for (const name of names) {
    const value = headers[name.toLowerCase()];
    if (value === undefined) continue;
    if (typeof value === "string" && /^[\x20-\x7e]{1,512}$/.test(value)) return value;
    throw invalidRequest(name, `${name}: expected 1 to 512 printable ASCII characters.`);
  }
  return undefined;
}

/** Raises an error for a request that names a worker where the engine has none to choose from. */
export function checkTarget(engine: Engine, { worker }: RequestedRouting): void {
  if (worker === undefined || isBalancedEngine(engine)) return;
  throw new EngineError(
    "invalid_request",
    `There is no worker ${JSON.stringify(worker)}, but a single engine.`,
    {
      status: 404,
      about: "worker",
    },
  );
}
