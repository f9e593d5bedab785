// Tokenizers from tokenizer.json files: CPU time to load one, to encode texts it has not seen and texts it has, and to
// decode, beside the native Hugging Face package where that is installed.
//
//   node scripts/run-typescript.mjs bench/huggingface/run.ts <folder of model folders> <folder of texts>
//
// CPU time rather than wall time, so that other work on the machine matters less; ratios within one run are the signal.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { compileTokenizerJson, loadTokenizerJson } from "@tokenwire/core/tokenizer";

interface Candidate {
  readonly name: string;
  /** What is done before the clock starts. */
  prepare?(file: string): void;
  load(
    file: string,
  ): Promise<{ encode(text: string): Promise<{ length: number }>; decode?(text: string): number }>;
}

const ours: Candidate = {
  name: "tokenwire",
  load: async (file) => {
    const tokenizer = loadTokenizerJson(readFileSync(file));
    return {
      encode: async (text) => tokenizer.encode(text, { allowedSpecial: "all" }),
      decode: (text) => {
        const ids = tokenizer.encodeOrdinary(text);
        const start = cpuSeconds();
        tokenizer.decode(ids);
        return cpuSeconds() - start;
      },
    };
  },
};

const compiledFiles = new Map<string, Uint8Array>();

/** Another way to load; what it gives is the same. */
const compiled: Candidate = {
  name: "tokenwire, compiled",
  prepare: (file) => compiledFiles.set(file, compileTokenizerJson(readFileSync(file))),
  load: async (file) => {
    const tokenizer = loadTokenizerJson(compiledFiles.get(file)!);
    return { encode: async (text) => tokenizer.encode(text, { allowedSpecial: "all" }) };
  },
};

/** The parts of the native package that are used. */
interface NativePackage {
  readonly Tokenizer: {
    fromFile(file: string): {
      encode(text: string, pair: null, options: object): Promise<{ getIds(): number[] }>;
    };
  };
}

/** Looked up from TOKENWIRE_PEERS, a folder with node_modules, else from here; left out where it is not installed. */
async function native(): Promise<Candidate | undefined> {
  const lookup = createRequire(join(process.env["TOKENWIRE_PEERS"] ?? process.cwd(), "package.json"));
  let found: NativePackage;
  try {
    found = lookup("tokenizers") as NativePackage;
  } catch {
    return undefined;
  }
  return {
    name: "tokenizers (native)",
    load: async (file) => {
      const tokenizer = found.Tokenizer.fromFile(file);
      return {
        encode: async (text) => (await tokenizer.encode(text, null, { addSpecialTokens: false })).getIds(),
      };
    },
  };
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

async function measure(candidate: Candidate, file: string, texts: readonly string[]): Promise<string> {
  const megabytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / 1e6;
  candidate.prepare?.(file);
  const start = cpuSeconds();
  const tokenizer = await candidate.load(file);
  const loaded = cpuSeconds();
  let tokens = 0;
  for (const text of texts) tokens += (await tokenizer.encode(text)).length;
  const first = cpuSeconds();
  for (const text of texts) await tokenizer.encode(text);
  const second = cpuSeconds();
  const decoding = tokenizer.decode?.(texts.join(""));
  const rate = (seconds: number): string => (megabytes / seconds).toFixed(1).padStart(7);
  return [
    candidate.name.padEnd(20),
    `${((loaded - start) * 1000).toFixed(0)} ms`.padStart(8),
    rate(first - loaded),
    rate(second - first),
    decoding === undefined ? "      -" : rate(decoding),
    String(tokens).padStart(9),
  ].join("  ");
}

const [models = "", corpus = ""] = process.argv.slice(2);
if (!existsSync(models) || !existsSync(corpus)) {
  console.error("usage: run.ts <folder of model folders> <folder of texts>");
  process.exit(2);
}
const texts = readdirSync(corpus).map((name) => readFileSync(join(corpus, name), "utf8"));
const peer = await native();
console.log(
  `${cpus()[0]?.model ?? "unknown machine"}, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}`,
);
console.log("CPU time; MB/s of UTF-8");
for (const model of readdirSync(models)) {
  const file = join(models, model, "tokenizer.json");
  if (!existsSync(file)) continue;
  console.log(`\n${model.padEnd(20)}      load    first   second   decode     tokens`);
  for (const candidate of peer === undefined ? [ours, compiled] : [ours, compiled, peer]) {
    console.log(await measure(candidate, file, texts));
  }
}
