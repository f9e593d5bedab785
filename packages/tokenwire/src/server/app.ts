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
import { ApiError, type SmgError, toMessagesError, toSmgError } from "../protocol/index.ts";
import type { Authenticator } from "./auth.ts";
import { installBodyParser, requestBody } from "./body.ts";
import { placeInTurn } from "./burst.ts";
import { installBinaryBodyParser } from "./codec/request-body.ts";
import type { Route, RouteContext, ServerContext } from "./context.ts";
import { fromFastify, toApiError, withField } from "./errors.ts";
import { installHooks, isMessages, stateOf } from "./request-hooks.ts";
import { requestIdOf } from "./request-id.ts";
import { readRouting } from "./routing.ts";
import { PathTable } from "./unknown-route.ts";

type ErrorDialect = ServerContext["settings"]["errorDialect"];

/** Sends an error in the shape the path's clients expect. */
function sendError(
  request: FastifyRequest,
  reply: FastifyReply,
  error: ApiError,
  dialect: ErrorDialect,
): void {
  const { status, headers, body } = errorAnswer(request, error, dialect);
  void reply.code(status).headers(headers).type("application/json").send(body);
}

function errorAnswer(request: FastifyRequest, error: ApiError, dialect: ErrorDialect): SmgError {
  const { status, headers } = error;
  if (isMessages(request)) return { status, headers, body: toMessagesError(error, request.id) };
  const forParsers = /^(?:\/v1)?\/(?:parse\/|separate_reasoning\b)/.test(request.url);
  if (dialect === "smg") return toSmgError(error, forParsers);
  // Clients of the parse endpoints read whether it worked.
  return { status, headers, body: forParsers ? { ...error.toBody(), success: false } : error.toBody() };
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
    // Its default makes a logger per request, for the little that Fastify itself has to say.
    childLoggerFactory: (logger) => logger,
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
    frameworkErrors: (error, request, reply) => {
      void reply.header("x-request-id", request.id);
      sendError(request, reply, fromFastify(error, settings.limits.body), settings.errorDialect);
    },
    clientErrorHandler: (error, socket) => {
      const status = error.code === "HPE_HEADER_OVERFLOW" ? 431 : 400;
      const message =
        status === 431 ? "The request headers are too large." : "The request is not valid HTTP.";
      const body = JSON.stringify(new ApiError(status, message).toBody());
      if (!socket.writable) return;
      socket.end(
        `HTTP/1.1 ${status} ${status === 431 ? "Request Header Fields Too Large" : "Bad Request"}\r\ncontent-type: application/json\r\nx-request-id: ${requestIdOf({})}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
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
  installBodyParser(app, {
    maxDepth: settings.limits.jsonDepth,
    onParsed: (milliseconds) => context.metrics.stage("parse", milliseconds),
  });
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
    const wire =
      error instanceof ApiError
        ? error
        : error instanceof Error && "code" in error && String(error.code).startsWith("FST_")
          ? fromFastify(error as Parameters<typeof fromFastify>[0], settings.limits.body)
          : toApiError(error);
    const known = withField(wire, request.body);
    if (known.status >= 500)
      log.error({ requestId: request.id, err: known.cause ?? error }, "request failed");
    context.metrics.error(known.wireCode ?? known.type);
    stateOf(request)?.observation?.failed(known);
    sendError(request, reply, known, settings.errorDialect);
  });
  app.setNotFoundHandler((request, reply) => {
    const methods = paths.methodsOf(request.url.split("?", 1)[0]!);
    if (request.method === "OPTIONS" && methods.length > 0) {
      return reply.code(204).header("allow", methods.join(", ")).send();
    }
    throw paths.errorFor(request.method, request.url);
  });
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
  const state = stateOf(request)!;
  const observation = state.observation!;
  const mayRoute = route.method === "POST" && server.settings.hearsRouting;
  const context: RouteContext = {
    server,
    request,
    reply,
    requestId: request.id,
    tenant: state.tenant,
    observation,
    routing: mayRoute ? readRouting(request.headers) : undefined,
    signal: state.cancellation,
    body: () => {
      const body = requestBody(request);
      observation.read(body);
      return body;
    },
  };
  const place = route.method === "POST" ? placeInTurn() : undefined;
  if (place !== undefined) await place;
  if (route.method === "POST" && request.headers["idempotency-key"] !== undefined) {
    await observation.run(() => server.idempotentAnswers.answer(route, context));
    return reply;
  }
  const result = await observation.run(() => route.handle(context));
  if (reply.sent || reply.raw.headersSent) return reply;
  return result;
}
