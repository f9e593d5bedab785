// The index of a folder: read from disk while the files are those it was made of, else made and kept.

import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, extname, join, relative } from "node:path";
import { readIndex, writeIndex } from "./index-file.ts";
import { SearchIndex } from "./search-index.ts";
import { pageWords } from "./words.ts";

export const htmlFiles: ReadonlySet<string> = new Set([".html", ".htm", ".xhtml"]);
const textFiles = new Set([".md", ".markdown", ".txt", ".text", ".rst"]);
const summaryLength = 200;

/** Questions to the file system in flight. */
const filesAtOnce = 64;

const extensionOf = (path: string): string => extname(path).toLowerCase();
const isIndexed = (name: string): boolean =>
  htmlFiles.has(extensionOf(name)) || textFiles.has(extensionOf(name));

export interface FolderIndexOptions {
  /** Files larger than this are left out, in bytes. */
  readonly maxFileBytes: number;
  /** Where the index is kept; undefined: nowhere. */
  readonly file: string | undefined;
}

interface SourceFile {
  readonly path: string;
  readonly id: string;
  readonly isHtml: boolean;
}

export async function openFolderIndex(root: string, options: FolderIndexOptions): Promise<SearchIndex> {
  const { files, fingerprint } = await listFiles(root, options.maxFileBytes);
  const kept = options.file === undefined ? undefined : await readIndex(options.file, fingerprint);
  if (kept !== undefined) return kept;
  const index = new SearchIndex();
  for (const { path, id, isHtml } of files) {
    const content = await readFile(path, "utf8").catch(() => undefined);
    // Gone since it was listed.
    if (content === undefined) continue;
    const { title, text } = isHtml ? pageWords(content) : { title: "", text: content };
    const heading = isHtml ? undefined : /^#+ (.+)$/m.exec(text)?.[1];
    const summary = text
      .slice(0, summaryLength * 8)
      .replace(/\s+/g, " ")
      .trim()
      .slice(0, summaryLength);
    index.add({ id, text, summary, title: title || heading || basename(id) });
  }
  if (options.file !== undefined) await writeIndex(options.file, index, fingerprint);
  return index;
}

/** The files to index, in order, and a fingerprint that changes when one of them does. */
async function listFiles(
  root: string,
  maxFileBytes: number,
): Promise<{ files: SourceFile[]; fingerprint: string }> {
  const files: SourceFile[] = [];
  const hash = createHash("sha256").update(String(maxFileBytes));
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && isIndexed(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (let start = 0; start < paths.length; start += filesAtOnce) {
    const batch = paths.slice(start, start + filesAtOnce);
    const stats = await Promise.all(batch.map((path) => stat(path).catch(() => undefined)));
    for (const [index, path] of batch.entries()) {
      const found = stats[index];
      if (found === undefined || found.size > maxFileBytes) continue;
      const id = relative(root, path);
      hash.update(JSON.stringify([id, found.size, found.mtimeMs]));
      files.push({ path, id, isHtml: htmlFiles.has(extensionOf(path)) });
    }
  }
  return { files, fingerprint: hash.digest("hex") };
}
