// Throughput of tokenizers, ours and the peers that are installed, in one run.
//
//     node scripts/run-typescript.mjs bench/tokenizer/run.ts [--encoding cl100k_base] [--peers <node_modules>]
//         [--only tokenwire,hypertok] [--regimes fresh,warm] [--rounds 3] [--json results.json]
//
// Every figure comes from a process of its own; rounds alternate between the candidates and the best one counts. Only
// ratios between candidates of one run mean something.

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { candidates } from "./candidates.ts";
import { buildCorpora } from "./corpora.ts";
import { type EncodingUnderTest, type Job, joinDocuments, type Measured, type Regime } from "./job.ts";
import { measure } from "./measure.ts";
import { type NativePeer, nativePeerNames, prepareNativePeer } from "./native/peers.ts";
import { pathologicalKinds, pathologicalText } from "./pathological.ts";
import { printGrowth, printRatios, printRelations, type Table } from "./tables.ts";

/** What a table is made of. */
interface Subject {
  readonly title: string;
  readonly regime: Regime;
  /** Whether smaller figures are better: those of the best round are kept. */
  readonly isTime?: boolean;
  readonly files?: readonly string[];
  /** Candidates that are not asked. */
  readonly without?: (candidate: string) => boolean;
}

const { values } = parseArgs({
  options: {
    encoding: { type: "string", default: "o200k_base" },
    peers: { type: "string" },
    only: { type: "string" },
    regimes: {
      type: "string",
      default: "fresh,warm,cold,encode,count,decode,relations,pathological,scaling",
    },
    rounds: { type: "string", default: "2" },
    json: { type: "string" },
    job: { type: "string" },
  },
});

/** Candidates that would need minutes for the whole corpora, or for ever on pathological ones: their share. */
const slow: Readonly<Record<string, number>> = {
  "tiktoken (wasm)": 0.1,
  "js-tiktoken": 0.05,
  "gpt-tokenizer": 0.5,
};

/** Megabytes of each pathological text whose times are compared with half of it. */
const SCALE = [1, 2, 4, 8];

const runner = fileURLToPath(new URL("../../scripts/run-typescript.mjs", import.meta.url));
const self = fileURLToPath(import.meta.url);

async function inProcess(job: Job, native: NativePeer | undefined): Promise<Measured | undefined> {
  const [command, ...args] =
    native === undefined
      ? [process.execPath, runner, self, "--job", JSON.stringify(job)]
      : [native.command, ...native.arguments(job)];
  try {
    const { stdout } = await promisify(execFile)(command!, args, { timeout: 600_000, maxBuffer: 1 << 26 });
    return JSON.parse(stdout.trim().split("\n").at(-1)!) as Measured;
  } catch (error) {
    const reason = String((error as { stderr?: string }).stderr ?? error);
    const line = reason.split("\n").find((text) => /error/i.test(text)) ?? reason.slice(0, 120);
    console.log(`  ${job.candidate}: left out (${line.trim()})`);
    return undefined;
  }
}

/** Names of the candidates that take part, the native ones with how to start them. */
function participants(folder: string): Map<string, NativePeer | undefined> {
  const names = values.only?.split(",") ?? [...Object.keys(candidates), ...nativePeerNames];
  const found = new Map<string, NativePeer | undefined>();
  for (const name of names) {
    const isNative = nativePeerNames.includes(name);
    const native = isNative
      ? prepareNativePeer(name, values.encoding as EncodingUnderTest, folder)
      : undefined;
    if (!isNative || native !== undefined) found.set(name, native);
  }
  return found;
}

async function measureSubject(
  { regime, isTime = false, files, without }: Subject & { readonly files: readonly string[] },
  among: ReadonlyMap<string, NativePeer | undefined>,
): Promise<Table> {
  const table: Table = {};
  const hashes: Record<string, Record<string, string>> = {};
  const missing = new Set<string>();
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [candidate, native] of among) {
      if (missing.has(candidate) || without?.(candidate) === true) continue;
      const encoding = values.encoding as EncodingUnderTest;
      const share = slow[candidate] ?? 1;
      const job = { candidate, encoding, regime, peers: values.peers, files, share };
      const measured = await inProcess(job, native);
      if (measured === undefined || Object.keys(measured.figures).length === 0) {
        missing.add(candidate);
        continue;
      }
      table[candidate] ??= {};
      hashes[candidate] = measured.hashes;
      for (const [name, figure] of Object.entries(measured.figures)) {
        const before = table[candidate][name] ?? figure;
        table[candidate][name] = isTime ? Math.min(before, figure) : Math.max(before, figure);
      }
    }
  }
  reportDisagreement(hashes);
  return table;
}

