// The upgrade of a connection to a WebSocket: path, host, origin, key and number of sockets are checked before it.

import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { ApiError } from "../../protocol/index.ts";
import type { Authenticator } from "../auth.ts";
import type { ServerContext } from "../context.ts";
import { toApiError } from "../errors.ts";
import { checkHost, checkSocketOrigin } from "../origin.ts";
import { requestIdOf } from "../request-id.ts";
import { readRouting } from "../routing.ts";
import { ResponseSocket } from "./response-socket.ts";

const paths = new Set(["/v1/responses", "/responses"]);

/** The WebSockets of a server. */
export class ResponseSockets {
  readonly #server: ServerContext;
  readonly #auth: Authenticator;
  readonly #upgrader: WebSocketServer;
  readonly #open: Set<ResponseSocket> = new Set();

  constructor(server: ServerContext, auth: Authenticator) {
    this.#server = server;
    this.#auth = auth;
    this.#upgrader = new WebSocketServer({ noServer: true, maxPayload: server.settings.limits.body });
  }

  listen(http: HttpServer): void {
    http.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (request.headers.upgrade?.toLowerCase() !== "websocket") declineUpgrade(http, request, socket, head);
      else void this.#upgrade(request, socket, head);
    });
  }

  /** Closes what is idle now and the others when their response is complete. */
  close(): void {
    for (const socket of this.#open) socket.closeWhenIdle();
  }

  /** Never raises. */
  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // A client that leaves during the upgrade: there is nothing to do for it.
    socket.on("error", () => socket.destroy());
    try {
      const tenant = await this.#admit(request);
      const routing = this.#server.settings.hearsRouting ? readRouting(request.headers) : undefined;
      if (socket.destroyed) return;
      this.#upgrader.handleUpgrade(request, socket, head, (webSocket: WebSocket) => {
        const { metrics } = this.#server;
        const requestId = requestIdOf(request.headers);
        const opened = new ResponseSocket(this.#server, webSocket, socket, { tenant, requestId, routing });
        this.#open.add(opened);
        metrics.streamOpened(socket);
        webSocket.once("close", () => {
          this.#open.delete(opened);
          metrics.streamClosed(socket);
        });
      });
    } catch (error) {
      refuse(socket, toApiError(error), requestIdOf(request.headers));
    }
  }

  /** The tenant of an upgrade that is allowed; raises 401, 403, 404, 429 or 503. */
  async #admit(request: IncomingMessage): Promise<string> {
    const { settings, drain } = this.#server;
    checkHost(settings.origins, request.headers.host);
    checkSocketOrigin(settings.origins, request.headers);
    const tenant = await this.#auth.authenticate(request.headers);
    if (!paths.has((request.url ?? "").split("?", 1)[0]!)) {
      throw new ApiError(404, "WebSockets are spoken at /v1/responses only.", { wireCode: "unknown_url" });
    }
    if (drain.draining) throw new ApiError(503, "The server is shutting down.", { wireCode: "overloaded" });
    if (this.#open.size >= settings.limits.sockets) {
      throw new ApiError(
        429,
        `The server has its limit of ${settings.limits.sockets} WebSockets. Retry later.`,
        { wireCode: "websocket_connection_limit_reached" },
      );
    }
    return tenant;
  }
}

/** Answers over HTTP instead of upgrading. */
function refuse(socket: Duplex, error: ApiError, requestId: string): void {
  const body = JSON.stringify(error.toBody());
  const headers = Object.entries({
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    connection: "close",
    "x-request-id": requestId,
    ...error.headers,
  });
  const head = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  socket.end(`HTTP/1.1 ${error.status} Refused\r\n${head}\r\n${body}`);
}

const upgradeHeaders = new Set(["upgrade", "connection", "http2-settings"]);

/**
 * Gives a connection back to the HTTP server, for clients that offer another protocol (Java's offers HTTP/2 with every
 * request): who declines an upgrade must answer the request, and Node hands over each one as soon as anybody listens.
 */
function declineUpgrade(http: HttpServer, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  let text = `${request.method} ${request.url} HTTP/${request.httpVersion}\r\n`;
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    const name = request.rawHeaders[at]!;
    if (!upgradeHeaders.has(name.toLowerCase())) text += `${name}: ${request.rawHeaders[at + 1]}\r\n`;
  }
  socket.unshift(Buffer.concat([Buffer.from(`${text}\r\n`, "latin1"), head]));
  // What a TLS connection carries is decrypted already.
  http.emit("encrypted" in socket ? "secureConnection" : "connection", socket);
}
