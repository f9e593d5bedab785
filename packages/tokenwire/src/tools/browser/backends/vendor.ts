// Search services: Exa and You.com. Both need an API key, which never appears in an error.

import { TokenwireError } from "@tokenwire/core";
import type { BrowserBackend, FetchedPage } from "../backend.ts";
import type { SearchHit } from "../page.ts";

export interface VendorBackendOptions {
  /** Default: the environment variable that the service documents. */
  readonly apiKey?: string;
  /** Default: the service's public address. */
  readonly baseUrl?: string;
  /** Appears in the tool's description. Default: `web`. */
  readonly source?: string;
  /** Milliseconds per request. Default 20,000. */
  readonly timeout?: number;
}

interface Vendor {
  readonly name: string;
  readonly baseUrl: string;
  readonly keyVariable: string;
  readonly missingKey: string;
  search(call: Call, query: string, count: number): Promise<SearchHit[]>;
  fetch(call: Call, url: string): Promise<FetchedPage>;
}

type Json = Readonly<Record<string, unknown>>;
type Call = (path: string, body?: Json) => Promise<unknown>;

const bodyLimit = 1024;
const retryable = new Set([429, 502, 503, 504]);
const maxRetries = 2;

const asText = (value: unknown): string =>
  Array.isArray(value) ? value.map(asText).join(" ") : typeof value === "string" ? value : "";
const asRows = (value: unknown): Json[] =>
  Array.isArray(value) ? value.filter((row): row is Json => typeof row === "object" && row !== null) : [];
const member = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? (value as Json)[key] : undefined;

const exa: Vendor = {
  name: "ExaBackend",
  baseUrl: "https://api.exa.ai",
  keyVariable: "EXA_API_KEY",
  missingKey: "Exa API key not provided",
  async search(call, query, count) {
    const body = { query, numResults: count, contents: { text: true, summary: true } };
    return asRows(member(await call("/search", body), "results")).map(({ title, url, summary }) => ({
      title: asText(title),
      url: asText(url),
      summary: asText(summary),
    }));
  },
  async fetch(call, url) {
    const answer = await call("/contents", { urls: [url], text: { includeHtmlTags: true } });
    const [result] = asRows(member(answer, "results"));
    if (result === undefined) throw new Error(`No contents returned for ${url}`);
    return { content: asText(result["text"]), title: asText(result["title"]) };
  },
};

const youcom: Vendor = {
  name: "YouComBackend",
  baseUrl: "https://api.ydc-index.io",
  keyVariable: "YDC_API_KEY",
  missingKey: "You.com API key not provided. Get one at https://you.com/platform",
  async search(call, query, count) {
    const parameters = new URLSearchParams({ query, count: String(count) });
    const results = member(await call(`/v1/search?${parameters}`), "results");
    const hits = (key: string, summary: string): SearchHit[] =>
      asRows(member(results, key)).map((row) => ({
        title: asText(row["title"]),
        url: asText(row["url"]),
        summary: asText(row[summary]),
      }));
    return [...hits("web", "snippets"), ...hits("news", "description")];
  },
  async fetch(call, url) {
    const [result] = asRows(await call("/v1/contents", { urls: [url], livecrawl_formats: "html" }));
    if (result === undefined) throw new Error(`No contents returned for ${url}`);
    const html = asText(result["html"]);
    if (html === "") throw new Error(`No HTML returned for ${url}`);
    return { content: html, title: asText(result["title"]) };
  },
};

/** The Exa search service. Throws when there is no key. */
export function createExaBackend(options: VendorBackendOptions = {}): BrowserBackend {
  return createVendorBackend(exa, options);
}

/** The You.com search service. Throws when there is no key. */
export function createYouComBackend(options: VendorBackendOptions = {}): BrowserBackend {
  return createVendorBackend(youcom, options);
}

function createVendorBackend(vendor: Vendor, options: VendorBackendOptions): BrowserBackend {
  const apiKey = options.apiKey ?? process.env[vendor.keyVariable] ?? "";
  if (apiKey === "") {
    throw new TokenwireError("INVALID_ARGUMENT", `${vendor.missingKey} (set ${vendor.keyVariable})`);
  }
  const settings = { baseUrl: options.baseUrl ?? vendor.baseUrl, apiKey, timeout: options.timeout ?? 20_000 };
  const callWith =
    (signal: AbortSignal | undefined): Call =>
    (path, body) =>
      request(vendor.name, `${settings.baseUrl}${path}`, body, { ...settings, signal });
  return {
    source: options.source ?? "web",
    search: (query, { count, signal }) => vendor.search(callWith(signal), query, count),
    fetch: (url, { signal }) => vendor.fetch(callWith(signal), url),
  };
}

interface RequestSettings {
  readonly apiKey: string;
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
}

async function request(
  name: string,
  url: string,
  body: Json | undefined,
  settings: RequestSettings,
): Promise<unknown> {
  const { apiKey, timeout, signal } = settings;
  const timer = AbortSignal.timeout(timeout);
  const options = {
    method: body === undefined ? "GET" : "POST",
    headers: { "x-api-key": apiKey, "user-agent": "tokenwire", "content-type": "application/json" },
    signal: signal === undefined ? timer : AbortSignal.any([signal, timer]),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
  for (let attempt = 0; ; attempt += 1) {
    const response = await fetch(url, options).catch((error: unknown) => {
      signal?.throwIfAborted();
      if (attempt < maxRetries && !timer.aborted) return undefined;
      const reason = timer.aborted
        ? `no answer within ${timeout / 1000} seconds`
        : "the service cannot be reached";
      throw new Error(`${name} error: ${reason}`, { cause: error });
    });
    if (response === undefined) continue;
    const text = await response.text();
    if (response.ok) {
      try {
        return JSON.parse(text);
      } catch (error) {
        throw new Error(`${name} error: unexpected response`, { cause: error });
      }
    }
    if (attempt < maxRetries && retryable.has(response.status)) continue;
    const shown = text.replaceAll(apiKey, "…").slice(0, bodyLimit);
    throw new Error(`${name} error ${response.status}: ${shown}`);
  }
}