function reportDisagreement(hashes: Record<string, Record<string, string>>): void {
  const ours = hashes["tokenwire"] ?? {};
  for (const [candidate, own] of Object.entries(hashes)) {
    const wrong = Object.keys(own).filter((corpus) => own[corpus] !== ours[corpus]);
    if (wrong.length > 0) console.log(`  ${candidate} has other IDs on: ${wrong.join(", ")}`);
  }
}

/** What a pathological text is called. */
const textName = (kind: string, size: number): string => `${kind} ${size} MB`;

/** Everything that can be measured, in the order of `--regimes`. Texts are written to `folder`. */
function subjects(folder: string): Readonly<Record<string, Subject>> {
  const write = (name: string, documents: readonly string[]): string => {
    const path = join(folder, `${name}.txt`);
    writeFileSync(path, joinDocuments(documents));
    return path;
  };
  const pathological = (sizes: readonly number[]): string[] =>
    pathologicalKinds.flatMap((kind) =>
      sizes.map((size) => write(textName(kind, size), [pathologicalText(kind, size * 1e6)])),
    );
  const quadratic = (candidate: string): boolean => candidate in slow;
  return {
    fresh: { regime: "fresh", title: "fresh: MB/s, text never seen before, after warming up on other text" },
    warm: { regime: "warm", title: "warm: MB/s, the same text again" },
    cold: { regime: "cold", title: "cold: MB/s, first pass of a fresh process" },
    encode: { regime: "encode", title: "encode: million tokens per second, the same text again" },
    count: { regime: "count", title: "count: million tokens per second" },
    decode: { regime: "decode", title: "decode: million tokens per second" },
    relations: {
      regime: "relations",
      title: "tokenwire, text seen before: times the rate of encoding it",
      without: (candidate) => candidate !== "tokenwire",
    },
    pathological: {
      regime: "single",
      title: "pathological: milliseconds, lower is better",
      isTime: true,
      files: pathological([1]),
      without: quadratic,
    },
    scaling: {
      regime: "single",
      title: "scaling: milliseconds; in brackets: times half the text's, at most 2.3 wanted",
      isTime: true,
      files: pathological(SCALE),
      without: (candidate) => quadratic(candidate) || nativePeerNames.includes(candidate),
    },
  };
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "tokenwire-bench-"));
  const among = participants(folder);
  const corpora = buildCorpora();
  const files = corpora.map(({ name, documents }) => {
    const path = join(folder, `${name}.txt`);
    writeFileSync(path, joinDocuments(documents));
    return path;
  });
  const all = subjects(folder);
  console.log(
    `${values.encoding}; Node ${process.version}; ${cpus()[0]?.model} × ${cpus().length}; load ${loadavg()[0]?.toFixed(1)}`,
  );
  console.log(
    `corpora: ${corpora.map(({ name, bytes }) => `${name} ${(bytes / 1e6).toFixed(1)} MB`).join(", ")}`,
  );
  console.log("in brackets: times tokenwire's figure");
  const results: Record<string, Table> = {};
  for (const name of values.regimes.split(",")) {
    const subject = all[name];
    if (subject === undefined)
      throw new Error(`--regimes: ${name} is none of ${Object.keys(all).join(", ")}.`);
    const table = await measureSubject({ ...subject, files: subject.files ?? files }, among);
    results[name] = table;
    if (name === "relations") printRelations(subject.title, table, ["count", "decode"]);
    else if (name === "scaling") printGrowth(subject.title, table, pathologicalKinds, SCALE, textName);
    else printRatios(subject.title, table);
  }
  rmSync(folder, { recursive: true });
  if (values.json !== undefined)
    writeFileSync(values.json, JSON.stringify({ node: process.version, ...results }, null, 2));
}

if (values.job === undefined) await main();
else await measure(JSON.parse(values.job) as Job);
