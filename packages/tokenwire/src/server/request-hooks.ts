// What surrounds every request: its id, its caller and what that one may ask, the signal that ends it when the client
// leaves, and what is known of it at the end: counted, logged, traced.

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ApiError } from "../protocol/index.ts";
import type { Authenticator } from "./auth.ts";
import { RequestCancellation } from "./cancellation.ts";
import type { Route, ServerContext } from "./context.ts";
import { handedOverSignal } from "./fetch-handler.ts";
import type { KeyLimits } from "./key-limits.ts";
import { Observation } from "./observability/observation.ts";
import { checkOrigin } from "./origin.ts";

export interface RequestState {
  readonly started: number;
  readonly bytesBefore: number;
  tenant: string;
  readonly cancellation: RequestCancellation;
  /** Undefined for a request that was refused before it was one: its key, origin or host. */
  observation?: Observation;
  /** Counted among the running requests of its key. */
  entered: boolean;
  /** The client left before its answer was complete. */
  left: boolean;
}

/**
 * A property, because a WeakMap costs more than it seems: once it is old, a collection of the young generation keeps all
 * its values, and everything of finished requests that hangs on them is copied twice before it may go.
 */
const stateKey: unique symbol = Symbol("state");

interface HookedRequest extends FastifyRequest {
  [stateKey]?: RequestState;
}

/** What the hooks know of a request; undefined for one that never reached them. */
export function stateOf(request: HookedRequest): RequestState | undefined {
  return request[stateKey];
}

/** Requests of Anthropic's clients: they read other errors and another header. */
export function isMessages({ url }: FastifyRequest): boolean {
  return /^(?:\/v1)?\/messages(?:[/?]|$)/.test(url);
}

export function installHooks(
  app: FastifyInstance,
  context: ServerContext,
  routes: readonly Route[],
  auth: Authenticator,
): void {
  const { publicDiscovery } = context.codec.settings;
  const open = new Set(
    routes
      .filter((route) => route.open === true || (route.open === "discovery" && publicDiscovery))
      .flatMap((route) => [route.path, ...(route.aliases ?? [])]),
  );
  const { keyLimits: limits, shutdown } = context;
  // Combining the signal of each request with that of the shutdown would cost more than parsing the request.
  const inFlight = new Set<RequestCancellation>();
  shutdown.addEventListener("abort", () => {
    for (const cancellation of inFlight) cancellation.abort(shutdown.reason);
  });
  app.decorateRequest(stateKey, undefined);
  app.addHook("onRequest", (request: HookedRequest, reply, done) => {
    const state: RequestState = {
      started: performance.now(),
      bytesBefore: request.raw.socket?.bytesWritten ?? 0,
      tenant: "public",
      cancellation: new RequestCancellation(),
      entered: false,
      left: false,
    };
    request[stateKey] = state;
    inFlight.add(state.cancellation);
    context.drain.begin();
    void reply.header("x-request-id", request.id).header("openai-version", "2020-10-01");
    if (isMessages(request)) void reply.header("request-id", request.id);
    if (context.drain.draining) void reply.header("connection", "close");
    handedOverSignal(request.raw)?.addEventListener("abort", () => reply.raw.destroy(), { once: true });
    // The response's close: it comes once, after the last byte or when the client left. (The request's own comes as
    // soon as the body was read, and Fastify's onResponse hook not at all when nothing was sent.) One listener for all
    // that ends here, and not by `once`, which makes four objects more.
    reply.raw.on("close", () => {
      inFlight.delete(state.cancellation);
      if (state.entered) limits.leave(state.tenant);
      context.metrics.streamClosed(reply.raw);
      state.left = !reply.raw.writableFinished;
      if (state.left) state.cancellation.abort(new ApiError(499, "The client closed the connection."));
      context.drain.end();
      observe(context, request, reply, state);
    });
    checkOrigin(context.settings.origins, request, reply);
    if (request.method !== "OPTIONS" && !open.has(request.routeOptions.url ?? "")) {
      if (context.drain.draining) {
        throw new ApiError(503, "The server is shutting down.", { wireCode: "overloaded" });
      }
      const tenant = auth.authenticate(request.headers);
      if (tenant instanceof Promise) {
        tenant
          .then((name) => {
            admit(limits, name, state, reply);
            state.observation = observationOf(context, request, reply, name);
          })
          .then(() => done(), done);
        return;
      }
      admit(limits, tenant, state, reply);
    }
    state.observation = observationOf(context, request, reply, state.tenant);
    done();
  });
  app.addHook("onSend", (request, reply, payload, done) => {
    const started = stateOf(request)?.started ?? performance.now();
    void reply.header("openai-processing-ms", String(Math.round(performance.now() - started)));
    done(null, payload);
  });
}

/** Begins a request of a known caller. Raises 429. */
function admit(limits: KeyLimits, tenant: string, state: RequestState, reply: FastifyReply): void {
  state.tenant = tenant;
  limits.enter(tenant, (name, value) => void reply.header(name, value));
  state.entered = true;
}

function observationOf(
  context: ServerContext,
  request: FastifyRequest,
  reply: FastifyReply,
  tenant: string,
): Observation {
  return new Observation(context, {
    tenant,
    method: request.method,
    route: request.routeOptions.url ?? "unknown",
    headers: request.headers,
    setHeader: (name, value) => {
      if (!reply.raw.headersSent) void reply.header(name, value);
    },
  });
}

/** One log line and one observation per request. Prompts, answers and keys are never part of them. */
function observe(
  context: ServerContext,
  request: FastifyRequest,
  reply: FastifyReply,
  state: RequestState,
): void {
  const route = request.routeOptions.url ?? "unknown";
  const status = reply.raw.headersSent ? reply.raw.statusCode : 499;
  const durationMs = performance.now() - state.started;
  context.metrics.http(route, request.method, status, durationMs);
  const facts = state.observation?.end(status, durationMs);
  const bytes = (request.raw.socket?.bytesWritten ?? 0) - state.bytesBefore;
  context.log.info(
    {
      requestId: request.id,
      tenant: state.tenant,
      method: request.method,
      route,
      status,
      durationMs: Math.round(durationMs),
      bytes,
      ...facts,
      ...(state.left && { aborted: "client" }),
    },
    "request",
  );
}
