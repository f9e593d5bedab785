// Liveness and readiness, open to probes.

import type { Route } from "../context.ts";

/** 200 as long as the process answers. */
export const health: Route = {
  method: "GET",
  path: "/health",
  aliases: ["/liveness"],
  open: true,
  handle: () => ({ status: "ok" }),
};

/** 200 when every engine is healthy and the server is not closing, else 503. */
export const ready: Route = {
  method: "GET",
  path: "/ready",
  aliases: ["/readiness"],
  open: true,
  handle: async ({ server, reply, signal }) => {
    if (server.drain.draining) return reply.code(503).send({ status: "draining" });
    const checks = await Promise.all(
      server.models.list().map(async ({ id, engine }) => {
        const { ok } = await engine.health(signal).catch(() => ({ ok: false }));
        return { model: id, ok };
      }),
    );
    const ok = checks.every((check) => check.ok);
    return reply.code(ok ? 200 : 503).send({ status: ok ? "ready" : "unavailable", models: checks });
  },
};
