// Bytes from elsewhere, with a limit on their number and rules on where they may come from. `fetch` is injected or
// global; core knows only the part of it that is used here.

import { type ByteStream, openByteStream } from "../byte-stream.ts";
import { CodecError, CodecLimitError } from "../codec-error.ts";

export interface FetchResponse {
  readonly ok: boolean;
  readonly status: number;
  readonly type?: string;
  readonly headers?: { get(name: string): string | null };
  readonly body?: ByteStream | null;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** The part of `fetch` that is used. */
export type FetchLike = (
  url: string,
  init?: {
    readonly signal?: AbortSignal;
    readonly redirect?: "follow" | "manual";
    readonly headers?: Readonly<Record<string, string>>;
  },
) => Promise<FetchResponse>;

/** Where documents may come from. */
export interface AddressRules {
  /** Accept `http:` addresses named by others beyond loopback ones. Default: false. */
  readonly allowHttp?: boolean;
  /** Accept private and loopback addresses named by a public origin. Default: false. */
  readonly allowPrivate?: boolean;
  /** May refuse any address that is not the caller's own. */
  readonly allowUrl?: (url: string) => boolean;
}

export interface FetchOptions extends AddressRules {
  readonly fetchImpl?: FetchLike;
  readonly signal?: AbortSignal;
}

/** A status other than 2xx; `undefined` when no answer came. */
export class FetchFailure extends CodecError {
  readonly status: number | undefined;
  constructor(message: string, status: number | undefined, cause?: unknown) {
    super("CODEC_FETCH_FAILED", message, cause === undefined ? {} : { cause });
    this.status = status;
  }
}

const MAX_REDIRECTS = 5;

/** The pieces of an address that the rules look at. Core has no URL class; this accepts absolute http(s) addresses only. */
interface Address {
  readonly scheme: "http" | "https";
  readonly host: string;
}

export function parseAddress(url: string): Address | undefined {
  const match =
    /^(https?):\/\/(?:[^/?#@\\\s]*@)?(\[[0-9a-f:.]+\]|[^/?#:@\\\s[\]]+)(?::\d+)?(?:[/?#]\S*)?$/i.exec(url);
  if (match === null) return undefined;
  const scheme = match[1]!.toLowerCase() === "https" ? "https" : "http";
  return { scheme, host: match[2]!.toLowerCase().replace(/\.$/, "") };
}

function isLoopback(host: string): boolean {
  return (
    host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127(\.\d+){3}$/.test(host)
  );
}

/** Loopback, private, link-local and unique-local addresses, and spellings of addresses that only confuse readers. */
function isPrivate(host: string): boolean {
  if (isLoopback(host) || /\.(local|internal|home\.arpa)$/.test(host) || !/[.:]/.test(host)) return true;
  if (/^(0|10|192\.168|169\.254|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./.test(host))
    return true;
  if (/^\[(::|::ffff:|f[cd]|fe[89ab])/.test(host)) return true;
  // Octal, hexadecimal and shortened IPv4: 0x7f.1, 2130706433, 127.1.
  return /^(0x[0-9a-f]+|\d+)(\.(0x[0-9a-f]+|\d+)){0,3}$/.test(host) && !/^(\d{1,3}\.){3}\d{1,3}$/.test(host);
}

/** Raises unless an address that `origin` named may be fetched. */
export function checkAddress(url: string, origin: string, rules: AddressRules): void {
  const target = parseAddress(url);
  const source = parseAddress(origin);
  const refuse = (why: string): never => {
    throw new CodecError("CODEC_FETCH_FAILED", `Address ${url}, named by ${origin}, was refused: ${why}.`);
  };
  if (target === undefined) {
    refuse("it is not an absolute http or https address");
    return;
  }
  if (
    isPrivate(target.host) &&
    rules.allowPrivate !== true &&
    !(source !== undefined && isPrivate(source.host))
  ) {
    refuse("it is a private address (allowPrivate)");
  }
  if (target.scheme === "http" && !isLoopback(target.host) && rules.allowHttp !== true) {
    refuse("it is not https (allowHttp)");
  }
  if (rules.allowUrl?.(url) === false) refuse("allowUrl said no");
}

function fetchOf(options: FetchOptions): FetchLike {
  const found = options.fetchImpl ?? (globalThis as { fetch?: FetchLike }).fetch;
  if (found === undefined) {
    throw new CodecError("INVALID_ARGUMENT", "This runtime has no fetch. Pass fetchImpl.");
  }
  return found;
}

/** One response, following redirects that the rules allow. No headers are sent unless given: they cost a CORS preflight. */
export async function fetchResponse(
  url: string,
  options: FetchOptions,
  headers?: Readonly<Record<string, string>>,
): Promise<FetchResponse> {
  const run = fetchOf(options);
  let common = {
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(headers === undefined ? {} : { headers }),
  };
  let at = url;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const response = await attempt(() => run(at, { ...common, redirect: "manual" }), at, options);
    // Browsers hide where a redirect leads, and guard their own network; there it is followed unseen.
    if (response.type === "opaqueredirect")
      return await attempt(() => run(at, { ...common, redirect: "follow" }), at, options);
    const location =
      response.status >= 300 && response.status < 400 ? response.headers?.get("location") : undefined;
    if (location === undefined || location === null) return response;
    const next = resolveAddress(location, at);
    checkAddress(next, at, options);
    // A key is for the host it was given for.
    if (parseAddress(next)?.host !== parseAddress(url)?.host) common = { ...common, headers: {} };
    at = next;
  }
  throw new FetchFailure(`${url} redirects more than ${MAX_REDIRECTS} times.`, undefined);
}

/** Runs a step of the transfer; what breaks it becomes a `FetchFailure`, except the caller's own abort. */
async function attempt<T>(run: () => Promise<T>, url: string, options: FetchOptions): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    if (options.signal?.aborted || cause instanceof CodecError) throw cause;
    throw new FetchFailure(
      `${url} could not be fetched: ${cause instanceof Error ? cause.message : String(cause)}`,
      undefined,
      cause,
    );
  }
}

function resolveAddress(location: string, base: string): string {
  if (/^[a-z][a-z0-9+.-]*:/i.test(location)) return location;
  const [, scheme = "", rest = ""] = /^(https?:)\/\/([^/?#]*)/i.exec(base) ?? [];
  if (location.startsWith("//")) return scheme + location;
  if (location.startsWith("/")) return `${scheme}//${rest}${location}`;
  return base.replace(/[?#].*$/, "").replace(/[^/]*$/, "") + location;
}

/** All bytes of a 2xx answer. Raises `FetchFailure` for another status, `CodecLimitError` beyond `maxBytes`. */
export async function fetchBytes(
  url: string,
  maxBytes: number,
  options: FetchOptions,
  headers?: Readonly<Record<string, string>>,
): Promise<Uint8Array> {
  const response = await fetchResponse(url, options, headers);
  if (!response.ok) throw new FetchFailure(`${url} answered ${response.status}.`, response.status);
  const declared = Number(response.headers?.get("content-length") ?? 0);
  if (declared > maxBytes) throw tooLarge(url, maxBytes);
  const bytes = await attempt(
    async () =>
      response.body ? readAll(response.body, url, maxBytes) : new Uint8Array(await response.arrayBuffer()),
    url,
    options,
  );
  if (bytes.length > maxBytes) throw tooLarge(url, maxBytes);
  return bytes;
}

function tooLarge(url: string, maxBytes: number): CodecLimitError {
  return new CodecLimitError(`${url} is larger than ${maxBytes} bytes (maxBytes).`);
}

async function readAll(body: ByteStream, url: string, maxBytes: number): Promise<Uint8Array> {
  const reader = openByteStream(body);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (value === undefined) continue;
    size += value.length;
    if (size > maxBytes) {
      await reader.cancel();
      throw tooLarge(url, maxBytes);
    }
    chunks.push(value);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
