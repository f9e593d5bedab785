// One candidate in one regime, in a process of its own (started by run.ts). Prints one line of JSON.
//
// Time is processor time of this process: on a machine that does other things as well, it says more than the clock.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Candidate, candidates, type EncodingUnderTest } from "./candidates.ts";
import type { Corpus } from "./corpora.ts";

/** cold: the first pass of the process. fresh: after others, text never seen before. warm: the same text again. */
export type Regime = "cold" | "fresh" | "warm" | "count" | "decode" | "pathological";

export interface Job {
  readonly candidate: string;
  readonly encoding: EncodingUnderTest;
  readonly regime: Regime;
  readonly peers: string | undefined;
  /** A JSON file with the corpora. */
  readonly corpora: string;
  /** Slow candidates get this share of the documents. */
  readonly share: number;
}

/** MB/s (for decode and count: million tokens per second) per corpus; for pathological texts, milliseconds. */
export interface Measured {
  readonly figures: Record<string, number>;
  /** Hash of all IDs, per corpus: candidates that disagree are not compared. */
  readonly hashes: Record<string, string>;
  readonly megabytes: number;
}

function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function time(work: () => void): number {
  const start = processorTime();
  work();
  return processorTime() - start;
}

function bytesOf(documents: readonly string[]): number {
  return documents.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

function hashOf(candidate: Candidate, documents: readonly string[]): string {
  const hash = createHash("sha256");
  for (const text of documents.slice(0, 40))
    hash.update(Buffer.from(Uint32Array.from(candidate.encode(text)).buffer));
  return hash.digest("hex").slice(0, 16);
}

function measureCorpus(candidate: Candidate, { documents }: Corpus, regime: Regime): number {
  const quarter = documents.length >> 2;
  const seen = documents.slice(0, quarter);
  const unseen = documents.slice(quarter);
  const pass = (texts: readonly string[]) => () => {
    for (const text of texts) candidate.encode(text);
  };
  if (regime === "cold") return bytesOf(unseen) / time(pass(unseen)) / 1000;
  for (let round = 0; round < 3; round++) pass(seen)();
  if (regime === "fresh") return bytesOf(unseen) / time(pass(unseen)) / 1000;
  if (regime === "warm") return bytesOf(unseen) / best(4, pass(unseen)) / 1000;
  const all = unseen.map((text) => candidate.encode(text));
  const tokens = all.reduce((sum, ids) => sum + ids.length, 0);
  const work = (): void => {
    if (regime === "count") for (const text of unseen) candidate.count!(text);
    else for (const ids of all) candidate.decode!(ids);
  };
  return tokens / best(4, work) / 1000;
}

function best(rounds: number, work: () => void): number {
  let fastest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) fastest = Math.min(fastest, time(work));
  return fastest;
}

/** Texts that make careless tokenizers quadratic, as `name: unit` repeated to a size. */
function pathologicalText(kind: string, size: number): string {
  if (kind === "random letters") {
    let state = 7;
    let text = "";
    while (text.length < size) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      text += String.fromCharCode(97 + ((state >>> 16) % 26));
    }
    return text;
  }
  const unit = { a: "a", spaces: " ", emoji: "👍", marks: "\u0301" }[kind]!;
  return unit.repeat(Math.ceil(size / Buffer.byteLength(unit)));
}

function measurePathological(candidate: Candidate): Record<string, number> {
  const figures: Record<string, number> = {};
  for (const kind of ["a", "spaces", "emoji", "marks", "random letters"]) {
    for (const size of [500_000, 1_000_000]) {
      const text = pathologicalText(kind, size);
      candidate.encode(pathologicalText(kind, 10_000));
      // Once: a second call would measure whether the whole text is remembered.
      figures[`${kind} ${size / 1e6} MB`] = time(() => candidate.encode(text));
    }
  }
  return figures;
}

/** Runs the job that run.ts passes and prints its result. */
export async function measure(job: Job): Promise<void> {
  const candidate = await candidates[job.candidate]!(job.encoding, job.peers);
  const figures: Record<string, number> = {};
  const hashes: Record<string, string> = {};
  if (job.regime === "pathological") {
    Object.assign(figures, measurePathological(candidate));
  } else {
    const corpora = JSON.parse(readFileSync(job.corpora, "utf8")) as Corpus[];
    for (const corpus of corpora) {
      const documents = corpus.documents.slice(
        0,
        Math.max(8, Math.ceil(corpus.documents.length * job.share)),
      );
      figures[corpus.name] = measureCorpus(candidate, { ...corpus, documents }, job.regime);
      hashes[corpus.name] = hashOf(candidate, corpus.documents);
    }
  }
  const result: Measured = { figures, hashes, megabytes: Math.round(process.memoryUsage().rss / 1e6) };
  console.log(JSON.stringify(result));
}
