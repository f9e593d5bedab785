// Answers the requests of one page in the browser's stead.

import {
  type FetchedResource,
  type GuardedFetchOptions,
  type GuardedRequest,
  guardedFetch,
} from "../../network/guarded-fetch.ts";

type Route = import("playwright-core").Route;
type Request = import("playwright-core").Request;

export interface PageLimits extends GuardedFetchOptions {
  readonly signal: AbortSignal;
  readonly maxRequests?: number;
  readonly maxPageBytes?: number;
}

/** What text needs nothing of. */
const skipped = new Set(["image", "media", "font", "ping", "texttrack", "websocket", "eventsource"]);

/** Of a page's own request headers, those that are passed on: neither cookies nor what names this machine. */
const passedOn = new Set(["accept", "accept-language", "content-type", "authorization", "x-requested-with"]);

/** Headers that describe how the body was sent, which is not how the browser gets it. */
const transport = new Set(["content-encoding", "content-length", "transfer-encoding", "connection"]);

/** A page is settled when nothing was asked for this long, in milliseconds; and after the longer time in any case. */
const quietTime = 400;
const longestWait = 8_000;

export class PageRequests {
  readonly #document: FetchedResource;
  readonly #limits: PageLimits;
  #served = false;
  #requests = 0;
  #bytes = 0;
  #running = 0;
  #lastChange: number = performance.now();

  /** @param document The page itself, which has been fetched already. */
  constructor(document: FetchedResource, limits: PageLimits) {
    this.#document = document;
    this.#limits = limits;
  }

  /** Fulfils or aborts the request. Never lets the browser send it. */
  async answer(route: Route): Promise<void> {
    this.#running += 1;
    try {
      const { body, headers, status } = await this.#resource(route.request());
      await route.fulfill({ status, headers: toBrowserHeaders(headers), body: Buffer.from(body) });
    } catch {
      // The page is told what a failed connection would tell it; a page that is gone needs no answer.
      await route.abort("blockedbyclient").catch(() => undefined);
    } finally {
      this.#running -= 1;
      this.#lastChange = performance.now();
    }
  }

  /** Resolves when the page asks for nothing more, or keeps asking for too long. */
  async settled(): Promise<void> {
    const end = performance.now() + longestWait;
    for (;;) {
      this.#limits.signal.throwIfAborted();
      const now = performance.now();
      if (now >= end || (this.#running === 0 && now - this.#lastChange >= quietTime)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async #resource(request: Request): Promise<FetchedResource> {
    if (!this.#served && request.isNavigationRequest()) {
      this.#served = true;
      return this.#document;
    }
    const { maxRequests = 100, maxPageBytes = 20 << 20, maxBytes = 10 << 20 } = this.#limits;
    if (skipped.has(request.resourceType())) throw new Error("Not needed for text.");
    if (++this.#requests > maxRequests) throw new Error("Too many requests.");
    const left = maxPageBytes - this.#bytes;
    const options = { ...this.#limits, maxBytes: Math.max(0, Math.min(maxBytes, left)) };
    const resource = await guardedFetch(request.url(), options, toGuardedRequest(request));
    this.#bytes += resource.body.length;
    return resource;
  }
}

function toGuardedRequest(request: Request): GuardedRequest {
  const method = request.method();
  if (method !== "GET" && method !== "HEAD" && method !== "POST") throw new Error(`No ${method} requests.`);
  const headers = Object.fromEntries(
    Object.entries(request.headers()).filter(([name]) => passedOn.has(name.toLowerCase())),
  );
  const body = request.postDataBuffer();
  return { method, headers, ...(method === "POST" && body !== null && { body }) };
}

function toBrowserHeaders(headers: FetchedResource["headers"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]): [string, string][] => {
      if (value === undefined || transport.has(name) || name === "set-cookie") return [];
      return [[name, Array.isArray(value) ? value.join(", ") : value]];
    }),
  );
}
