// Pages as a browser shows them, scripts included. Chromium itself never reaches the network: each request of a page,
// its frames and its scripts goes through our guard, which checks every address after DNS and at every redirect, and
// the browser is handed the answer. What cannot be handed over that way (sockets, WebRTC, WebTransport) meets a proxy
// that does not exist and a resolver that knows no name.

import { type FetchedResource, guardedFetch } from "../../network/guarded-fetch.ts";
import type { BrowserBackend, FetchedPage } from "../backend.ts";
import type { ChromiumProcessOptions } from "./chromium-options.ts";
import { ChromiumProcess } from "./chromium-process.ts";
import { createHttpBackend, type HttpBackendOptions, toFetchedPage } from "./http.ts";
import { PageRequests } from "./page-requests.ts";

export interface ChromiumBackendOptions extends HttpBackendOptions, ChromiumProcessOptions {
  /** Milliseconds for a page with everything in it, from when it is opened. Default 30,000. */
  readonly renderTimeout?: number;
  /** Requests that a page may make. Default 100. */
  readonly maxRequests?: number;
  /** Bytes of all answers to a page. Default 20 MiB. */
  readonly maxPageBytes?: number;
}

/** UTF-16 code units of a rendered page. */
const maxContentLength = 10 << 20;

/** A backend that renders pages. Needs the optional package `playwright-core` and an installed Chromium. */
export function createChromiumBackend(options: ChromiumBackendOptions = {}): BrowserBackend {
  const { renderTimeout = 30_000 } = options;
  const chromium = new ChromiumProcess(options);
  const { source, search } = createHttpBackend(options);
  return {
    source,
    search,
    fetch: async (url, { viewSource, signal }) => {
      const resource = await guardedFetch(url, { ...options, ...(signal && { signal }) });
      if (resource.status >= 400) throw new Error(`HTTP status ${resource.status}`);
      if (viewSource || !isHtml(resource)) return toFetchedPage(resource, viewSource);
      return chromium.withPage({ signal, timeout: renderTimeout }, (page, pageSignal) =>
        render(page, resource, { ...options, signal: pageSignal }),
      );
    },
    close: () => chromium.close(),
  };
}

const isHtml = ({ contentType }: FetchedResource): boolean =>
  contentType === "text/html" || contentType === "application/xhtml+xml";

type Page = import("playwright-core").Page;

async function render(
  page: Page,
  resource: FetchedResource,
  options: ChromiumBackendOptions & { readonly signal: AbortSignal },
): Promise<FetchedPage> {
  const requests = new PageRequests(resource, options);
  await page.context().route("**/*", (route) => requests.answer(route));
  // The page's own time limit ends it.
  await page.goto(resource.url, { waitUntil: "domcontentloaded", timeout: 0 });
  await requests.settled();
  const length = await page.evaluate("document.documentElement.outerHTML.length");
  if (typeof length !== "number" || length > maxContentLength) {
    throw new Error(`The rendered page is larger than ${maxContentLength} characters.`);
  }
  return { content: await page.content(), title: await page.title() };
}
