// What one process of the benchmark is asked to do, and what it answers: the same for every candidate, whatever
// language it is written in.

import { readFileSync } from "node:fs";
import { basename } from "node:path";

export type EncodingUnderTest = "o200k_base" | "cl100k_base";

/**
 * cold: the first pass of the process. fresh: after others, text never seen before. warm: the same text again. encode,
 * count, decode: the same again, by the token. relations: count and decode as times encode, taken in turns. single: each file is one text, encoded once, after a short beginning of it.
 */
export type Regime = "cold" | "fresh" | "warm" | "encode" | "count" | "decode" | "relations" | "single";

export interface Job {
  readonly candidate: string;
  readonly encoding: EncodingUnderTest;
  readonly regime: Regime;
  /** The folder in which JavaScript peers are looked up. */
  readonly peers: string | undefined;
  /** Files of documents: see `joinDocuments`. */
  readonly files: readonly string[];
  /** Slow candidates get this share of the documents. */
  readonly share: number;
}

/** What a process prints as its last line, in JSON. Files are called by their names without extension. */
export interface Measured {
  /** Per file: MB/s; million tokens per second for encode, count and decode; milliseconds for single. Empty: cannot do that. */
  readonly figures: Record<string, number>;
  /** Per file: `hashOfIds` of the first documents. Candidates that disagree are not compared. */
  readonly hashes: Record<string, string>;
}

/** Documents whose IDs are hashed. */
export const HASHED_DOCUMENTS = 40;

const SEPARATOR = 0xff;

/** Documents as one file: UTF-8, with a byte between them that UTF-8 never has. */
export function joinDocuments(documents: readonly string[]): Buffer {
  return Buffer.concat(
    documents.flatMap((text, i) => [...(i > 0 ? [Buffer.of(SEPARATOR)] : []), Buffer.from(text)]),
  );
}

/** The documents of a file that `joinDocuments` made. */
export function readDocuments(path: string): string[] {
  const file = readFileSync(path);
  const documents: string[] = [];
  for (let start = 0; start <= file.length; ) {
    const next = file.indexOf(SEPARATOR, start);
    const end = next < 0 ? file.length : next;
    documents.push(file.toString("utf8", start, end));
    start = end + 1;
  }
  return documents;
}

/** What a file is called in tables. */
export function nameOf(path: string): string {
  return basename(path, ".txt");
}

/** FNV-1a over whole IDs: two lines in every language. */
export function hashOfIds(sequences: Iterable<ArrayLike<number>>): string {
  let hash = 0x811c9dc5;
  for (const ids of sequences) {
    for (let i = 0; i < ids.length; i++) hash = Math.imul(hash ^ ids[i]!, 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, "0");
}
