// An index on disk: a name, the length of a JSON header, the header, the postings one after the other. What cannot be
// read, or is of other files, is made anew: the file is a cache.

import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { type IndexedDocument, type Postings, SearchIndex } from "./search-index.ts";

const magic = "TWINDEX1";

interface Header {
  /** Of the files that were indexed. */
  readonly fingerprint: string;
  readonly documents: readonly IndexedDocument[];
  /** Word, documents that have it, bytes of its postings. */
  readonly words: readonly (readonly [string, number, number])[];
}

/** The index of the files with this fingerprint, if the file holds it. */
export async function readIndex(path: string, fingerprint: string): Promise<SearchIndex | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch {
    return undefined;
  }
  try {
    return parse(bytes, fingerprint);
  } catch {
    // Damaged, or of another version.
    return undefined;
  }
}

function parse(bytes: Uint8Array, fingerprint: string): SearchIndex | undefined {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  if (decoder.decode(bytes.subarray(0, magic.length)) !== magic) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = magic.length + 4;
  const end = start + view.getUint32(magic.length, true);
  const header = JSON.parse(decoder.decode(bytes.subarray(start, end))) as Header;
  if (header.fingerprint !== fingerprint) return undefined;
  const postings = new Map<string, Postings>();
  let at = end;
  for (const [word, count, length] of header.words) {
    if (at + length > bytes.length) return undefined;
    postings.set(word, { count, length, lastDocument: 0, bytes: bytes.subarray(at, at + length) });
    at += length;
  }
  return at === bytes.length ? new SearchIndex([...header.documents], postings) : undefined;
}

/** Writes the index, whole or not at all. False when the place cannot be written. */
export async function writeIndex(path: string, index: SearchIndex, fingerprint: string): Promise<boolean> {
  const words = [...index.postings].map(([word, { count, length }]) => [word, count, length] as const);
  const header: Header = { fingerprint, documents: index.documents, words };
  const text = Buffer.from(JSON.stringify(header));
  const start = Buffer.alloc(magic.length + 4);
  start.write(magic, "latin1");
  start.writeUInt32LE(text.length, magic.length);
  const parts = [...index.postings.values()].map(({ bytes, length }) => bytes.subarray(0, length));
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(unfinished, Buffer.concat([start, text, ...parts]));
    await rename(unfinished, path);
    return true;
  } catch {
    await rm(unfinished, { force: true }).catch(() => undefined);
    return false;
  }
}
