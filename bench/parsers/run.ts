// Cost of every tool-call format on one call with a long string argument:
//   node scripts/run-typescript.mjs bench/parsers/run.ts [format…]
// Times are CPU milliseconds of this process (wall time means little on a shared machine), best of several rounds.
// Bars: 9 KB in 4-character chunks ≤ 2 ms; ≥ 5 MB/s on long inputs; twice the input at most 2.3 times the time.

import { cpus, loadavg } from "node:os";
import { createOutputParser, listToolParsers, renderToolCalls } from "@tokenwire/core/parsers";

const sentence = "The quick brown fox jumps over 42 lazy dogs, line by line. ";
const tools = [
  {
    name: "write_file",
    parameters: { type: "object", properties: { path: { type: "string" }, content: { type: "string" } } },
  },
];
const rounds = 5;

function output(format: string, size: number): string {
  const content = sentence.repeat(Math.ceil(size / sentence.length)).slice(0, size);
  return renderToolCalls(format, [
    { name: "write_file", arguments: JSON.stringify({ path: "a.txt", content }) },
  ]);
}

function chop(text: string, size: number): string[] {
  return Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
    text.slice(index * size, (index + 1) * size),
  );
}

/** CPU milliseconds to parse the pieces once. */
function once(format: string | undefined, pieces: readonly string[]): number {
  const before = process.cpuUsage();
  const parser = createOutputParser({ tool: format, tools });
  for (const piece of pieces) parser.push(piece);
  parser.end();
  const { user } = process.cpuUsage(before);
  return user / 1000;
}

function best(format: string | undefined, pieces: readonly string[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) least = Math.min(least, once(format, pieces));
  return least;
}

const load = loadavg()[0] ?? 0;
console.log(`${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} cores, Node ${process.version}`);
if (load > cpus().length / 2) console.log(`load ${load.toFixed(1)}: the figures are too pessimistic`);
console.log(`\n${"format".padEnd(18)}   9 KB   450 KB   900 KB   ratio     MB/s   1-char`);

const asked = process.argv.slice(2);
const formats = asked.length > 0 ? asked : listToolParsers().filter((name) => name !== "passthrough");
let slowest = Number.POSITIVE_INFINITY;
for (const format of formats) {
  const long = output(format, 900_000);
  once(format, chop(output(format, 90_000), 4));
  const small = best(format, chop(output(format, 9_000), 4));
  const half = best(format, chop(output(format, 450_000), 4));
  const whole = best(format, chop(long, 4));
  const single = once(format, chop(long, 1));
  const rate = long.length / whole / 1000;
  slowest = Math.min(slowest, rate);
  const cells = [
    small.toFixed(2),
    half.toFixed(1),
    whole.toFixed(1),
    (whole / half).toFixed(2),
    rate.toFixed(1),
  ];
  console.log(
    `${format.padEnd(18)} ${cells.map((cell) => cell.padStart(8)).join("")} ${`${(single / whole).toFixed(1)}×`.padStart(8)}`,
  );
}
console.log(`\nslowest format: ${slowest.toFixed(1)} MB/s`);

const text = sentence.repeat(200_000);
const plain: readonly (readonly [string, readonly string[]])[] = [
  ["whole", [text]],
  ["1000-character chunks", chop(text, 1000)],
  ["4-character chunks", chop(text.slice(0, 1_000_000), 4)],
];
for (const [label, pieces] of plain) {
  const characters = pieces.reduce((sum, piece) => sum + piece.length, 0);
  console.log(
    `plain text, hermes, ${label}: ${(characters / best("hermes", pieces) / 1000).toFixed(0)} MB/s`,
  );
}
