// The Fastify instance: body parser, error handlers, hooks and routes. Fastify's own error bodies, JSON parser and
// request log are all replaced; see the comments for what each default would break.

import type { Server as HttpServer } from "node:http";
import type { ServerOptions as HttpsOptions } from "node:https";
import type { Socket } from "node:net";
import Fastify, {
  type FastifyBaseLogger,
  type FastifyHttpOptions,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from "fastify";
import { ApiError, toMessagesError } from "../protocol/index.ts";
import type { Authenticator } from "./auth.ts";
import { installBodyParser, requestBody } from "./body.ts";
import { installBinaryBodyParser } from "./codec/request-body.ts";
import type { Route, RouteContext, ServerContext } from "./context.ts";
import { fromFastify, toApiError } from "./errors.ts";
import { handedOverSignal } from "./fetch-handler.ts";
import type { KeyLimits } from "./key-limits.ts";
import { Observation } from "./observability/observation.ts";
import { checkOrigin } from "./origin.ts";
import { requestIdOf } from "./request-id.ts";
import { PathTable } from "./unknown-route.ts";

interface RequestState {
  readonly started: number;
  readonly bytesBefore: number;
  tenant: string;
  readonly abort: AbortController;
  /** Undefined for a request that was refused before it was one: its key, origin or host. */
  observation?: Observation;
  /** The client left before its answer was complete. */
  left: boolean;
}

const states: WeakMap<FastifyRequest, RequestState> = new WeakMap();

/** Requests of Anthropic's clients: they read other errors and another header. */
function isMessages({ url }: FastifyRequest): boolean {
  return /^(?:\/v1)?\/messages(?:[/?]|$)/.test(url);
}

/** Sends an error in the shape the path's clients expect. */
function sendError(request: FastifyRequest, reply: FastifyReply, error: ApiError): void {
  const body = isMessages(request) ? toMessagesError(error, request.id) : error.toBody();
  void reply.code(error.status).headers(error.headers).type("application/json").send(body);
}

/** What the app is made of. */
export interface AppParts {
  readonly context: ServerContext;
  readonly routes: readonly Route[];
  readonly auth: Authenticator;
  /** Default: plain HTTP. */
  readonly https?: HttpsOptions | undefined;
}

/** An app, and what it answers: as Fastify registered it, further routes of the caller included. */
export interface App {
  readonly app: FastifyInstance;
  readonly registered: readonly RegisteredRoute[];
}

export interface RegisteredRoute {
  readonly method: string;
  /** In Fastify's notation: `/v1/responses/:id`, `/v1/models/*`. */
  readonly path: string;
}

export function createApp({ context, routes, auth, https = undefined }: AppParts): App {
  const { settings, log } = context;
  const options: FastifyHttpOptions<HttpServer> = {
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: settings.limits.body,
    // Model and response ids are longer than the default of 100 characters.
    routerOptions: { maxParamLength: 1_024 },
    requestTimeout: settings.timeouts.upload,
    // A connection is given up now and then, so that clients spread over the servers that a balancer has by then.
    maxRequestsPerSocket: 10_000,
    genReqId: (request) => requestIdOf(request.headers),
    forceCloseConnections: "idle",
    // Its own answer has another shape than errors here; the hook below answers instead.
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) =>
      sendError(request, reply, fromFastify(error, settings.limits.body)),
    clientErrorHandler: (error, socket) => {
      const status = error.code === "HPE_HEADER_OVERFLOW" ? 431 : 400;
      const message =
        status === 431 ? "The request headers are too large." : "The request is not valid HTTP.";
      const body = JSON.stringify(new ApiError(status, message).toBody());
      if (!socket.writable) return;
      socket.end(
        `HTTP/1.1 ${status} ${status === 431 ? "Request Header Fields Too Large" : "Bad Request"}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
      );
    },
  };
  // The two kinds of server differ in a type parameter that nothing here looks at.
  const app = Fastify((https ? { ...options, https } : options) as typeof options);
  const registered: RegisteredRoute[] = [];
  app.addHook("onRoute", ({ method, url }) => {
    for (const each of [method].flat()) registered.push({ method: each, path: url });
  });
  const paths = new PathTable(routes);
  installBodyParser(app, settings.limits.jsonDepth);
  installBinaryBodyParser(app);
  installErrorHandlers(app, context, paths);
  installHooks(app, context, routes, auth);
  for (const route of routes) register(app, context, route);
  app.server.maxConnections = settings.limits.connections;
  app.server.on(https ? "secureConnection" : "connection", (socket: Socket) => {
    context.metrics.connectionOpened();
    socket.once("close", () => context.metrics.connectionClosed());
  });
  return { app, registered };
}

function installErrorHandlers(app: FastifyInstance, context: ServerContext, paths: PathTable): void {
  const { settings, log } = context;
  app.setErrorHandler((error, request, reply) => {
    const known =
      error instanceof ApiError
        ? error
        : error instanceof Error && "code" in error && String(error.code).startsWith("FST_")
          ? fromFastify(error as Parameters<typeof fromFastify>[0], settings.limits.body)
          : toApiError(error);
    if (known.status >= 500)
      log.error({ requestId: request.id, err: known.cause ?? error }, "request failed");
    context.metrics.error(known.wireCode ?? known.type);
    states.get(request)?.observation?.failed(known);
    sendError(request, reply, known);
  });
  app.setNotFoundHandler((request, reply) => {
    const methods = paths.methodsOf(request.url.split("?", 1)[0]!);
    if (request.method === "OPTIONS" && methods.length > 0) {
      return reply.code(204).header("allow", methods.join(", ")).send();
    }
    throw paths.errorFor(request.method, request.url);
  });
}

function installHooks(
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
  const inFlight = new Set<AbortController>();
  shutdown.addEventListener("abort", () => {
    for (const abort of inFlight) abort.abort(shutdown.reason);
  });
  app.addHook("onRequest", (request, reply, done) => {
    const state: RequestState = {
      started: performance.now(),
      bytesBefore: request.raw.socket?.bytesWritten ?? 0,
      tenant: "public",
      abort: new AbortController(),
      left: false,
    };
    states.set(request, state);
    inFlight.add(state.abort);
    context.drain.begin();
    void reply.header("x-request-id", request.id).header("openai-version", "2020-10-01");
    if (isMessages(request)) void reply.header("request-id", request.id);
    if (context.drain.draining) void reply.header("connection", "close");
    handedOverSignal(request.raw)?.addEventListener("abort", () => reply.raw.destroy(), { once: true });
    // The response's close: it comes once, after the last byte or when the client left. (The request's own comes as
    // soon as the body was read, and Fastify's onResponse hook not at all when nothing was sent.)
    reply.raw.once("close", () => {
      inFlight.delete(state.abort);
      state.left = !reply.raw.writableFinished;
      if (state.left) state.abort.abort(new ApiError(499, "The client closed the connection."));
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
    const started = states.get(request)?.started ?? performance.now();
    void reply.header("openai-processing-ms", String(Math.round(performance.now() - started)));
    done(null, payload);
  });
}

/** Begins a request of a known caller. Raises 429. */
function admit(limits: KeyLimits, tenant: string, state: RequestState, reply: FastifyReply): void {
  state.tenant = tenant;
  limits.enter(tenant, (name, value) => void reply.header(name, value));
  reply.raw.once("close", () => limits.leave(tenant));
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
  const queueMs = context.admission.waitOf(state.abort.signal);
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
      ...(queueMs !== undefined && { queueMs: Math.round(queueMs) }),
      ...facts,
      ...(state.left && { aborted: "client" }),
    },
    "request",
  );
}

function register(app: FastifyInstance, server: ServerContext, route: Route): void {
  for (const path of [route.path, ...(route.aliases ?? [])]) {
    app.route({
      method: route.method,
      url: path,
      handler: (request, reply) => answer(server, route, request, reply),
    });
  }
}

async function answer(
  server: ServerContext,
  route: Route,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const state = states.get(request)!;
  const observation = state.observation!;
  const context: RouteContext = {
    server,
    request,
    reply,
    requestId: request.id,
    tenant: state.tenant,
    observation,
    signal: state.abort.signal,
    body: () => {
      const body = requestBody(request);
      observation.read(body);
      return body;
    },
  };
  if (route.method === "POST" && request.headers["idempotency-key"] !== undefined) {
    await observation.run(() => server.idempotentAnswers.answer(route, context));
    return reply;
  }
  const result = await observation.run(() => route.handle(context));
  if (reply.sent || reply.raw.headersSent) return reply;
  return result;
}
