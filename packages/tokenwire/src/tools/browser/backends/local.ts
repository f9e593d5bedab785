// Searching and reading a folder of HTML, Markdown and text files: no network at all. Addresses are
// `file-site://<name>/<path>`, so that no path of the machine reaches a prompt.

import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { basename, extname, join, relative, resolve, sep } from "node:path";
import MiniSearch from "minisearch";
import type { BrowserBackend, FetchedPage } from "../backend.ts";
import type { SearchHit } from "../page.ts";
import { htmlToPageText } from "../page-text/page-text.ts";

export interface LocalBackendOptions {
  /** Name of the site in addresses. Default: the folder's name. */
  readonly name?: string;
  /** Files larger than this are not indexed, in bytes. Default 4 MiB. */
  readonly maxFileBytes?: number;
}

interface Document {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly summary: string;
}

const htmlFiles = new Set([".html", ".htm", ".xhtml"]);
const textFiles = new Set([".md", ".markdown", ".txt", ".text", ".rst"]);
const summaryLength = 200;

/** A backend over the files below `folder`; the index is made at the first search. */
export async function createLocalBackend(
  folder: string,
  options: LocalBackendOptions = {},
): Promise<BrowserBackend> {
  const root = await realpath(folder);
  const site = new LocalSite(root, options.name ?? basename(root), options.maxFileBytes ?? 4 << 20);
  return {
    source: options.name ?? basename(root),
    search: (query, { count, signal }) => site.search(query, count, signal),
    fetch: (url, { viewSource }) => site.fetch(url, viewSource),
  };
}

class LocalSite {
  readonly #root: string;
  readonly #name: string;
  readonly #maxFileBytes: number;
  #index: Promise<MiniSearch<Document>> | undefined;

  constructor(root: string, name: string, maxFileBytes: number) {
    this.#root = root;
    this.#name = name;
    this.#maxFileBytes = maxFileBytes;
  }

  async search(query: string, count: number, signal: AbortSignal | undefined): Promise<SearchHit[]> {
    this.#index ??= this.#build();
    const index = await this.#index.catch((error: unknown) => {
      // A later search tries again.
      this.#index = undefined;
      throw error;
    });
    signal?.throwIfAborted();
    return index
      .search(query)
      .slice(0, count)
      .map((hit) => ({
        title: String(hit["title"]),
        url: this.#url(String(hit.id)),
        summary: String(hit["summary"]),
      }));
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

  async #build(): Promise<MiniSearch<Document>> {
    const index = new MiniSearch<Document>({
      fields: ["title", "text"],
      storeFields: ["title", "summary"],
      tokenize: (text) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [],
      searchOptions: { boost: { title: 3 }, bm25: { k: 1.2, b: 0.75, d: 0 } },
    });
    for (const entry of await readdir(this.#root, { recursive: true, withFileTypes: true })) {
      const extension = extname(entry.name).toLowerCase();
      if (!entry.isFile() || !(htmlFiles.has(extension) || textFiles.has(extension))) continue;
      const file = join(entry.parentPath, entry.name);
      if ((await stat(file)).size > this.#maxFileBytes) continue;
      index.add(
        toDocument(relative(this.#root, file), await readFile(file, "utf8"), htmlFiles.has(extension)),
      );
    }
    return index;
  }
}

function toDocument(id: string, content: string, isHtml: boolean): Document {
  const page = isHtml ? htmlToPageText(content, { url: "", showUrl: false }) : undefined;
  const text = (page?.text ?? content).replace(/【\d+†([^†】]*)(?:†[^†】]*)?】/g, "$1");
  const heading = /^#+ (.+)$/m.exec(text)?.[1];
  const title = page?.title || heading || basename(id);
  return { id, title, text, summary: text.replace(/\s+/g, " ").trim().slice(0, summaryLength) };
}
