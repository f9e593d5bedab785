// A page as the browser shows it, and the page that a list of search results or of matches becomes.

import type { HtmlToken } from "./page-text/html-tokens.ts";
import { pageTextFromTokens } from "./page-text/page-text.ts";
import { wrapLines } from "./wrap-lines.ts";

/** Where a link of a page of matches leads: a line of a page that is open already. */
export interface PageTarget {
  readonly page: Page;
  readonly line: number;
}

export interface Page {
  /** Empty for a search page. */
  readonly url: string;
  readonly title: string;
  readonly text: string;
  /** Absolute URL by link id. */
  readonly urls: Readonly<Record<string, string>>;
  /** Only on a page of matches: where each link id leads. */
  readonly targets?: Readonly<Record<string, PageTarget>>;
}

export interface SearchHit {
  readonly title: string;
  readonly url: string;
  readonly summary: string;
}

const wrapped = new WeakMap<Page, readonly string[]>();

/** The page's lines as they are numbered; computed once per page. */
export function pageLines(page: Page): readonly string[] {
  const known = wrapped.get(page) ?? wrapLines(page.text);
  wrapped.set(page, known);
  return known;
}

/** The page that shows search results, built from tokens so that no title or summary can add markup. */
export function searchPage(query: string, hits: readonly SearchHit[], mode: "default" | "reference"): Page {
  const open = (name: string, attributes: Record<string, string> = {}): HtmlToken => ({
    kind: "open",
    name,
    attributes,
  });
  const close = (name: string): HtmlToken => ({ kind: "close", name });
  const text = (value: string): HtmlToken => ({ kind: "text", text: value });
  const items = hits.flatMap(({ title, url, summary }) => [
    open("li"),
    open("a", { href: url }),
    text(title),
    close("a"),
    text(` ${summary}`),
    close("li"),
  ]);
  const heading = [open("h1"), text("Search Results"), close("h1")];
  const tokens = [...heading, open("ul"), ...items, close("ul")];
  return { ...pageTextFromTokens(tokens, { url: "", title: query, mode }), url: "", title: query };
}
