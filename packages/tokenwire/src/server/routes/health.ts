// Liveness and readiness, open to probes.

import type { GenerateRequest } from "../../engines/index.ts";
import { toSignal } from "../cancellation.ts";
import type { Route } from "../context.ts";
import type { ServedModel } from "../models.ts";

/** 200 as long as the process answers. */
export const health: Route = {
  method: "GET",
  path: "/health",
  aliases: ["/liveness"],
  open: true,
  handle: () => ({ status: "ok" }),
};

/** Milliseconds for one token. */
const generationLimit = 20_000;

/** Whether every engine really generates. It costs a token of each: a check for people, not for a probe. */
export const healthGenerate: Route = {
  method: "GET",
  path: "/health_generate",
  handle: async ({ server, reply, signal, requestId }) => {
    const limit = AbortSignal.any([toSignal(signal), AbortSignal.timeout(generationLimit)]);
    const checks = await Promise.all(
      server.models.list().map(async (model) => ({
        model: model.id,
        ok: await generatesToken(model, requestId, limit).catch(() => false),
      })),
    );
    const ok = checks.every((check) => check.ok);
    return reply.code(ok ? 200 : 503).send({ status: ok ? "ok" : "unavailable", models: checks });
  },
};

async function generatesToken(model: ServedModel, requestId: string, signal: AbortSignal): Promise<boolean> {
  const text = "Hello";
  const { tokenizer } = model.profile;
  const isText = model.info.capabilities.input === "text";
  const request: GenerateRequest = {
    requestId,
    prompt: isText ? { text } : { tokenIds: Uint32Array.from(tokenizer.encodeOrdinary(text)) },
    sampling: { maxTokens: 1, temperature: 0 },
  };
  for await (const event of model.engine.generate(request, signal)) {
    if (event.type === "delta" || event.type === "text") return true;
    if (event.type === "finish") return event.reason !== "error" && event.reason !== "abort";
  }
  return false;
}

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
        const { ok } = await engine.health(toSignal(signal)).catch(() => ({ ok: false }));
        return { model: id, ok };
      }),
    );
    const ok = checks.every((check) => check.ok);
    return reply.code(ok ? 200 : 503).send({ status: ok ? "ready" : "unavailable", models: checks });
  },
};
