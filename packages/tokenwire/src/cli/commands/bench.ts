// `tokenwire bench tokenizer`: whether installed tokenizers agree with ours, and how their time grows with the input.

import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { Command } from "commander";
import { printJson, UsageError, writeOut } from "../output.ts";
import { type Drawing, lineChart } from "../tokenize/line-chart.ts";
import { type EncodeFunction, loadPeers, peerNames } from "../tokenize/peers.ts";
import { toPng } from "../tokenize/png.ts";
import { toSvg } from "../tokenize/svg.ts";
import { chooseEncoding } from "./tokenize.ts";

interface BenchFlags {
  readonly encoding?: string;
  readonly model?: string;
  readonly peers: string;
  readonly text?: string;
  readonly json?: boolean;
  readonly svg?: string;
  readonly png?: string;
  readonly max: string;
}

/** Time of one tokenizer at each size; undefined where it was given up. */
interface Row {
  readonly name: string;
  readonly agrees: boolean;
  readonly milliseconds: readonly (number | undefined)[];
}

const examples = `
Examples:
  $ tokenwire bench tokenizer                          parity and scaling against the peers that are installed
  $ tokenwire bench tokenizer --text a                 the same on one letter, repeated
  $ tokenwire bench tokenizer --png scaling.png        a plot of time against input size
  $ tokenwire bench tokenizer --peers ../project --json

Peers: ${peerNames().join(", ")}. None is needed.`;

export function benchCommand(): Command {
  const tokenizer = new Command("tokenizer")
    .description("Check that installed tokenizers give the same IDs, and measure time against input size.")
    .option("-e, --encoding <name>", "encoding (default: o200k_base)")
    .option("-m, --model <name>", "the encoding of this model")
    .option("--text <text or @file>", "text to repeat up to each size (default: a mixed sample)")
    .option("--max <bytes>", "largest input", "1000000")
    .option("--peers <folder>", "project in whose node_modules peers are looked up", ".")
    .option("--svg <file>", "write a plot of time against size, as SVG")
    .option("--png <file>", "write the plot as PNG")
    .option("--json", "print as JSON")
    .addHelpText("after", examples)
    .action(benchTokenizer);
  return new Command("bench")
    .summary("Measure tokenizers")
    .description("Measure tokenizers on this machine.")
    .addCommand(tokenizer);
}

const sample =
  "The tokenizer's job: turn text into IDs, exactly. Don't guess! " +
  "for (let i = 0; i < 10; i++) { total += prices[i] * 1.19; }\n" +
  "Größe, déjà vu, Привет мир, 日本語のテキスト、中文字符, العربية, हिन्दी 👩‍👩‍👧 🇩🇪\n\n";

const NAME_WIDTH = 24;

/** A tokenizer that needs longer than this for one size is not asked for larger ones. */
const GIVE_UP_MS = 3_000;

async function benchTokenizer(flags: BenchFlags): Promise<void> {
  if (!/^\d+$/.test(flags.max) || Number(flags.max) < 1000) {
    throw new UsageError(
      `--max must be a number of bytes of at least 1000, got ${JSON.stringify(flags.max)}.`,
    );
  }
  const encoding = await chooseEncoding(flags);
  const unit = unitOf(flags.text);
  const sizes: number[] = [];
  for (let size = 1000; size <= Number(flags.max); size *= 2) sizes.push(size);
  const { found, missing } = await loadPeers(encoding, flags.peers);
  const all = new Map<string, EncodeFunction>([
    ["tokenwire", (text) => encoding.encodeOrdinary(text)],
    ...found,
  ]);
  const reference = encoding.encodeOrdinary(repeat(unit, 4000)).join();
  const rows: Row[] = [];
  for (const [name, encode] of all) {
    const agrees = Array.from(encode(repeat(unit, 4000))).join() === reference;
    rows.push({ name, agrees, milliseconds: timesOf(encode, unit, sizes) });
  }
  const drawing = plot(rows, sizes, encoding.name);
  if (flags.svg !== undefined) writeFileSync(flags.svg, toSvg(drawing));
  if (flags.png !== undefined) writeFileSync(flags.png, toPng(drawing));
  const machine = `${cpus()[0]?.model ?? "unknown processor"}, Node ${process.version}`;
  if (flags.json === true)
    printJson({ encoding: encoding.name, machine, sizes, rows, missing: Object.fromEntries(missing) });
  else await writeOut(page(rows, sizes, `${encoding.name} on ${machine}`, missing));
}

function unitOf(text: string | undefined): string {
  const unit = text?.startsWith("@") ? readFileSync(text.slice(1), "utf8") : (text ?? sample);
  if (unit === "") throw new UsageError("--text must not be empty.");
  return unit;
}

/** Text of about `bytes` bytes. */
function repeat(unit: string, bytes: number): string {
  const size = Buffer.byteLength(unit);
  return unit.repeat(Math.ceil(bytes / size)).slice(0, Math.ceil((bytes / size) * unit.length));
}

function timesOf(encode: EncodeFunction, unit: string, sizes: readonly number[]): (number | undefined)[] {
  const times: (number | undefined)[] = [];
  let givenUp = false;
  for (const size of sizes) {
    if (givenUp) {
      times.push(undefined);
      continue;
    }
    const text = repeat(unit, size);
    let best = Number.POSITIVE_INFINITY;
    // Slow sizes are measured once.
    for (let round = 0; round === 0 || (round < 5 && best < GIVE_UP_MS / 10); round++) {
      const start = performance.now();
      encode(text);
      best = Math.min(best, performance.now() - start);
    }
    times.push(best);
    givenUp = best > GIVE_UP_MS;
  }
  return times;
}

function plot(rows: readonly Row[], sizes: readonly number[], encoding: string): Drawing {
  const series = rows.map(({ name, milliseconds }) => ({
    name,
    points: sizes.flatMap((size, i) => {
      const time = milliseconds[i];
      return time === undefined ? [] : [[size, Math.max(time, 0.001)] as const];
    }),
  }));
  return lineChart(series, { title: `Time to encode, ${encoding}`, x: "input, bytes", y: "milliseconds" });
}

function page(
  rows: readonly Row[],
  sizes: readonly number[],
  title: string,
  missing: ReadonlyMap<string, string>,
): string {
  const cell = (time: number | undefined): string =>
    (time === undefined ? "-" : time < 10 ? time.toFixed(2) : time.toFixed(0)).padStart(10);
  const lines = [`${title}; milliseconds, best of up to 5`, ""];
  lines.push("bytes".padEnd(NAME_WIDTH) + sizes.map((size) => String(size).padStart(10)).join(""));
  for (const { name, agrees, milliseconds } of rows) {
    lines.push(name.padEnd(NAME_WIDTH) + milliseconds.map(cell).join("") + (agrees ? "" : "   other IDs"));
  }
  for (const [name, reason] of missing) lines.push(`${name.padEnd(NAME_WIDTH)} ${reason}`);
  return `${lines.join("\n")}\n`;
}
