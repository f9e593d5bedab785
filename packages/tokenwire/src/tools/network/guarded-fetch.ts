// Fetching a URL that a model chose: public addresses only, checked again at each redirect, with limits on size, time
// and redirects. No cookies, no proxies, no credentials.

import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP } from "node:net";
import { pipeline, type Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { guardedLookup, isPublicAddress, RefusedAddress } from "./address-guard.ts";

export interface GuardedFetchOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds for everything. Default 20,000. */
  readonly timeout?: number;
  /** Bytes of the body after decompression. Default 10 MiB. */
  readonly maxBytes?: number;
  /** Default 5. */
  readonly maxRedirects?: number;
  /** Ports besides 80 and 443. */
  readonly allowedPorts?: readonly number[];
  /** Replaces the rule for addresses; tests allow loopback with it. */
  readonly isAllowedAddress?: (address: string) => boolean;
  readonly userAgent?: string;
}

/** A request other than a plain GET. */
export interface GuardedRequest {
  readonly method?: "GET" | "HEAD" | "POST";
  /** Added to those of every request; names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Of a POST. Not sent again after a redirect that turns it into a GET. */
  readonly body?: Uint8Array;
}

export interface FetchedResource {
  /** Address after redirects. */
  readonly url: string;
  readonly status: number;
  /** Lower-case media type without parameters; empty when the server names none. */
  readonly contentType: string;
  readonly charset: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
}

const standardPorts: Readonly<Record<string, number>> = { "http:": 80, "https:": 443 };

/**
 * Requests `url`, by GET unless told otherwise. Throws an `Error` whose message is fit for a model: no internal address,
 * at most a status.
 */
export async function guardedFetch(
  url: string,
  options: GuardedFetchOptions = {},
  request: GuardedRequest = {},
): Promise<FetchedResource> {
  const { timeout = 20_000, maxRedirects = 5 } = options;
  const timer = AbortSignal.timeout(timeout);
  const signal = options.signal === undefined ? timer : AbortSignal.any([options.signal, timer]);
  let target = checkUrl(url, options);
  let current = request;
  try {
    for (let redirects = 0; ; redirects += 1) {
      const response = await send(target, options, current, signal);
      const location = response.headers.location;
      const { statusCode: status = 0 } = response;
      if (location === undefined || status < 300 || status > 399)
        return await read(target, response, options);
      response.destroy();
      if (redirects === maxRedirects) throw new Error(`More than ${maxRedirects} redirects.`);
      const next = checkUrl(new URL(location, target).href, options);
      current = redirected(current, status, next.origin === target.origin);
      target = next;
    }
  } catch (error) {
    if (timer.aborted) throw new Error(`No answer within ${timeout / 1000} seconds.`, { cause: error });
    throw error;
  }
}

/** As browsers do: 301, 302 and 303 turn a POST into a GET; another origin gets none of the request's own headers. */
function redirected(request: GuardedRequest, status: number, sameOrigin: boolean): GuardedRequest {
  const { headers, ...rest } = sameOrigin ? request : { ...request, headers: undefined };
  const kept = headers === undefined ? rest : { ...rest, headers };
  if (request.method !== "POST" || status === 307 || status === 308) return kept;
  return { method: "GET", ...(headers && { headers }) };
}

/** Parses and checks everything that can be known before the name is resolved. */
function checkUrl(url: string, { allowedPorts = [], isAllowedAddress }: GuardedFetchOptions): URL {
  if (url.length > 8192) throw new Error("The URL is longer than 8192 characters.");
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined) throw new Error("Not an absolute URL.");
  const standard = standardPorts[parsed.protocol];
  if (standard === undefined) throw new Error(`Only http and https are fetched, not ${parsed.protocol}`);
  if (parsed.username !== "" || parsed.password !== "")
    throw new Error("A URL with user information is refused.");
  const port = parsed.port === "" ? standard : Number(parsed.port);
  if (![80, 443, ...allowedPorts].includes(port)) throw new Error(`Port ${port} is not allowed.`);
  // The URL parser has turned decimal, octal and hexadecimal hosts into dotted form by now; names are checked when
  // they are resolved, literals never are.
  const host = parsed.hostname.replace(/^\[|\]$/g, "");
  if (isIP(host) !== 0 && !(isAllowedAddress ?? isPublicAddress)(host))
    throw new RefusedAddress(parsed.hostname);
  return parsed;
}

function send(
  url: URL,
  options: GuardedFetchOptions,
  { method = "GET", headers, body }: GuardedRequest,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const request = url.protocol === "https:" ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      method,
      signal,
      agent: false,
      lookup: guardedLookup(options.isAllowedAddress),
      headers: {
        accept: "text/html,application/xhtml+xml,text/*;q=0.9,*/*;q=0.5",
        ...headers,
        "accept-encoding": "gzip, deflate, br",
        "user-agent": options.userAgent ?? "tokenwire",
      },
    });
    outgoing.on("response", resolve).on("error", reject).end(body);
  });
}

async function read(
  url: URL,
  response: IncomingMessage,
  options: GuardedFetchOptions,
): Promise<FetchedResource> {
  const { maxBytes = 10 << 20 } = options;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of decompressed(response) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maxBytes) {
      response.destroy();
      throw new Error(`The answer is larger than ${maxBytes} bytes.`);
    }
    chunks.push(chunk);
  }
  const [type = "", ...parameters] = (response.headers["content-type"] ?? "").split(";");
  const charset = parameters
    .map((text) => /^\s*charset\s*=\s*"?([^"\s]+)"?\s*$/i.exec(text)?.[1])
    .find(Boolean);
  return {
    url: url.href,
    status: response.statusCode ?? 0,
    contentType: type.trim().toLowerCase(),
    charset,
    headers: response.headers,
    body: Buffer.concat(chunks),
  };
}

function decompressed(response: IncomingMessage): Readable {
  const decoders = {
    gzip: createGunzip,
    "x-gzip": createGunzip,
    deflate: createInflate,
    br: createBrotliDecompress,
  };
  const encoding = (response.headers["content-encoding"] ?? "identity").trim().toLowerCase();
  if (encoding === "identity") return response;
  const decoder = Object.hasOwn(decoders, encoding)
    ? decoders[encoding as keyof typeof decoders]()
    : undefined;
  if (decoder === undefined) throw new Error(`Unsupported content encoding: ${encoding}.`);
  // Errors surface through the decoder, which is what is read.
  return pipeline(response, decoder, () => undefined);
}
