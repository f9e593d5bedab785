// One JavaScript candidate in one regime, in a process of its own (started by run.ts). Prints one line of JSON.
//
// Time is processor time of this process: on a machine that does other things as well, it says more than the clock.

import { type Candidate, candidates } from "./candidates.ts";
import {
  HASHED_DOCUMENTS,
  hashOfIds,
  type Job,
  type Measured,
  nameOf,
  type Regime,
  readDocuments,
} from "./job.ts";

function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Milliseconds. */
function time(work: () => void): number {
  const start = processorTime();
  work();
  return processorTime() - start;
}

function best(rounds: number, work: () => void): number {
  let fastest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) fastest = Math.min(fastest, time(work));
  return fastest;
}

function bytesOf(documents: readonly string[]): number {
  return documents.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

/** Reads a text where it lies: one that is still a tree of its parts is put together, as any use of it would do. */
function touch(text: string): void {
  text.charCodeAt(text.length - 1);
}

function measureDocuments(candidate: Candidate, documents: readonly string[], regime: Regime): number {
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
  return tokens / best(4, worksOf(candidate, unseen, all)[regime as Work]) / 1000;
}

type Work = "encode" | "count" | "decode";

/** What is measured by the token. `all` are the IDs of `texts`. */
function worksOf(
  candidate: Candidate,
  texts: readonly string[],
  all: readonly ArrayLike<number>[],
): Record<Work, () => void> {
  return {
    encode: () => {
      for (const text of texts) candidate.encode(text);
    },
    count: () => {
      for (const text of texts) candidate.count!(text);
    },
    decode: () => {
      for (const ids of all) touch(candidate.decode!(ids));
    },
  };
}

/** How many times as fast as encoding counting and decoding are, by the best of rounds in which they take turns. */
function measureRelations(
  candidate: Candidate,
  documents: readonly string[],
): Record<"count" | "decode", number> {
  const works = worksOf(
    candidate,
    documents,
    documents.map((text) => candidate.encode(text)),
  );
  const fastest = {
    encode: Number.POSITIVE_INFINITY,
    count: Number.POSITIVE_INFINITY,
    decode: Number.POSITIVE_INFINITY,
  };
  for (let round = 0; round < 6; round++) {
    for (const work of ["encode", "count", "decode"] as const) {
      fastest[work] = Math.min(fastest[work], time(works[work]));
    }
  }
  return { count: fastest.encode / fastest.count, decode: fastest.encode / fastest.decode };
}

/** Milliseconds for one text. Once: a second call would measure whether the whole text is remembered. */
function measureSingle(candidate: Candidate, text: string): number {
  candidate.encode(text.slice(0, 10_000));
  return time(() => candidate.encode(text));
}

/** Runs the job that run.ts passes and prints its result. */
export async function measure(job: Job): Promise<void> {
  const candidate = await candidates[job.candidate]!(job.encoding, job.peers);
  const result: Measured = { figures: {}, hashes: {} };
  const { regime } = job;
  const isAble =
    (candidate.count !== undefined || (regime !== "count" && regime !== "relations")) &&
    (candidate.decode !== undefined || (regime !== "decode" && regime !== "relations"));
  for (const path of isAble ? job.files : []) {
    const name = nameOf(path);
    const documents = readDocuments(path);
    if (regime === "single") {
      result.figures[name] = measureSingle(candidate, documents[0]!);
      continue;
    }
    if (regime === "relations") {
      for (const [work, times] of Object.entries(measureRelations(candidate, documents))) {
        result.figures[`${work} ${name}`] = times;
      }
      continue;
    }
    const share = documents.slice(0, Math.max(8, Math.ceil(documents.length * job.share)));
    result.figures[name] = measureDocuments(candidate, share, regime);
    result.hashes[name] = hashOfIds(
      documents.slice(0, HASHED_DOCUMENTS).map((text) => candidate.encode(text)),
    );
  }
  console.log(JSON.stringify(result));
}
