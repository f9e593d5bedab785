// One browsing session: the stack of displays that cursors name, and the three functions the model calls. Whatever goes
// wrong becomes text for the model; only an abort throws.

import type { Tokenizer } from "@tokenwire/core/tokenizer";
import { TaskQueue } from "../task-queue.ts";
import {
  type Arguments,
  BrowserMistake,
  optionalInteger,
  parseArguments,
  requiredText,
} from "./arguments.ts";
import type { BrowserBackend, FetchedPage } from "./backend.ts";
import { findPage } from "./find.ts";
import { type Page, pageLines, searchPage } from "./page.ts";
import { PageCache, type PageCacheLimits } from "./page-cache.ts";
import { htmlToPageText } from "./page-text/page-text.ts";
import { showPage, truncate } from "./viewport.ts";

export interface BrowserSessionOptions extends PageCacheLimits {
  readonly backend: BrowserBackend;
  /** Measures displays; the models expect o200k_base. */
  readonly tokenizer: Tokenizer;
  /** Tokens per display. Default 1024. */
  readonly viewTokens?: number;
  /** Results per search. Default 20. */
  readonly maxSearchResults?: number;
  /** Ask for as many results as the model wants, up to `maxSearchResults`. Default: always the maximum. */
  readonly honourTopn?: boolean;
  readonly mode?: "default" | "reference";
}

/** What a call did, for the items that API clients see. */
export type BrowserAction =
  | { readonly type: "search"; readonly query: string }
  | { readonly type: "open_page"; readonly url?: string }
  | { readonly type: "find_in_page"; readonly pattern: string; readonly url?: string };

export interface BrowserResult {
  /** Text of the tool message. */
  readonly text: string;
  readonly failed: boolean;
  readonly action?: BrowserAction;
}

/** A session as plain JSON, so that another process can go on with it. */
export interface BrowserState {
  readonly pages: readonly (Omit<Page, "targets"> & {
    readonly targets?: Readonly<Record<string, { readonly page: number; readonly line: number }>>;
  })[];
  /** Index into `pages` per cursor. */
  readonly stack: readonly number[];
}

type BrowserFunction = (values: Arguments, signal: AbortSignal | undefined) => Promise<Shown>;
type Shown = { readonly text: string; readonly action: BrowserAction };

const linesBeforeMatch = 4;

