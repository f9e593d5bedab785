// One WebSocket of the Responses API: `response.create` messages in, one at a time; the events of a stream out, each
// a text frame. Responses of this socket can be continued even when they are not stored.

import type { Duplex } from "node:stream";
import { isTokenwireError } from "@tokenwire/core";
import { JsonError, parseJson } from "@tokenwire/core/json";
import type { RawData, WebSocket } from "ws";
import {
  ApiError,
  invalidRequest,
  parseResponsesRequest,
  quote,
  type RequestBody,
  type ResponseEvent,
  toRequestBody,
  unknownResponsesFields,
  unsupportedParameter,
} from "../../protocol/index.ts";
import { createMemoryStore, type ResponseStore } from "../../store/index.ts";
import type { Caller, ServerContext } from "../context.ts";
import { toApiError } from "../errors.ts";
import { Observation } from "../observability/observation.ts";
import { refuseUnknown } from "../request-rules.ts";
import { draftResponse } from "../responses/context.ts";
import { ResponseRun } from "../responses/run.ts";
import { hostedTypes } from "../tools/options.ts";
import { watchAge } from "./connection-age.ts";

const highWaterMark = 256 * 1024;
const goingAway = 1001;
/** Milliseconds that a peer has for its side of the closing handshake. */
const closingGrace = 1_000;

export class ResponseSocket {
  readonly #server: ServerContext;
  readonly #webSocket: WebSocket;
  readonly #transport: Duplex;
  readonly #caller: Pick<Caller, "tenant" | "requestId" | "routing">;
  readonly #closed: AbortController = new AbortController();
  /** Responses made here, stored or not. */
  readonly #kept: ResponseStore;
  #heartbeat: NodeJS.Timeout | undefined;
  #busy = false;
  /** About the connection, for after the response in the making: its events are not to be interrupted. */
  readonly #announced: object[] = [];
  #closing = false;
  #answered = true;
  #drained: Promise<void> | undefined;

