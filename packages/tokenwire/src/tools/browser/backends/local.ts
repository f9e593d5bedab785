// Searching and reading a folder of HTML, Markdown and text files: no network at all. Addresses are
// `file-site://<name>/<path>`, so that no path of the machine reaches a prompt.

import { readFile, realpath, stat } from "node:fs/promises";
import { basename, extname, resolve, sep } from "node:path";
import type { BrowserBackend, FetchedPage } from "../backend.ts";
import type { SearchHit } from "../page.ts";
import { htmlFiles, openFolderIndex } from "../search-index/folder-index.ts";
import type { SearchIndex } from "../search-index/search-index.ts";

export interface LocalBackendOptions {
  /** Name of the site in addresses. Default: the folder's name. */
  readonly name?: string;
  /** Files larger than this are not indexed, in bytes. Default 4 MiB. */
  readonly maxFileBytes?: number;
  /** Where the index is kept. Default: beside the folder, where that can be written; false: nowhere. */
  readonly indexFile?: string | false;
}

/** A backend over the files below `folder`; the index is made at the first search and kept. */
export async function createLocalBackend(
  folder: string,
  options: LocalBackendOptions = {},
): Promise<BrowserBackend> {
  const root = await realpath(folder);
  const { indexFile = `${root}.tokenwire-index` } = options;
  const site = new LocalSite(root, options.name ?? basename(root), () =>
    openFolderIndex(root, {
      maxFileBytes: options.maxFileBytes ?? 4 << 20,
      file: indexFile === false ? undefined : indexFile,
    }),
  );
  return {
    source: options.name ?? basename(root),
    search: (query, { count, signal }) => site.search(query, count, signal),
    fetch: (url, { viewSource }) => site.fetch(url, viewSource),
  };
}

class LocalSite {
  readonly #root: string;
  readonly #name: string;
  readonly #open: () => Promise<SearchIndex>;
  #index: Promise<SearchIndex> | undefined;

  constructor(root: string, name: string, open: () => Promise<SearchIndex>) {
    this.#root = root;
    this.#name = name;
    this.#open = open;
  }

  async search(query: string, count: number, signal: AbortSignal | undefined): Promise<SearchHit[]> {
    this.#index ??= this.#open();
    const index = await this.#index.catch((error: unknown) => {
      // A later search tries again.
      this.#index = undefined;
      throw error;
    });
    signal?.throwIfAborted();
    return index
      .search(query, count)
      .map(({ id, title, summary }) => ({ title, summary, url: this.#url(id) }));
  }

  async fetch(url: string, viewSource: boolean): Promise<FetchedPage> {
    const path = this.#path(url);
    const file = path === undefined ? undefined : await realpath(path).catch(() => undefined);
    // A link in the folder may lead out of it; only what is really inside is shown.
    if (file === undefined || !file.startsWith(this.#root + sep) || !(await stat(file)).isFile()) {
      throw new Error("No such page");
    }
    const content = await readFile(file, "utf8");
    const isHtml = htmlFiles.has(extname(file).toLowerCase());
    return isHtml && !viewSource ? { content } : { content, plain: true, title: basename(file) };
  }

  #url(id: string): string {
    return `file-site://${this.#name}/${id.split(sep).map(encodeURIComponent).join("/")}`;
  }

  #path(url: string): string | undefined {
    const prefix = `file-site://${this.#name}/`;
    if (!url.startsWith(prefix)) return undefined;
    try {
      const parts = url
        .slice(prefix.length)
        .replace(/[?#].*$/s, "")
        .split("/")
        .map(decodeURIComponent);
      return parts.some((part) => part.includes("\0")) ? undefined : resolve(this.#root, ...parts);
    } catch {
      // A percent sign that is no escape.
      return undefined;
    }
  }
}
