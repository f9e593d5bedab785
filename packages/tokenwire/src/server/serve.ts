// The public face of the server: `serve(engine, options)` for one engine, `createServer(options)` for several models
// or a server that is started later.

import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import type { Engine } from "../engines/index.ts";
import { ApiError } from "../protocol/index.ts";
import { createMemoryStore } from "../store/index.ts";
import { Admission } from "./admission.ts";
import { createApp, type RegisteredRoute } from "./app.ts";
import { Authenticator } from "./auth.ts";
import { InnerMemory } from "./chat/inner-memory.ts";
import { toCodecSettings } from "./codec/options.ts";
import { CodecState } from "./codec/state.ts";
import type { ServerContext } from "./context.ts";
import { Drain } from "./drain.ts";
import { createFetchHandler, type FetchHandler } from "./fetch-handler.ts";
import { HeldClaims } from "./held-claims.ts";
import { IdempotentAnswers } from "./idempotency/idempotent-answers.ts";
import { KeyLimits } from "./key-limits.ts";
import { measuredStore } from "./measured-store.ts";
import { Metrics } from "./metrics.ts";
import { MetricsListener } from "./metrics-listener.ts";
import { loadModels, type ServedModel } from "./models.ts";
import { loadTracing } from "./observability/tracing.ts";
import { type ModelOptions, type ServerOptions, toSettings } from "./options.ts";
import { ConversationLocks } from "./responses/conversation-locks.ts";
import { ResponseJobs } from "./responses/jobs.ts";
import { Ownership } from "./responses/ownership.ts";
import { BrowserStates } from "./responses/tools/browser-states.ts";
import { routes } from "./routes/index.ts";
import { Seal } from "./seal.ts";
import { ResponseSockets } from "./sockets/upgrade.ts";
import { toHttpsOptions } from "./tls.ts";
import { checkToolOptions } from "./tools/options.ts";

/** A server that can be started and stopped. */
export interface Server {
  /** The Fastify instance, for tests (`app.inject`) and for adding routes before `listen`. */
  readonly app: FastifyInstance;
  readonly models: readonly ServedModel[];
  /** Every method and path that is answered; WebSockets are spoken at `/v1/responses`. */
  readonly routes: readonly RegisteredRoute[];
  /** `http://127.0.0.1:8000`; known once the server listens. */
  readonly url: string;
  /**
   * Answers a request of the web without listening, for other frameworks and runtimes; everything but WebSockets.
   *
   * @example export default { fetch: server.fetch };
   */
  readonly fetch: FetchHandler;
  /** Starts listening; resolves with the address. */
  listen(): Promise<string>;
  /** Stops accepting, lets running requests finish within the grace, then ends what is left. Engines stay open. */
  close(): Promise<void>;
}

/**
 * Builds a server without starting it.
 *
 * @throws TokenwireError INVALID_ARGUMENT for no models or two of the same name; EngineError when an engine fails
 */
export async function createServer(options: ServerOptions): Promise<Server> {
  const settings = toSettings(options);
  checkToolOptions(options.tools ?? {});
  const models = await loadModels(options.models, settings.anyModel);
  const bareStore = options.store ?? createMemoryStore();
  const admission = new Admission(settings);
  const metrics = new Metrics(admission);
  const shutdown = new AbortController();
  const drain = new Drain();
  const log = options.logger ?? pino({ level: "silent" });
  const store = measuredStore(bareStore, metrics);
  metrics.watchStore(() => bareStore.count());
  const jobs = new ResponseJobs();
  const ownership = new Ownership({ store, jobs, log });
  await ownership.start();
  const claims = store.claims && new HeldClaims(store.claims, log);
  const context: ServerContext = {
    models,
    settings,
    admission,
    keyLimits: new KeyLimits(settings.keyLimits),
    idempotentAnswers: new IdempotentAnswers({ claims }),
    conversationLocks: new ConversationLocks(claims),
    metrics,
    store,
    jobs,
    ownership,
    tools: options.tools ?? {},
    browserStates: new BrowserStates(),
    innerMemory: new InnerMemory(),
    seal: new Seal(await bareStore.secret()),
    log,
    tracing: await loadTracing(options.tracing),
    codec: new CodecState(toCodecSettings(options.codec)),
    drain,
    shutdown: shutdown.signal,
  };
  if (models.balance().size > 0) metrics.addWorkers(() => models.balance());
  if (options.metricsCompat === "vllm") {
    metrics.addVllmNames(admission, models.list()[0]!.id, () => cacheUsage(models.list()));
  }
  const auth = new Authenticator(options.apiKeys ?? [], options.authenticate);
  const { app, registered } = createApp({
    context,
    routes,
    auth,
    https: options.tls && toHttpsOptions(options.tls),
  });
  const sockets = new ResponseSockets(context, auth);
  sockets.listen(app.server);
  const metricsListener = options.metricsPort === undefined ? undefined : new MetricsListener(metrics);
  let url = "";
  return {
    app,
    models: models.list(),
    routes: registered,
    fetch: createFetchHandler(app),
    get url() {
      return url;
    },
    listen: async () => {
      const { host = "127.0.0.1", port = 8000 } = options;
      try {
        await metricsListener?.listen(host, options.metricsPort ?? 0);
        await app.listen({ host, port });
      } catch (error) {
        metricsListener?.close();
        await app.close();
        throw error;
      }
      const { address, family, port: taken } = app.server.address() as AddressInfo;
      url = `${options.tls ? "https" : "http"}://${family === "IPv6" ? `[${address}]` : address}:${taken}`;
      return url;
    },
    close: async () => {
      if (drain.draining) return;
      drain.start(app.server);
      sockets.close();
      const grace = setTimeout(() => {
        shutdown.abort(new ApiError(503, "The server is shutting down.", { wireCode: "overloaded" }));
      }, settings.timeouts.drain);
      try {
        await Promise.all([app.close(), jobs.settled()]);
      } finally {
        ownership.stop();
        metricsListener?.close();
        clearTimeout(grace);
        if (options.store === undefined) await bareStore.close();
      }
    },
  };
}

/** What the engines say of their caches; those that do not answer are left out. */
async function cacheUsage(models: readonly ServedModel[]): Promise<ReadonlyMap<string, number>> {
  const usages = new Map<string, number>();
  await Promise.all(
    models.map(async ({ id, engine }) => {
      const load = await engine.load?.(AbortSignal.timeout(1_000)).catch(() => undefined);
      if (load?.kvUsage !== undefined) usages.set(id, load.kvUsage);
    }),
  );
  return usages;
}

/** Options of `serve`: those of a server, and those of the one model. */
export interface ServeOptions extends Omit<ServerOptions, "models">, Omit<ModelOptions, "engine"> {}

/**
 * Serves one engine over the OpenAI API and resolves once the server listens.
 *
 * @example
 * const server = await serve(createEngine("embedded"), { port: 8000 });
 * console.log(server.url); // http://127.0.0.1:8000
 * await server.close();
 */
export async function serve(engine: Engine, options: ServeOptions = {}): Promise<Server> {
  const { profile, aliases, ...rest } = options;
  const model: ModelOptions = { engine, ...(profile && { profile }), ...(aliases && { aliases }) };
  const server = await createServer({ ...rest, models: [model] });
  await server.listen();
  return server;
}
