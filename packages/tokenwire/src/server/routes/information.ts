// What runs here: metrics for Prometheus, version, load, and the configuration without its secrets.

import { createRequire } from "node:module";
import type { Route, ServerContext } from "../context.ts";
import type { ServedModel } from "../models.ts";

const manifest = createRequire(import.meta.url)("../../../package.json") as { version: string };

export const metrics: Route = {
  method: "GET",
  path: "/metrics",
  handle: async ({ server, reply }) =>
    reply.type(server.metrics.contentType).send(await server.metrics.page()),
};

export const version: Route = {
  method: "GET",
  path: "/version",
  handle: () => ({ version: manifest.version }),
};

export const load: Route = {
  method: "GET",
  path: "/load",
  handle: ({ server }) => ({
    running: server.admission.running,
    waiting: server.admission.waiting,
    in_flight: server.drain.inFlight,
    ...workersOf(server),
  }),
};

/** The engines behind one, where there are any. */
function workersOf({ models }: ServerContext): { readonly workers?: readonly object[] } {
  const workers = [...models.balance()].flatMap(([model, balance]) =>
    balance.workers.map(({ name, outstanding, healthy, draining, breaker }) => ({
      model,
      worker: name,
      running: outstanding,
      healthy,
      draining,
      breaker,
    })),
  );
  return workers.length === 0 ? {} : { workers };
}

function describe({ id, info, profile }: ServedModel): object {
  return {
    id,
    engine: info.engine,
    engine_version: info.version ?? null,
    format: profile.format.kind,
    tokenizer: profile.tokenizer.name,
    tool_parser: profile.toolParser ?? (profile.format.kind === "harmony" ? "harmony" : null),
    reasoning_parser: profile.reasoningParser ?? (profile.format.kind === "harmony" ? "harmony" : null),
    max_model_len: Math.min(profile.contextLength, info.maxContext),
    capabilities: info.capabilities,
  };
}

function information(server: ServerContext): object {
  const { limits, timeouts, keepAlive, reasoningFields, strict, anyModel } = server.settings;
  return {
    version: manifest.version,
    node: process.version,
    store: server.store.name.split(" ")[0],
    models: server.models.list().map(describe),
    settings: { limits, timeouts, keepAlive, reasoningFields, strict, anyModel },
  };
}

export const serverInfo: Route = {
  method: "GET",
  path: "/server_info",
  aliases: ["/get_server_info", "/get_model_info"],
  handle: ({ server }) => information(server),
};
