// Fetches pages directly, through the network guard; searching is another backend's.

import { type FetchedResource, type GuardedFetchOptions, guardedFetch } from "../../network/guarded-fetch.ts";
import type { BrowserBackend, FetchedPage } from "../backend.ts";

export interface HttpBackendOptions extends GuardedFetchOptions {
  /** Where `search` goes. Without it, searching says that it is not available. */
  readonly searchWith?: Pick<BrowserBackend, "search" | "source">;
}

export function createHttpBackend(options: HttpBackendOptions = {}): BrowserBackend {
  const { searchWith } = options;
  return {
    source: searchWith?.source ?? "web",
    search: async (query, searchOptions) => {
      if (searchWith === undefined) throw new Error("This browser has no search engine; open a URL instead.");
      return searchWith.search(query, searchOptions);
    },
    fetch: async (url, { viewSource, signal }) => {
      const resource = await guardedFetch(url, { ...options, ...(signal && { signal }) });
      if (resource.status >= 400) throw new Error(`HTTP status ${resource.status}`);
      return toFetchedPage(resource, viewSource);
    },
  };
}

/** What a resource shows, by its media type. */
export function toFetchedPage(resource: FetchedResource, viewSource: boolean): FetchedPage {
  const { contentType, body } = resource;
  const html = contentType === "" || contentType === "text/html" || contentType === "application/xhtml+xml";
  if (html) return { content: decodeText(resource, body), ...(viewSource ? { plain: true } : {}) };
  if (/^application\/(?:.*\+)?json$/.test(contentType))
    return { content: prettyJson(decodeText(resource, body)), plain: true };
  if (/^(?:application|text)\/(?:.*\+)?xml$/.test(contentType)) {
    const text = decodeText(resource, body);
    return { content: viewSource ? text : withoutTags(text), plain: true };
  }
  if (contentType.startsWith("text/")) return { content: decodeText(resource, body), plain: true };
  throw new Error(`Unsupported content type: ${contentType}`);
}

/** The charset of the header, else of a meta element near the start, else UTF-8; wrong bytes become U+FFFD. */
function decodeText({ charset }: FetchedResource, body: Uint8Array): string {
  const head = new TextDecoder("latin1").decode(body.subarray(0, 1024));
  const label = charset ?? /<meta[^>]*charset\s*=\s*["']?([\w-]+)/i.exec(head)?.[1] ?? "utf-8";
  try {
    return new TextDecoder(label).decode(body);
  } catch {
    // An unknown label: UTF-8 is by far the likeliest.
    return new TextDecoder().decode(body);
  }
}

function prettyJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function withoutTags(xml: string): string {
  return xml
    .replace(/<!\[CDATA\[([\s\S]*?)\]\]>/g, "$1")
    .replace(/<[^>]*>/g, " ")
    .replace(/[^\S\n]+/g, " ")
    .replace(/\s*\n\s*/g, "\n")
    .trim();
}