  constructor(
    server: ServerContext,
    webSocket: WebSocket,
    transport: Duplex,
    caller: Pick<Caller, "tenant" | "requestId" | "routing">,
  ) {
    const { settings } = server;
    this.#server = server;
    this.#webSocket = webSocket;
    this.#transport = transport;
    this.#caller = caller;
    this.#kept = createMemoryStore({ maxBytes: settings.limits.body });
    if (settings.keepAlive > 0) this.#heartbeat = setInterval(() => this.#ping(), settings.keepAlive).unref();
    const { socket: lifetime } = settings.timeouts;
    const stopAge = watchAge({
      lifetime,
      warn: (left) => this.#warn(left),
      end: () => this.#expire(lifetime),
    });
    webSocket.on("pong", () => {
      this.#answered = true;
    });
    webSocket.on("message", (data) => {
      void this.#receive(data);
    });
    // A protocol fault or a reset; `close` follows.
    webSocket.on("error", (error) => server.log.debug({ requestId: caller.requestId, err: error }, "socket"));
    webSocket.once("close", () => {
      clearInterval(this.#heartbeat);
      stopAge();
      this.#closed.abort(new ApiError(499, "The client closed the connection."));
    });
  }

  /** Takes nothing new; closes at once, or when the response in the making is complete. */
  closeWhenIdle(): void {
    this.#closing = true;
    if (this.#busy) return;
    this.#webSocket.close(goingAway);
    setTimeout(() => this.#webSocket.terminate(), closingGrace).unref();
  }

  #ping(): void {
    if (this.#drained) return;
    if (!this.#answered) {
      this.#webSocket.terminate();
      return;
    }
    this.#answered = false;
    this.#webSocket.ping();
  }

  /** Clients ignore events that they do not know, or handle this one. */
  #warn(left: number): void {
    const seconds = Math.round(left / 1000);
    const message = `This connection ends in ${seconds} seconds. Open another one for what comes after.`;
    this.#announce({ type: "tokenwire:connection.expiring", seconds_left: seconds, message });
  }

  #expire(lifetime: number): void {
    const message = `A connection lasts ${Math.round(lifetime / 1000)} seconds. Open another one.`;
    const error = new ApiError(400, message, { wireCode: "websocket_connection_limit_reached" });
    this.#announce({ type: "error", status: error.status, ...error.toBody() });
    this.closeWhenIdle();
  }

  #announce(frame: object): void {
    if (this.#busy) this.#announced.push(frame);
    else this.#send(frame);
  }

  /** Answers one message; never raises. */
  async #receive(data: RawData): Promise<void> {
    if (this.#busy || this.#closing) {
      const message = this.#closing
        ? "The connection is closing."
        : "Another response is being made on this connection. Wait for its end, or open another connection.";
      this.#sendError(invalidRequest(null, message, this.#closing ? null : "concurrent_request"));
      return;
    }
    this.#busy = true;
    this.#server.drain.begin();
    const started = performance.now();
    const { keyLimits } = this.#server;
    // A frame has no headers to tell what is left.
    const setHeader = (): void => undefined;
    const observation = new Observation(this.#server, {
      tenant: this.#caller.tenant,
      method: "WEBSOCKET",
      route: "/v1/responses",
      headers: {},
      setHeader,
    });
    let status = 200;
    let entered = false;
    try {
      keyLimits.enter(this.#caller.tenant, setHeader);
      entered = true;
      const body = parseMessage(data, this.#server.settings.limits.jsonDepth);
      observation.read(body);
      await observation.run(() => this.#create(body, observation));
    } catch (error) {
      const known = toApiError(error);
      status = known.status;
      observation.failed(known);
      if (status >= 500) this.#log("error", { err: known.cause ?? error }, "response failed");
      this.#sendError(known);
    } finally {
      if (entered) keyLimits.leave(this.#caller.tenant);
      this.#busy = false;
      this.#server.drain.end();
    }
    const durationMs = performance.now() - started;
    this.#server.metrics.http("/v1/responses", "WEBSOCKET", status, durationMs);
    const facts = observation.end(status, durationMs);
    this.#log("info", { status, durationMs: Math.round(durationMs), ...facts }, "response over a socket");
    for (const frame of this.#announced.splice(0)) this.#send(frame);
    if (this.#closing) this.closeWhenIdle();
  }

  async #create(body: RequestBody, observation: Observation): Promise<void> {
    const request = parseResponsesRequest(body, hostedTypes(this.#server.tools));
    refuseUnknown({ server: this.#server, requestId: this.#caller.requestId }, unknownResponsesFields(body));
    const { tenant } = this.#caller;
    const release = await this.#server.conversationLocks.lock(tenant, request.conversationId);
    const signal = AbortSignal.any([this.#closed.signal, this.#server.shutdown]);
    const server = { ...this.#server, store: withKept(this.#server.store, this.#kept) };
    const caller: Caller = { ...this.#caller, server, observation, signal };
    try {
      const draft = await draftResponse(caller, request);
      const run = new ResponseRun(caller, draft);
      await this.#follow(run, signal);
      const previousId = request.previousResponseId ?? null;
      const { response } = run;
      if (response.status !== "failed") {
        await this.#kept.putResponse(tenant, { response, input: draft.input, previousId });
      } else if (previousId !== null) await this.#kept.deleteResponse(tenant, previousId);
    } finally {
      release();
    }
  }

  /** Sends the events of a run; once it has begun, its failures are events too. */
  async #follow(run: ResponseRun, signal: AbortSignal): Promise<void> {
    const pressure = (): Promise<void> | undefined => this.#pressure;
    const sink = {
      emit: (events: readonly ResponseEvent[]): void => {
        for (const event of events) this.#send(event);
      },
      get pressure() {
        return pressure();
      },
    };
    try {
      await run.run(signal, sink);
    } catch (error) {
      if (!run.encoder.started) throw error;
      await run.fail(toApiError(error), sink);
    }
  }

  #send(frame: object): void {
    if (this.#webSocket.readyState === this.#webSocket.OPEN) this.#webSocket.send(JSON.stringify(frame));
  }

  #sendError(error: ApiError): void {
    this.#send({ type: "error", status: error.status, ...error.toBody() });
  }

  /** Undefined when more may be sent at once, else a promise to wait for; it also resolves when the reader leaves. */
  get #pressure(): Promise<void> | undefined {
    if (this.#webSocket.bufferedAmount <= highWaterMark) return undefined;
    this.#drained ??= this.#waitForReader();
    return this.#drained;
  }

  async #waitForReader(): Promise<void> {
    const { stalledReader } = this.#server.settings.timeouts;
    const stall =
      stalledReader > 0 ? setTimeout(() => this.#webSocket.terminate(), stalledReader).unref() : undefined;
    await new Promise<void>((resolve) => {
      this.#transport.once("drain", resolve);
      this.#transport.once("close", resolve);
    });
    clearTimeout(stall);
    this.#drained = undefined;
    // It read: a sign of life as good as the pong that may still be on its way.
    this.#answered = true;
  }

  #log(level: "info" | "error", facts: object, message: string): void {
    this.#server.log[level]({ ...this.#caller, ...facts }, message);
  }
}

/** The body of a create call from a message. Raises 400 `invalid_json`, `unknown_event_type` and others. */
function parseMessage(data: RawData, maxDepth: number): RequestBody {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer);
  const { type, stream: _stream, ...body } = toRequestBody(parseBytes(bytes, maxDepth));
  if (type !== "response.create") {
    const given = typeof type === "string" ? quote(type) : "none";
    throw invalidRequest("type", `type: expected "response.create", got ${given}.`, "unknown_event_type");
  }
  for (const field of ["background", "generate", "stream_id"]) {
    const inert = field === "generate" ? true : field === "background" ? false : null;
    const value = body[field] ?? inert;
    if (value !== inert) throw unsupportedParameter(field, `${field}: is not available over a WebSocket.`);
    delete body[field];
  }
  return { ...body, stream: true };
}

function parseBytes(bytes: Buffer, maxDepth: number): ReturnType<typeof parseJson> {
  try {
    return parseJson(bytes, { maxDepth });
  } catch (error) {
    if (!(error instanceof JsonError) && !isTokenwireError(error)) throw error;
    throw invalidRequest(null, `The message is not valid JSON: ${error.message}`, "invalid_json");
  }
}

/** A store that also finds what a socket keeps. */
function withKept(store: ResponseStore, kept: ResponseStore): ResponseStore {
  return new Proxy(store, {
    get(target, name) {
      if (name === "getResponse" || name === "findItem") {
        return async (tenant: string, id: string) =>
          (await kept[name](tenant, id)) ?? (await target[name](tenant, id));
      }
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}
