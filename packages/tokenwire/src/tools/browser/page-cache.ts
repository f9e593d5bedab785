// Pages by URL, so that going back to a link does not fetch it again. Bounded in number and age.

import type { Page } from "./page.ts";

export interface PageCacheLimits {
  /** Pages kept. Default 64. */
  readonly maxCachedPages?: number;
  /** Milliseconds that a page stays good. Default 10 minutes. */
  readonly maxPageAge?: number;
}

export class PageCache {
  readonly #limits: PageCacheLimits;
  readonly #pages = new Map<string, { readonly page: Page; readonly fetchedAt: number }>();

  constructor(limits: PageCacheLimits) {
    this.#limits = limits;
  }

  get(url: string): Page | undefined {
    const entry = this.#pages.get(url);
    if (entry === undefined) return undefined;
    if (Date.now() - entry.fetchedAt <= (this.#limits.maxPageAge ?? 600_000)) return entry.page;
    this.#pages.delete(url);
    return undefined;
  }

  set(url: string, page: Page): void {
    this.#pages.delete(url);
    this.#pages.set(url, { page, fetchedAt: Date.now() });
    const oldest = this.#pages.keys().next();
    if (this.#pages.size > (this.#limits.maxCachedPages ?? 64) && !oldest.done)
      this.#pages.delete(oldest.value);
  }
}
