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
import { candidates, type EncodingUnderTest } from "./candidates.ts";
import { buildCorpora } from "./corpora.ts";
import { type Job, type Measured, measure, type Regime } from "./measure.ts";

const { values } = parseArgs({
  options: {
    encoding: { type: "string", default: "o200k_base" },
    peers: { type: "string" },
    only: { type: "string" },
    regimes: { type: "string", default: "fresh,warm,cold,count,decode,pathological" },
    rounds: { type: "string", default: "2" },
    json: { type: "string" },
    job: { type: "string" },
  },
});

/** Candidates that would need minutes for the whole corpora, or for ever on pathological ones. */
const slow: Readonly<Record<string, number>> = {
  "tiktoken (wasm)": 0.1,
  "js-tiktoken": 0.05,
  "gpt-tokenizer": 0.5,
};

const runner = fileURLToPath(new URL("../../scripts/run-typescript.mjs", import.meta.url));
const self = fileURLToPath(import.meta.url);

async function inProcess(job: Job): Promise<Measured | undefined> {
  try {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [runner, self, "--job", JSON.stringify(job)],
      {
        timeout: 600_000,
        maxBuffer: 1 << 26,
      },
    );
    return JSON.parse(stdout.trim().split("\n").at(-1)!) as Measured;
  } catch (error) {
    const reason = String((error as { stderr?: string }).stderr ?? error);
    const line = reason.split("\n").find((text) => /error/i.test(text)) ?? reason.slice(0, 120);
    console.error(`  ${job.candidate}: left out (${line.trim()})`);
    return undefined;
  }
}

type Table = Record<string, Record<string, number>>;

async function measureRegime(regime: Regime, names: readonly string[], corpora: string): Promise<Table> {
  const table: Table = {};
  const hashes: Record<string, Record<string, string>> = {};
  const missing = new Set<string>();
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const candidate of names) {
      if (missing.has(candidate)) continue;
      const isLower = regime === "pathological";
      if (isLower && candidate in slow) continue;
      if (regime === "count" && candidate === "hypertok") continue;
      if ((regime === "count" || regime === "decode") && /tiktoken/.test(candidate)) continue;
      const share = slow[candidate] ?? 1;
      const job = {
        candidate,
        encoding: values.encoding as EncodingUnderTest,
        regime,
        peers: values.peers,
        corpora,
        share,
      };
      const measured = await inProcess(job);
      if (measured === undefined) {
        missing.add(candidate);
        continue;
      }
      table[candidate] ??= {};
      hashes[candidate] = measured.hashes;
      for (const [name, figure] of Object.entries(measured.figures)) {
        const before = table[candidate][name] ?? figure;
        table[candidate][name] = isLower ? Math.min(before, figure) : Math.max(before, figure);
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

const units: Readonly<Record<Regime, string>> = {
  fresh: "MB/s, text never seen before, after warming up on other text",
  warm: "MB/s, the same text again",
  cold: "MB/s, first pass of a fresh process",
  count: "million tokens per second, counting",
  decode: "million tokens per second, decoding",
  pathological: "milliseconds, lower is better",
};

function print(regime: Regime, table: Table): void {
  const columns = Object.keys(Object.values(table)[0] ?? {});
  console.log(`\n${regime}: ${units[regime]}`);
  const width = Math.max(14, ...columns.map((column) => column.length + 2));
  console.log("".padEnd(18) + columns.map((column) => column.padStart(width)).join(""));
  for (const [candidate, figures] of Object.entries(table)) {
    const cells = columns.map((column) => {
      const figure = figures[column] ?? 0;
      const ours = table["tokenwire"]?.[column] ?? figure;
      const text = figure < 10 ? figure.toFixed(1) : figure.toFixed(0);
      return `${text} (${(figure / ours).toFixed(2)})`.padStart(width);
    });
    console.log(candidate.padEnd(18) + cells.join(""));
  }
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "tokenwire-bench-"));
  const file = join(folder, "corpora.json");
  const corpora = buildCorpora();
  writeFileSync(file, JSON.stringify(corpora));
  const names = values.only?.split(",") ?? Object.keys(candidates);
  console.log(
    `${values.encoding}; Node ${process.version}; ${cpus()[0]?.model} × ${cpus().length}; load ${loadavg()[0]?.toFixed(1)}`,
  );
  console.log(
    `corpora: ${corpora.map(({ name, bytes }) => `${name} ${(bytes / 1e6).toFixed(1)} MB`).join(", ")}`,
  );
  console.log("in brackets: times tokenwire's figure");
  const results: Partial<Record<Regime, Table>> = {};
  for (const regime of values.regimes.split(",") as Regime[]) {
    const table = await measureRegime(regime, names, file);
    results[regime] = table;
    print(regime, table);
  }
  rmSync(folder, { recursive: true });
  if (values.json !== undefined)
    writeFileSync(values.json, JSON.stringify({ node: process.version, ...results }, null, 2));
}

if (values.job === undefined) await main();
else await measure(JSON.parse(values.job) as Job);
