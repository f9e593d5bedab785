// One Chromium for the pages of a backend: started when a page needs it, ended when none did for a while.

import { existsSync } from "node:fs";
import { Waiters } from "../../waiters.ts";
import type { ChromiumProcessOptions } from "./chromium-options.ts";

type Playwright = typeof import("playwright-core");
type Browser = import("playwright-core").Browser;
type BrowserContext = import("playwright-core").BrowserContext;
type Page = import("playwright-core").Page;

/** How long a page may take. */
export interface PageTime {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds. */
  readonly timeout: number;
}

const usualPlaces = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/snap/bin/chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** Nothing leaves the browser by itself: what is not answered by the guard finds no proxy, no name and no peer. */
const isolation = [
  "--proxy-server=http://0.0.0.0:1",
  "--proxy-bypass-list=<-loopback>",
  "--host-resolver-rules=MAP * ~NOTFOUND",
  "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
  "--disable-quic",
  "--dns-prefetch-disable",
  "--no-pings",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--js-flags=--max-old-space-size=512",
];

/** Scripts that need these would only wait for them. */
const withoutPeers = `for (const name of ["RTCPeerConnection", "webkitRTCPeerConnection", "WebTransport"]) delete globalThis[name];`;

/** How long a page may take to close before the whole browser is ended. */
const closingTime = 2_000;

export class ChromiumProcess {
  readonly #options: ChromiumProcessOptions;
  #browser: Promise<Browser> | undefined;
  #pages = 0;
  #idle: NodeJS.Timeout | undefined;
  /** Settles when every browser that was ended is gone. */
  #closed: Promise<void> = Promise.resolve();
  readonly #waiters: Waiters = new Waiters();

  constructor(options: ChromiumProcessOptions) {
    this.#options = options;
  }

  /**
   * Runs `use` on a fresh page that shares nothing with any other. The time counts from when the page is there; when it
   * is over, or the caller aborts, the page is closed under its hands.
   */
  async withPage<T>(limits: PageTime, use: (page: Page, signal: AbortSignal) => Promise<T>): Promise<T> {
    const { signal = new AbortController().signal } = limits;
    while (this.#pages >= (this.#options.maxPages ?? 2)) await this.#waiters.wait(signal);
    this.#pages += 1;
    clearTimeout(this.#idle);
    try {
      const browser = await untilAborted(signal, this.#start());
      const context = await untilAborted(signal, browser.newContext(contextOptions(this.#options)));
      try {
        return await withinTime({ ...limits, signal }, (either) =>
          openPage(context).then((page) => use(page, either)),
        );
      } finally {
        await this.#closeContext(context);
      }
    } finally {
      this.#pages -= 1;
      this.#waiters.wake();
      if (this.#pages === 0) this.#rest();
    }
  }

  /** Ends the browser. A later page starts another. */
  close(): Promise<void> {
    clearTimeout(this.#idle);
    const browser = this.#browser;
    this.#browser = undefined;
    const closed = browser?.then((started) => started.close()).catch(() => undefined);
    this.#closed = Promise.all([this.#closed, closed]).then(() => undefined);
    return this.#closed;
  }

  #rest(): void {
    this.#idle = setTimeout(() => void this.close(), this.#options.idleTimeout ?? 30_000).unref();
  }

  /** A script that never ends may keep its page from closing. */
  async #closeContext(context: BrowserContext): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(resolve, closingTime, "late");
    });
    const closed = context.close().catch(() => undefined);
    if ((await Promise.race([closed, late])) === "late") await this.close();
    clearTimeout(timer);
  }

  #start(): Promise<Browser> {
    this.#browser ??= launch(this.#options).then(
      (browser) => {
        browser.on("disconnected", () => {
          this.#browser = undefined;
        });
        return browser;
      },
      (error: unknown) => {
        this.#browser = undefined;
        throw error;
      },
    );
    return this.#browser;
  }
}

async function launch({ executablePath, sandbox }: ChromiumProcessOptions): Promise<Browser> {
  let playwright: Playwright;
  try {
    playwright = await import("playwright-core");
  } catch (error) {
    const needed = "npm install playwright-core";
    throw new Error(`Rendering pages needs an optional package; run: ${needed}`, { cause: error });
  }
  const path = findChromium(executablePath);
  try {
    return await playwright.chromium.launch({
      executablePath: path,
      args: isolation,
      chromiumSandbox: sandbox ?? process.getuid?.() !== 0,
      // Ctrl-C is the program's; the browser ends with it all the same.
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
  } catch (error) {
    const [reason = ""] = (error as Error).message.split("\n");
    throw new Error(`The browser ${path} did not start: ${reason}`, { cause: error });
  }
}

function findChromium(given: string | undefined): string {
  const named = given ?? process.env["TOKENWIRE_CHROMIUM"];
  const path = named ?? usualPlaces.find((place) => existsSync(place));
  if (path !== undefined && existsSync(path)) return path;
  const where = named === undefined ? "in the usual places" : `at ${named}`;
  throw new Error(
    `Rendering pages needs Chromium or Chrome; there is none ${where}. Set TOKENWIRE_CHROMIUM.`,
  );
}

function contextOptions({ userAgent }: ChromiumProcessOptions): Parameters<Browser["newContext"]>[0] {
  return {
    serviceWorkers: "block",
    acceptDownloads: false,
    permissions: [],
    viewport: { width: 1280, height: 1600 },
    ...(userAgent !== undefined && { userAgent }),
  };
}

async function openPage(context: BrowserContext): Promise<Page> {
  await context.addInitScript(withoutPeers);
  // Until its requests are answered by someone, a page has no network at all.
  await context.routeWebSocket(/.*/, (socket) => void socket.close());
  await context.route("**/*", (route) => route.abort("blockedbyclient"));
  const page = await context.newPage();
  page.on("dialog", (dialog) => void dialog.dismiss().catch(() => undefined));
  context.on("page", (popup) => void popup.close().catch(() => undefined));
  return page;
}

async function withinTime<T>(
  { signal, timeout }: PageTime & { readonly signal: AbortSignal },
  run: (either: AbortSignal) => Promise<T>,
): Promise<T> {
  const timer = AbortSignal.timeout(timeout);
  const either = AbortSignal.any([signal, timer]);
  try {
    return await untilAborted(either, run(either));
  } catch (error) {
    if (!timer.aborted || signal.aborted) throw error;
    throw new Error(`The page was not ready within ${timeout / 1000} seconds.`, { cause: error });
  }
}

/** What it resolves to, or the abort, whichever is first. */
function untilAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
