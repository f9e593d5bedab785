export type { BrowserBackend, FetchedPage } from "./backend.ts";
export type { CitedPage, NormalizedCitations, NormalizeOptions, UrlCitation } from "./citations.ts";
export { decodeUrl, normalizeCitations, stripLinks } from "./citations.ts";
export type { Page, SearchHit } from "./page.ts";
export type { PageText, PageTextOptions } from "./page-text/page-text.ts";
export { htmlToPageText } from "./page-text/page-text.ts";
export type { BrowserAction, BrowserResult, BrowserSessionOptions, BrowserState } from "./session.ts";
export { BrowserSession } from "./session.ts";
export { wrapLines } from "./wrap-lines.ts";