export class BrowserSession {
  readonly #options: BrowserSessionOptions;
  readonly #cache: PageCache;
  readonly #stack: Page[] = [];
  readonly #queue: TaskQueue = new TaskQueue();
  readonly #functions: Readonly<Record<string, BrowserFunction>> = {
    search: (values, signal) => this.#search(values, signal),
    open: (values, signal) => this.#open(values, signal),
    find: async (values) => this.#find(values),
  };

  constructor(options: BrowserSessionOptions) {
    this.#options = options;
    this.#cache = new PageCache(options);
  }

  /** The pages by cursor: what citations refer to. */
  get pages(): readonly Page[] {
    return this.#stack;
  }

  /** Carries out one call, such as `call("open", '{"id": 0}')`. */
  async call(name: string, argumentText: string, signal?: AbortSignal): Promise<BrowserResult> {
    const known = Object.hasOwn(this.#functions, name) ? this.#functions[name] : undefined;
    if (known === undefined) return { text: `{"error": "Unknown function: ${name}"}`, failed: true };
    try {
      const values = parseArguments(argumentText);
      // A cursor names what a call showed, so displays must come in the order of the calls.
      return { ...(await this.#queue.run(() => known(values, signal), signal)), failed: false };
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof BrowserMistake) return { text: error.message, failed: true };
      throw error;
    }
  }

  exportState(): BrowserState {
    const all = [...new Set(this.#stack.flatMap((page) => [...targetsOf(page), page]))];
    return {
      pages: all.map(({ targets, ...page }) => {
        if (targets === undefined) return page;
        const entries = Object.entries(targets).map(([id, { page: to, line }]) => [
          id,
          { page: all.indexOf(to), line },
        ]);
        return { ...page, targets: Object.fromEntries(entries) };
      }),
      stack: this.#stack.map((page) => all.indexOf(page)),
    };
  }

  /** Replaces the session by an exported one. */
  importState(state: BrowserState): void {
    const pages: Page[] = [];
    for (const { targets, ...page } of state.pages) {
      if (targets === undefined) pages.push(page);
      else {
        // A page of matches is stored behind the page it was made from.
        const entries = Object.entries(targets).map(([id, { page: to, line }]) => [
          id,
          { page: pages[to]!, line },
        ]);
        pages.push({ ...page, targets: Object.fromEntries(entries) });
      }
    }
    this.#stack.splice(0, this.#stack.length, ...state.stack.map((index) => pages[index]!));
  }

  async #search(values: Arguments, signal: AbortSignal | undefined): Promise<Shown> {
    const query = requiredText(values, "query");
    const { maxSearchResults = 20, honourTopn = false, backend, mode = "default" } = this.#options;
    const wanted = optionalInteger(values, "topn", optionalInteger(values, "top_n", 10));
    const count = honourTopn ? Math.min(Math.max(wanted, 1), maxSearchResults) : maxSearchResults;
    const hits = await backend.search(query, { count, ...(signal && { signal }) }).catch((error: unknown) => {
      throw new BrowserMistake(`Error during search for \`${query}\`: ${messageOf(error)}`);
    });
    const page = searchPage(query, hits, mode);
    return { text: this.#show(page, 0, -1), action: { type: "search", query } };
  }

  async #open(values: Arguments, signal: AbortSignal | undefined): Promise<Shown> {
    const id = linkId(values);
    const cursor = this.#cursorArgument(values);
    const wantedLine = optionalInteger(values, "loc", -1);
    const lineCount = optionalInteger(values, "num_lines", -1);
    const viewSource = values["view_source"] === true;
    const { page, line } = await this.#target(id, cursor, viewSource, signal);
    const start = wantedLine >= 0 ? wantedLine : line > linesBeforeMatch ? line - linesBeforeMatch : line;
    const action = { type: "open_page", ...(page.url === "" ? {} : { url: page.url }) } as const;
    return { text: this.#show(page, start, lineCount), action };
  }

  #find(values: Arguments): Shown {
    const pattern = requiredText(values, "pattern").toLowerCase();
    const page = this.#page(this.#cursorArgument(values));
    if (page.targets !== undefined) {
      throw new BrowserMistake("Cannot run `find` on search results page or find results page");
    }
    const url = page.url === "" ? {} : { url: page.url };
    return {
      text: this.#show(findPage(page, pattern), 0, -1),
      action: { type: "find_in_page", pattern, ...url },
    };
  }

  async #target(
    id: string | number,
    cursor: number,
    viewSource: boolean,
    signal: AbortSignal | undefined,
  ): Promise<{ page: Page; line: number }> {
    if (typeof id === "string") {
      const stripped = id.replace(/^view-source:/, "");
      return { page: await this.#fetch(stripped, viewSource || stripped !== id, signal), line: 0 };
    }
    const current = this.#page(cursor);
    if (id < 0) return { page: viewSource ? await this.#fetch(current.url, true, signal) : current, line: 0 };
    const url = Number.isInteger(id) ? current.urls[id] : undefined;
    if (url === undefined) throw new BrowserMistake(`Invalid link id \`${id}\`.`);
    if (viewSource) return { page: await this.#fetch(url, true, signal), line: 0 };
    const target = current.targets?.[id];
    if (target !== undefined) return target;
    return { page: this.#cache.get(url) ?? (await this.#fetch(url, false, signal)), line: 0 };
  }

  async #fetch(url: string, viewSource: boolean, signal: AbortSignal | undefined): Promise<Page> {
    const { backend, mode = "default" } = this.#options;
    const fetched = await backend
      .fetch(url, { viewSource, ...(signal && { signal }) })
      .catch((error: unknown) => {
        throw new BrowserMistake(`Error fetching URL \`${truncate(url)}\`: ${truncate(messageOf(error))}`);
      });
    const page = viewSource ? toSourcePage(url, fetched, mode) : toPage(url, fetched, mode);
    if (!viewSource) this.#cache.set(url, page);
    return page;
  }

  #cursorArgument(values: Arguments): number {
    if (this.#options.mode === "reference" && typeof values["cursor"] === "string") {
      throw new BrowserMistake("`cursor` should be an integer, not `str`");
    }
    return optionalInteger(values, "cursor", -1);
  }

  #page(cursor: number): Page {
    const last = this.#stack.length - 1;
    if (last < 0) throw new BrowserMistake("No pages to access!");
    const page = this.#stack[cursor === -1 ? last : cursor];
    if (page !== undefined) return page;
    throw new BrowserMistake(
      `Cursor \`${cursor}\` is out of range. Available cursor indices: [0 - ${last}].`,
    );
  }

  /** Every display gets a cursor of its own; one that fails gets none. */
  #show(page: Page, start: number, lineCount: number): string {
    const maximum = pageLines(page).length - 1;
    if (start > maximum) {
      const message = `Invalid location parameter: \`${start}\`. Cannot exceed page maximum of ${maximum}.`;
      throw new BrowserMistake(message);
    }
    const { viewTokens = 1024, tokenizer } = this.#options;
    const text = showPage(page, this.#stack.length, { start, lineCount, viewTokens }, tokenizer);
    this.#stack.push(page);
    return text;
  }
}

function linkId(values: Arguments): string | number {
  const id = values["id"];
  if (typeof id === "number" || (typeof id === "string" && id !== "")) return id;
  if (id === undefined || id === null || id === "") return -1;
  throw new BrowserMistake(`Invalid link id \`${JSON.stringify(id)}\`.`);
}

function toPage(url: string, fetched: FetchedPage, mode: "default" | "reference"): Page {
  const { content, title, plain, urls = {} } = fetched;
  if (plain) return { url, title: title ?? url, text: `\nURL: ${url}\n${content}`, urls };
  return { url, ...htmlToPageText(content, { url, mode, ...(title === undefined ? {} : { title }) }) };
}

/** The source as it came; the published tool shows the converted page under another address line. */
function toSourcePage(url: string, fetched: FetchedPage, mode: "default" | "reference"): Page {
  if (mode === "default") return toPage(url, { ...fetched, plain: true }, mode);
  const page = toPage(url, fetched, mode);
  return { ...page, text: page.text.replace("URL: ", "URL: view-source:") };
}

const targetsOf = (page: Page): Page[] => Object.values(page.targets ?? {}).map(({ page: target }) => target);
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
