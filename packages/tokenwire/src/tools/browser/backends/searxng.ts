// Searching with a SearXNG instance. Its address is the operator's, so it may well be on this machine; pages are still
// fetched through the network guard.

import type { BrowserBackend } from "../backend.ts";
import { createHttpBackend, type HttpBackendOptions } from "./http.ts";

export interface SearxngBackendOptions extends Omit<HttpBackendOptions, "searchWith"> {
  /** Address of the instance, such as `http://127.0.0.1:8888`. */
  readonly baseUrl: string;
  /** Appears in the tool's description. Default: `web`. */
  readonly source?: string;
}

type Json = Readonly<Record<string, unknown>>;

/** A backend that searches with SearXNG and fetches pages itself. The instance must allow `format=json`. */
export function createSearxngBackend(options: SearxngBackendOptions): BrowserBackend {
  const { baseUrl, source = "web", timeout = 20_000, ...rest } = options;
  const search: BrowserBackend["search"] = async (query, { count, signal }) => {
    const url = new URL(`${baseUrl.replace(/\/+$/, "")}/search`);
    url.search = new URLSearchParams({ q: query, format: "json" }).toString();
    const timer = AbortSignal.timeout(timeout);
    const either = signal === undefined ? timer : AbortSignal.any([signal, timer]);
    const response = await fetch(url, { signal: either, headers: { accept: "application/json" } });
    if (response.status === 403) {
      throw new Error('SearXNG refuses format=json: add "json" to search.formats in its settings.yml');
    }
    if (!response.ok) throw new Error(`SearXNG error ${response.status}`);
    const body = (await response.json().catch(() => undefined)) as Json | undefined;
    if (!Array.isArray(body?.["results"])) throw new Error("SearXNG error: unexpected response");
    return (body["results"] as Json[]).slice(0, count).map(({ title, url: address, content }) => ({
      title: String(title ?? ""),
      url: String(address ?? ""),
      summary: String(content ?? ""),
    }));
  };
  return createHttpBackend({ ...rest, timeout, searchWith: { source, search } });
}
