// The outcome of a run, and of a comparison, on standard output.

import type { EvalRun, PairedDifference, ScoreCheck } from "../../evals/index.ts";
import { paint } from "../output.ts";

const print = (text: string): boolean => process.stdout.write(`${text}\n`);

export function printRun(
  stem: string,
  { result, summary, unusable, interrupted }: EvalRun,
  files: readonly string[],
  checks: readonly ScoreCheck[],
): void {
  const { interval, samples, errors, retries, tools, cost } = summary;
  const range = interval === null ? "" : ` (95 %: ${interval[0].toFixed(3)} to ${interval[1].toFixed(3)})`;
  print(`${paint("bold", stem)}: score ${result.score?.toFixed(4) ?? "none"}${range}`);
  print(`  ${samples} samples, ${errors} errors, ${retries} retries${interrupted ? ", interrupted" : ""}`);
  if (tools) print(`  ${tools.calls} tool calls, ${tools.failures} failed`);
  if (cost !== undefined) print(`  cost ${cost.toFixed(4)}`);
  for (const reason of unusable) print(`  unusable: ${reason}`);
  for (const { source, published, consistent } of checks) {
    print(`  ${source}: ${published} ${consistent ? "consistent" : paint("yellow", "not consistent")}`);
  }
  for (const file of files) print(`  ${file}`);
}

export function printComparison(first: string, differences: readonly PairedDifference[], file: string): void {
  const signed = (value: number): string => `${value > 0 ? "+" : ""}${value.toFixed(4)}`;
  for (const { name, difference, interval, better, worse, samples } of differences) {
    const range = interval === null ? "" : ` (95 %: ${interval.map(signed).join(" to ")})`;
    const amount = difference === null ? "no sample in common" : `${signed(difference)}${range}`;
    print(`${paint("bold", name)} against ${first}: ${amount}`);
    if (samples > 0) print(`  ${samples} samples in common, ${better} better, ${worse} worse`);
  }
  print(`  ${file}`);
}
