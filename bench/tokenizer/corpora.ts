// Text for the benchmark, from what the machine has: documentation and sources of installed packages, translated
// program messages and manuals. Nothing is downloaded; which files exist differs between machines, so results name the
// sizes, and only ratios within one run mean something.

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { adversarialText, seededRandom } from "../../packages/core/test/tokenizer/adversarial-text.ts";

/** One kind of text, cut into documents. */
export interface Corpus {
  readonly name: string;
  readonly documents: readonly string[];
  readonly bytes: number;
}

const modules = dirname(dirname(createRequire(import.meta.url).resolve("typescript/package.json")));
const roots = [
  modules,
  join(homedir(), ".rustup/toolchains"),
  "/usr/share/doc",
  "/usr/share/man",
  "/usr/share/locale",
  "/usr/share/vim",
  "/usr/lib/python3",
  "/usr/local/lib",
  "/usr/include",
];

/** About how much of a file becomes one document. */
const DOCUMENT_UNITS = 24_000;
const MAX_FILE = 4_000_000;

function* walk(folder: string, depth = 0): Generator<string> {
  if (depth > 14 || !existsSync(folder)) return;
  let entries: import("node:fs").Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return; // Not readable for this user: as if it were not there.
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(path, depth + 1);
    else if (entry.isFile()) yield path;
  }
}

let listed: string[] | undefined;

function files(matches: RegExp): string[] {
  listed ??= roots.flatMap((root) => [...walk(root)]);
  const found = listed.filter((path) => matches.test(path));
  shuffle(found, seededRandom(1));
  return found;
}

function shuffle<T>(items: T[], random: () => number): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decode(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return ""; // Another character set: of no use here.
  }
}

function readText(path: string): string {
  if (statSync(path).size > MAX_FILE) return "";
  const bytes = readFileSync(path);
  if (path.endsWith(".mo")) return messagesOf(bytes);
  return decode(path.endsWith(".gz") ? gunzipSync(bytes) : bytes);
}

/** The translations in a compiled message catalogue (gettext's .mo), if they are UTF-8. */
function messagesOf(file: Buffer): string {
  if (file.length < 28 || file.readUInt32LE(0) !== 0x950412de) return "";
  const count = file.readUInt32LE(8);
  const table = file.readUInt32LE(16);
  const lines: string[] = [];
  for (let i = 0; i < count; i++) {
    const length = file.readUInt32LE(table + 8 * i);
    const start = file.readUInt32LE(table + 8 * i + 4);
    lines.push(decode(file.subarray(start, start + length)));
  }
  return /charset=utf-8/i.test(lines[0] ?? "") ? lines.slice(1).join("\n") : "";
}

function stripTags(html: string): string {
  return html
    .replace(/<(script|style)[\s\S]*?<\/\1>/gi, "")
    .replace(/<[^>]*>/g, "")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, "&")
    .replace(/\n\s*\n\s*\n/g, "\n\n");
}

interface Source {
  readonly name: string;
  readonly matches: RegExp;
  readonly megabytes: number;
  readonly convert?: (text: string) => string;
}

const sources: readonly Source[] = [
  {
    name: "english",
    matches: /\/(book|reference|rustc|cargo|nomicon|edition-guide|rustdoc|std\/[a-z]+)\/[^/]*\.html$|\.md$/,
    megabytes: 4,
    convert: stripTags,
  },
  { name: "code", matches: /\.(ts|js|mjs|py|rs|h|c|cpp|go|java)$/, megabytes: 5 },
  {
    name: "multilingual",
    matches:
      /\/(ar|bg|cs|da|de|el|es|fa|fi|fr|he|hi|hu|it|nl|pl|pt_BR|ro|ru|sv|th|tr|uk|vi)\/(LC_MESSAGES\/.*\.mo|man\d\/.*\.gz)$/,
    megabytes: 5,
  },
  { name: "cjk", matches: /\/(ja|ko|zh_CN|zh_TW)\/(LC_MESSAGES\/.*\.mo|man\d\/.*\.gz)$/, megabytes: 3 },
  { name: "markup", matches: /\.(html|json|svg|xml|css)$/, megabytes: 3 },
];

function collect({ matches, megabytes, convert }: Source): string[] {
  const documents: string[] = [];
  const seen = new Set<string>();
  let budget = megabytes * 1e6;
  for (const path of files(matches)) {
    let text = readText(path);
    if (convert !== undefined) text = convert(text);
    const parts = documentsOf(text).slice(0, 8);
    for (const part of parts) {
      const key = part.slice(0, 200);
      if (seen.has(key)) continue;
      seen.add(key);
      documents.push(part);
      budget -= Buffer.byteLength(part);
    }
    if (budget <= 0) break;
  }
  return documents;
}

function documentsOf(text: string): string[] {
  if (text.length < 500) return [];
  const parts: string[] = [];
  for (let start = 0; start < text.length; ) {
    let end = Math.min(start + DOCUMENT_UNITS, text.length);
    const line = text.lastIndexOf("\n", end);
    if (end < text.length && line > start + DOCUMENT_UNITS / 2) end = line + 1;
    parts.push(text.slice(start, end));
    start = end;
  }
  return parts;
}

/** Messages of about 177 bytes, made of sentences of the other corpora. */
function chatMessages(from: readonly Corpus[], count: number): string[] {
  const random = seededRandom(3);
  const pool = from.flatMap((corpus) => corpus.documents);
  return Array.from({ length: count }, () => {
    const text = pool[Math.floor(random() * pool.length)]!;
    const start = Math.floor(random() * Math.max(1, text.length - 400));
    const length = 40 + Math.floor(random() * 260);
    return text.slice(start, start + length).trim() || "Hello, how are you?";
  });
}

/** All corpora that this machine has the files for, in a fixed order. */
export function buildCorpora(only?: readonly string[]): Corpus[] {
  const wanted = (name: string): boolean =>
    only === undefined || only.includes(name) || only.includes("chat");
  const corpora: Corpus[] = [];
  for (const source of sources) {
    if (!wanted(source.name)) continue;
    const documents = collect(source);
    const bytes = bytesOf(documents);
    if (bytes > 300_000) corpora.push({ name: source.name, documents, bytes });
  }
  const prose = corpora.filter(({ name }) => name === "english" || name === "multilingual");
  if (prose.length > 0) corpora.push(named("chat", chatMessages(prose, 20_000)));
  const random = seededRandom(5);
  corpora.push(
    named(
      "random unicode",
      Array.from({ length: 60 }, () => Array.from({ length: 300 }, () => adversarialText(random)).join(" ")),
    ),
  );
  return only === undefined ? corpora : corpora.filter(({ name }) => only.includes(name));
}

function named(name: string, documents: readonly string[]): Corpus {
  return { name, documents, bytes: bytesOf(documents) };
}

function bytesOf(documents: readonly string[]): number {
  return documents.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}
