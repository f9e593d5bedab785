// How long a program takes to its first tokens, and what an encoding keeps in memory: each figure from fresh processes
// that import the built packages as a user does. Build first (npm run build).
//
//     node scripts/run-typescript.mjs bench/tokenizer/start.ts [--peers <node_modules>] [--rounds 15] [--json start.json]
//
// Time is given above that of a process which does nothing, by the clock and as processor time (user and system, of all
// threads); candidates take turns, so that what else the machine does meets all of them.

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    peers: { type: "string" },
    rounds: { type: "string", default: "15" },
    json: { type: "string" },
  },
});

const root = fileURLToPath(new URL("../../", import.meta.url));
const sentence = "The quick brown fox jumps over the lazy dog.";

/** Programs that leave the IDs of `text` under o200k_base in `ids`. */
const programs: Readonly<Record<string, string>> = {
  tokenwire: `import { getEncoding } from "@tokenwire/encodings";
    const ids = getEncoding("o200k_base").encode(text);`,
  "tokenwire (subpath)": `import { encoding } from "@tokenwire/encodings/o200k_base";
    const ids = encoding.encode(text);`,
  "gpt-tokenizer": `import { encode } from "gpt-tokenizer/encoding/o200k_base";
    const ids = encode(text);`,
  "tiktoken (wasm)": `import { get_encoding } from "tiktoken";
    const ids = get_encoding("o200k_base").encode(text);`,
  "js-tiktoken": `import { Tiktoken } from "js-tiktoken/lite";
    import ranks from "js-tiktoken/ranks/o200k_base";
    const ids = new Tiktoken(ranks).encode(text);`,
  "ai-tokenizer": `import Tokenizer from "ai-tokenizer";
    import * as ranks from "ai-tokenizer/encoding/o200k_base";
    const ids = new Tokenizer(ranks).encode(text);`,
  hypertok: `import { readFileSync } from "node:fs";
    import { fromBytes } from "hypertok";
    import { vocabulary } from "@hypertok/vocab-o200k";
    const ids = (await fromBytes(new Uint8Array(readFileSync(vocabulary)))).encodeSync(text);`,
};

interface Sample {
  readonly wall: number;
  readonly processor: number;
  readonly ids: string;
}

/** Runs a program once; undefined if it fails, which is what a missing peer does. */
function run(program: string, folder: string): Sample | undefined {
  const code = `const text = ${JSON.stringify(sentence)};
    ${program}
    const { user, system } = process.cpuUsage();
    console.log(JSON.stringify({ processor: (user + system) / 1000, ids: Array.from(ids).join() }));`;
  const start = process.hrtime.bigint();
  const { status, stdout } = spawnSync(process.execPath, ["--input-type=module", "--eval", code], {
    cwd: folder,
    encoding: "utf8",
  });
  const wall = Number(process.hrtime.bigint() - start) / 1e6;
  if (status !== 0) return undefined;
  return { wall, ...(JSON.parse(stdout) as { processor: number; ids: string }) };
}

function summarise(times: readonly number[]): { min: number; median: number } {
  const sorted = [...times].sort((a, b) => a - b);
  return { min: sorted[0]!, median: sorted[sorted.length >> 1]! };
}

type Figures = Record<"wall" | "processor", { min: number; median: number }>;

function measureStarts(): Record<string, Figures> {
  const peers = values.peers === undefined ? root : dirname(resolve(values.peers));
  const all = new Map([["nothing", "const ids = [];"], ...Object.entries(programs)]);
  const samples = new Map<string, Sample[]>();
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [name, program] of all) {
      const sample = run(program, name.startsWith("tokenwire") ? root : peers);
      if (sample === undefined) all.delete(name);
      else samples.set(name, [...(samples.get(name) ?? []), sample]);
    }
  }
  const expected = samples.get("tokenwire")?.[0]?.ids;
  const figures: Record<string, Figures> = {};
  for (const [name, taken] of samples) {
    if (name !== "nothing" && taken[0]!.ids !== expected) console.log(`${name} has other IDs: left out`);
    else {
      figures[name] = {
        wall: summarise(taken.map(({ wall }) => wall)),
        processor: summarise(taken.map(({ processor }) => processor)),
      };
    }
  }
  return figures;
}

function printStarts(figures: Record<string, Figures>): void {
  const { nothing } = figures;
  if (nothing === undefined || figures["tokenwire"] === undefined)
    throw new Error("Build first: npm run build");
  console.log(
    "\nimport, load o200k_base and encode one sentence: milliseconds above a process that does nothing",
  );
  console.log(
    `(that one: ${nothing.wall.min.toFixed(0)} by the clock, ${nothing.processor.min.toFixed(0)} of processor)`,
  );
  console.log(
    `${"".padEnd(22)}${["clock min", "median", "processor min", "median"].map((head) => head.padStart(15)).join("")}`,
  );
  for (const [name, { wall, processor }] of Object.entries(figures)) {
    if (name === "nothing") continue;
    const above = [
      wall.min - nothing.wall.min,
      wall.median - nothing.wall.median,
      processor.min - nothing.processor.min,
      processor.median - nothing.processor.median,
    ];
    console.log(name.padEnd(22) + above.map((ms) => ms.toFixed(1).padStart(15)).join(""));
  }
}

/** Bytes kept by an encoding after one sentence, and after a long text and its decoding, when all tables are made. */
function memoryOf(name: string): { readonly first: number; readonly whole: number } {
  const code = `
    import { getEncoding } from "@tokenwire/encodings";
    const settled = async () => {
      for (let i = 0; i < 4; i++) {
        globalThis.gc();
        await new Promise((resolve) => setImmediate(resolve));
      }
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    };
    const before = await settled();
    const encoding = getEncoding(${JSON.stringify(name)});
    encoding.encode(${JSON.stringify(sentence)});
    const first = (await settled()) - before;
    encoding.decode(encoding.encode("hello world, 日本語 ".repeat(10_000)));
    console.log(JSON.stringify({ first, whole: (await settled()) - before }));`;
  const args = ["--expose-gc", "--input-type=module", "--eval", code];
  const { stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  return JSON.parse(stdout) as { first: number; whole: number };
}

console.log(
  `Node ${process.version}; ${cpus()[0]?.model} × ${cpus().length}; load ${loadavg()[0]?.toFixed(1)}; ${values.rounds} processes each`,
);
const starts = measureStarts();
printStarts(starts);

console.log("\nmemory kept per encoding, MB: heap and buffers after one sentence, and with all tables made");
const memory: Record<string, { first: number; whole: number }> = {};
for (const name of ["o200k_base", "o200k_harmony", "voyage3_base", "cl100k_base", "p50k_base", "r50k_base"]) {
  memory[name] = memoryOf(name);
  const { first, whole } = memory[name];
  console.log(
    `${name.padEnd(22)}${(first / 1e6).toFixed(1).padStart(8)}${(whole / 1e6).toFixed(1).padStart(8)}`,
  );
}
if (values.json !== undefined)
  writeFileSync(values.json, JSON.stringify({ node: process.version, starts, memory }, null, 2));
