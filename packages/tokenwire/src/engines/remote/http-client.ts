// HTTP to an engine. Node's own `http` and not `fetch`: fetch gives up after five minutes without headers, which a long
// prefill takes, and its timers cannot be set without another package.

import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { EngineError } from "../engine.ts";
import { connectionError, httpError } from "./error-mapping.ts";
import type { RemoteEngineOptions } from "./options.ts";

export interface HttpCall {
  readonly method?: "GET" | "POST";
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  readonly requestId?: string;
  /** Of this call, such as its trace context. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Milliseconds for everything; for short questions such as health. */
  readonly timeout?: number;
}

const bodyLimit = 64 << 20;

export class EngineHttpClient {
  readonly engine: string;
  readonly #base: URL;
  readonly #options: RemoteEngineOptions;
  readonly #agent: HttpAgent | HttpsAgent;

  constructor(engine: string, options: RemoteEngineOptions) {
    if (!URL.canParse(options.url) || !/^https?:/.test(options.url)) {
      throw new EngineError(
        "invalid_request",
        `Engine URL ${JSON.stringify(options.url)}: expected http:// or https://.`,
      );
    }
    this.engine = engine;
    this.#options = options;
    this.#base = new URL(options.url.replace(/\/(?:v1\/?)?$/, ""));
    this.#agent =
      this.#base.protocol === "https:"
        ? new HttpsAgent({ keepAlive: true })
        : new HttpAgent({ keepAlive: true });
  }

  /** The answer as JSON. Throws `EngineError`. */
  async json(path: string, call: HttpCall = {}): Promise<unknown> {
    const text = await this.text(path, call);
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      throw new EngineError("internal", `${this.engine}: the answer to ${path} is not JSON.`, {
        cause: error,
      });
    }
  }

  /** The answer as text. Throws `EngineError`. */
  async text(path: string, call: HttpCall = {}): Promise<string> {
    const timer = AbortSignal.timeout(call.timeout ?? 30_000);
    const signal = call.signal === undefined ? timer : AbortSignal.any([call.signal, timer]);
    return this.#text(await this.open(path, { ...call, signal }));
  }

  /** Whether a request succeeds; never throws but for an abort. */
  async isOk(path: string, timeout: number, signal?: AbortSignal): Promise<{ ok: boolean; detail?: string }> {
    try {
      const timer = AbortSignal.timeout(timeout);
      const response = await this.open(path, {
        signal: signal === undefined ? timer : AbortSignal.any([signal, timer]),
      });
      response.resume();
      return { ok: true };
    } catch (error) {
      signal?.throwIfAborted();
      return { ok: false, detail: (error as Error).message };
    }
  }

  /** Sends a request and resolves with a successful response, its body unread. Throws `EngineError`. */
  async open(path: string, call: HttpCall): Promise<IncomingMessage> {
    const response = await this.#sendUntilHeard(path, call).catch((error: unknown) => {
      call.signal?.throwIfAborted();
      throw connectionError(this.engine, error);
    });
    const { statusCode: status = 0 } = response;
    if (status >= 200 && status < 300) return response;
    const body = await this.#text(response).catch(() => "");
    throw httpError(this.engine, status, body, response.headers["retry-after"]);
  }

  close(): void {
    this.#agent.destroy();
  }

  /** Servers close connections that are being kept: a request that met such an end was not heard, and goes again. */
  async #sendUntilHeard(path: string, call: HttpCall): Promise<IncomingMessage> {
    for (;;) {
      try {
        return await this.#send(path, call);
      } catch (error) {
        if (!(error instanceof StaleConnection) || call.signal?.aborted) throw error;
      }
    }
  }

  #send(path: string, call: HttpCall): Promise<IncomingMessage> {
    const { apiKey, headers, timeouts = {} } = this.#options;
    const url = new URL(this.#base.pathname.replace(/\/$/, "") + path, this.#base);
    const body = call.body === undefined ? undefined : Buffer.from(JSON.stringify(call.body));
    const request = url.protocol === "https:" ? requestHttps : requestHttp;
    return new Promise((resolve, reject) => {
      const outgoing = request(url, {
        method: call.method ?? (body === undefined ? "GET" : "POST"),
        agent: this.#agent,
        ...(call.signal && { signal: call.signal }),
        headers: {
          accept: "application/json, text/event-stream",
          ...(body && { "content-type": "application/json", "content-length": body.length }),
          ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
          ...(call.requestId !== undefined && { "x-request-id": call.requestId }),
          ...call.headers,
          ...headers,
        },
      });
      const fail = (what: string): void => {
        outgoing.destroy(new EngineError("timeout", `${this.engine}: ${what}`, { retryable: true }));
      };
      const connect = timeouts.connect ?? 5_000;
      const connecting = setTimeout(() => fail(`no connection within ${connect} ms.`), connect);
      const waiting =
        timeouts.headers === undefined
          ? undefined
          : setTimeout(() => fail(`no answer within ${timeouts.headers} ms.`), timeouts.headers);
      const clear = (): void => {
        clearTimeout(connecting);
        clearTimeout(waiting);
      };
      outgoing.on("socket", (socket) => {
        if (socket.connecting) socket.once("connect", () => clearTimeout(connecting));
        else clearTimeout(connecting);
      });
      outgoing.on("response", (response) => {
        clear();
        const idle = timeouts.idle ?? 120_000;
        response.setTimeout(idle, () => {
          response.destroy(new EngineError("timeout", `${this.engine}: silent for ${idle} ms.`));
        });
        resolve(response);
      });
      outgoing.on("error", (error) => {
        clear();
        const wasKept = outgoing.reusedSocket && /^(?:ECONNRESET|EPIPE)$/.test(codeOf(error));
        reject(wasKept ? new StaleConnection(error.message, { cause: error }) : error);
      });
      outgoing.end(body);
    });
  }

  async #text(response: IncomingMessage): Promise<string> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of response) {
      size += (chunk as Buffer).length;
      if (size > bodyLimit) {
        response.destroy();
        throw new EngineError("internal", `${this.engine}: the answer is larger than ${bodyLimit} bytes.`);
      }
      chunks.push(chunk as Buffer);
    }
    return Buffer.concat(chunks).toString("utf8");
  }
}

/** A kept connection that the server had already closed. */
class StaleConnection extends Error {}

const codeOf = (error: Error): string => (error as NodeJS.ErrnoException).code ?? "";
