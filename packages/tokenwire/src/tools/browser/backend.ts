// What a browser needs from the world: a search and a fetch. Backends throw; the browser turns that into text for the
// model.

import type { SearchHit } from "./page.ts";

export interface FetchedPage {
  /** HTML, or plain text when `plain` is set. */
  readonly content: string;
  readonly title?: string;
  /** The content is text, not HTML: shown line by line as it is. */
  readonly plain?: boolean;
  /** With `plain`: the text holds link marks already, and this is where each leads. */
  readonly urls?: Readonly<Record<string, string>>;
}

export interface BrowserBackend {
  /** Appears in the tool's description: `sources=<source>`. */
  readonly source: string;
  search(
    query: string,
    options: { readonly count: number; readonly signal?: AbortSignal },
  ): Promise<readonly SearchHit[]>;
  fetch(
    url: string,
    options: { readonly viewSource: boolean; readonly signal?: AbortSignal },
  ): Promise<FetchedPage>;
  /** Frees what it holds, such as a browser process. Whoever made the backend calls it, at the end. */
  close?(): Promise<void>;
}
