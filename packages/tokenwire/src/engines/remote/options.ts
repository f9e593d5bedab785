// What every engine behind a URL can be told.

import type { TokenBytesSource } from "../embedded/index.ts";

export interface RemoteTimeouts {
  /** Milliseconds to connect. Default 5,000. */
  readonly connect?: number;
  /** Milliseconds until the answer starts, prefill included. Default: none. */
  readonly headers?: number;
  /** Milliseconds without a byte. Default 120,000. */
  readonly idle?: number;
}

export interface RemoteEngineOptions {
  /** Base address, such as `http://127.0.0.1:8000`; a trailing `/v1` is accepted. */
  readonly url: string;
  readonly id?: string;
  /** Model to ask for, where the server has several. Default: its first. */
  readonly model?: string;
  readonly apiKey?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeouts?: RemoteTimeouts;
  /** Attempts after the first, before any token. Default 2. */
  readonly retries?: number;
  /** Bytes of the model's tokens, to repair what a server leaves out in the middle of characters. */
  readonly tokenizer?: TokenBytesSource;
  /** Context length to assume where the server does not tell. */
  readonly maxContext?: number;
}
