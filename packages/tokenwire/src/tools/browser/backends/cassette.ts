// Recorded answers: replayed without a network, or recorded from another backend. For tests and reproducible evals.

import type { BrowserBackend, FetchedPage } from "../backend.ts";
import type { SearchHit } from "../page.ts";

/** What was asked and answered, as plain JSON. */
export interface Cassette {
  readonly source: string;
  readonly searches: Record<string, readonly SearchHit[]>;
  readonly pages: Record<string, FetchedPage>;
}

export function emptyCassette(source: string): Cassette {
  return { source, searches: Object.create(null), pages: Object.create(null) };
}

/** Answers from the cassette; what was not recorded is an error. */
export function replayCassette(cassette: Cassette): BrowserBackend {
  const found = <T>(table: Readonly<Record<string, T>>, key: string): T => {
    const value = Object.hasOwn(table, key) ? table[key] : undefined;
    if (value === undefined) throw new Error(`Not recorded: ${key}`);
    return value;
  };
  return {
    source: cassette.source,
    search: async (query) => found(cassette.searches, query),
    fetch: async (url) => found(cassette.pages, url),
  };
}

/** Passes everything to `backend` and notes the answers in `cassette`. */
export function recordCassette(backend: BrowserBackend, cassette: Cassette): BrowserBackend {
  return {
    source: backend.source,
    search: async (query, options) => {
      const hits = await backend.search(query, options);
      cassette.searches[query] = hits;
      return hits;
    },
    fetch: async (url, options) => {
      const page = await backend.fetch(url, options);
      cassette.pages[url] = page;
      return page;
    },
  };
}
