// One HTTP/2 connection to a gRPC server, through the optional peer @grpc/grpc-js, which is loaded on first use.

import { pathToFileURL } from "node:url";
import { EngineError } from "../engine.ts";
import { findPackage } from "../optional-package.ts";
import type { RemoteEngineOptions } from "../remote/options.ts";
import { grpcError } from "./status.ts";
import { decodeMessage, encodeMessage, type Message, type MessageValue } from "./wire.ts";

const packageName = "@grpc/grpc-js";

type Grpc = typeof import("@grpc/grpc-js");
type Client = InstanceType<Grpc["Client"]>;

export interface Method {
  /** `/package.Service/Method` */
  readonly path: string;
  readonly request: Message;
  readonly response: Message;
}

const mebibyte = 1 << 20;

const channelOptions = {
  "grpc.keepalive_time_ms": 30_000,
  "grpc.keepalive_timeout_ms": 10_000,
  // While idle too: a server that is gone is noticed before the next request.
  "grpc.keepalive_permit_without_calls": 1,
  "grpc.max_receive_message_length": 256 * mebibyte,
  "grpc.max_send_message_length": 256 * mebibyte,
  "grpc-node.flow_control_window": 16 * mebibyte,
  // Retries are ours: only before the first token.
  "grpc.enable_retries": 0,
};

/** Loads the peer. Throws `EngineError("unsupported")` with the command that installs it. */
async function loadGrpc(): Promise<Grpc> {
  const path = findPackage(packageName);
  if (path === undefined) {
    throw new EngineError(
      "unsupported",
      `Engines behind gRPC need an optional package; run: npm install ${packageName}`,
    );
  }
  return ((await import(pathToFileURL(path).href)) as { default: Grpc }).default;
}

interface Target {
  readonly address: string;
  readonly secure: boolean;
}

/** `grpc://host:port`, `grpcs://…`; `http://` and `https://` mean the same. */
function parseTarget(url: string): Target {
  const parsed = URL.canParse(url) ? new URL(url.replace(/^grpc/i, "http")) : undefined;
  if (parsed !== undefined && /^(grpcs?|https?):\/\//i.test(url) && parsed.hostname !== "") {
    const secure = parsed.protocol === "https:";
    return { address: `${parsed.hostname}:${parsed.port || (secure ? 443 : 80)}`, secure };
  }
  throw new EngineError(
    "invalid_request",
    `Engine URL ${JSON.stringify(url)}: expected grpc://HOST:PORT, or grpcs:// with encryption.`,
  );
}

export class GrpcConnection {
  readonly engine: string;
  readonly #options: RemoteEngineOptions;
  readonly #target: Target;
  #open: Promise<{ grpc: Grpc; client: Client }> | undefined;
  #closed = false;

  constructor(engine: string, options: RemoteEngineOptions) {
    this.engine = engine;
    this.#options = options;
    this.#target = parseTarget(options.url);
  }

  /** One request, one answer. Throws `EngineError`. */
  async call(
    method: Method,
    value: MessageValue,
    options: { timeout: number; signal?: AbortSignal | undefined },
  ): Promise<MessageValue> {
    const { grpc, client } = await this.#connect();
    const { signal } = options;
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const stop = (): void => call.cancel();
      const call = client.makeUnaryRequest(
        method.path,
        (message: MessageValue) => encodeMessage(method.request, message),
        (bytes: Buffer) => decodeMessage(method.response, bytes),
        value,
        this.#metadata(grpc),
        { deadline: Date.now() + options.timeout },
        (error, answer) => {
          signal?.removeEventListener("abort", stop);
          if (error === null) resolve(answer ?? {});
          else reject(signal?.aborted ? signal.reason : grpcError(this.engine, error));
        },
      );
      signal?.addEventListener("abort", stop, { once: true });
    });
  }

  /**
   * One request, many answers; read only as fast as they are pulled, cancelled when the consumer leaves early.
   * Throws `EngineError`.
   */
  async *stream(
    method: Method,
    value: MessageValue,
    signal: AbortSignal | undefined,
    headers: Readonly<Record<string, string>> = {},
  ): AsyncGenerator<MessageValue, void> {
    const { grpc, client } = await this.#connect();
    signal?.throwIfAborted();
    const call = client.makeServerStreamRequest(
      method.path,
      (message: MessageValue) => encodeMessage(method.request, message),
      (bytes: Buffer) => decodeMessage(method.response, bytes),
      value,
      this.#metadata(grpc, headers),
    );
    const stop = (): void => call.cancel();
    signal?.addEventListener("abort", stop, { once: true });
    const watch = new SilenceWatch(this.#options.timeouts ?? {}, (error) => call.destroy(error));
    let ended = false;
    try {
      watch.begin();
      const messages = call[Symbol.asyncIterator]() as AsyncIterator<MessageValue>;
      for (;;) {
        const { done, value: message } = await messages.next();
        watch.pause();
        if (done) break;
        yield message;
        watch.resume();
      }
      ended = true;
    } catch (error) {
      throw grpcError(this.engine, error);
    } finally {
      watch.pause();
      signal?.removeEventListener("abort", stop);
      if (!ended) {
        // An error may still be on its way; nobody is left to hear it.
        call.on("error", () => undefined);
        call.cancel();
      }
    }
  }

  close(): void {
    this.#closed = true;
    this.#open?.then(
      ({ client }) => client.close(),
      () => undefined,
    );
  }

  #connect(): Promise<{ grpc: Grpc; client: Client }> {
    if (this.#closed) throw new EngineError("unavailable", `${this.engine}: the engine is closed.`);
    this.#open ??= loadGrpc().then((grpc) => {
      const { credentials, Client } = grpc;
      const security = this.#target.secure ? credentials.createSsl() : credentials.createInsecure();
      return { grpc, client: new Client(this.#target.address, security, channelOptions) };
    });
    return this.#open;
  }

  /** @param own of this call, such as its trace context */
  #metadata(grpc: Grpc, own: Readonly<Record<string, string>> = {}): InstanceType<Grpc["Metadata"]> {
    const metadata = new grpc.Metadata();
    const { apiKey, headers = {} } = this.#options;
    if (apiKey !== undefined) metadata.set("authorization", `Bearer ${apiKey}`);
    for (const [name, text] of Object.entries({ ...own, ...headers })) metadata.set(name, text);
    return metadata;
  }
}

/** Ends a stream on which nothing has come for too long; time that the consumer takes does not count. */
class SilenceWatch {
  readonly #first: number | undefined;
  readonly #idle: number;
  readonly #end: (error: EngineError) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(timeouts: NonNullable<RemoteEngineOptions["timeouts"]>, end: (error: EngineError) => void) {
    this.#first = timeouts.headers;
    this.#idle = timeouts.idle ?? 120_000;
    this.#end = end;
  }

  begin(): void {
    if (this.#first !== undefined) this.#start(this.#first, true);
  }

  resume(): void {
    this.#start(this.#idle, false);
  }

  pause(): void {
    clearTimeout(this.#timer);
  }

  #start(milliseconds: number, retryable: boolean): void {
    this.#timer = setTimeout(() => {
      this.#end(new EngineError("timeout", `The server was silent for ${milliseconds} ms.`, { retryable }));
    }, milliseconds);
  }
}
