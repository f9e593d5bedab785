// From sample scores to the figures of a run.

import { PythonRandom } from "./python-random.ts";
import type { EvalResult, SampleRecord } from "./types.ts";

const resamples = 1000;

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Population standard deviation. */
export function deviation(values: readonly number[]): number {
  const center = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - center) ** 2)));
}

const clip = (value: number): number => Math.min(1, Math.max(0, value));

/** Values by metric, `score` first; samples without a score leave it out. */
function collect(records: readonly Pick<SampleRecord, "score" | "metrics">[]): Map<string, number[]> {
  const values = new Map<string, number[]>();
  const add = (name: string, value: number): void => {
    const known = values.get(name);
    if (known === undefined) values.set(name, [value]);
    else known.push(value);
  };
  for (const { score, metrics } of records) {
    for (const [name, value] of Object.entries(metrics)) add(name, value);
    if (score !== null) add("score", score);
  }
  return values;
}

/** Means and `:std` per metric, as the published evals print them. */
export function aggregateMeans(records: readonly Pick<SampleRecord, "score" | "metrics">[]): EvalResult {
  const metrics = new Map<string, number>();
  for (const [name, values] of collect(records)) {
    metrics.set(name, mean(values));
    metrics.set(`${name}:std`, deviation(values));
  }
  return takeScore(metrics);
}

/** Means clipped to [0, 1], with `:n_samples` and a seeded `:bootstrap_std`. */
export function aggregateClipped(
  records: readonly Pick<SampleRecord, "score" | "metrics">[],
  seed: number = 0,
): EvalResult {
  const metrics = new Map<string, number>();
  for (const [name, values] of collect(records)) {
    const random = new PythonRandom(seed);
    const means = Array.from({ length: resamples }, () => {
      let sum = 0;
      for (let drawn = 0; drawn < values.length; drawn += 1) sum += values[random.below(values.length)]!;
      return clip(sum / values.length);
    });
    metrics.set(name, clip(mean(values)));
    metrics.set(`${name}:n_samples`, values.length);
    metrics.set(`${name}:bootstrap_std`, deviation(means));
  }
  return takeScore(metrics);
}

function takeScore(metrics: Map<string, number>): EvalResult {
  const score = metrics.get("score") ?? null;
  metrics.delete("score");
  return { score, metrics: Object.fromEntries(metrics) };
}

/** Unbiased estimate of "at least one of k tries is right", over an example's n tries of which c were right. */
export function passAtK(n: number, c: number, k: number): number {
  if (n - c < k) return 1;
  let miss = 1;
  for (let index = n - c + 1; index <= n; index += 1) miss *= 1 - k / index;
  return 1 - miss;
}

export interface RunSummary {
  readonly score: number | null;
  /** Standard error of the score over samples; examples repeat, so it is clustered by example. */
  readonly standardError: number | null;
  /** 95 % interval of the score. */
  readonly interval: readonly [number, number] | null;
  readonly samples: number;
  readonly errors: number;
  readonly passAtK: Readonly<Record<string, number>>;
  /** Mean score of each repeat. */
  readonly repeatScores: readonly number[];
  readonly tokens: Readonly<Record<string, number>>;
  /** Milliseconds per sample. */
  readonly latency: Readonly<Record<"p50" | "p90" | "p99", number>> | null;
  readonly retries: number;
  /** Share of samples whose answer a stricter reading takes differently; absent where there is only one reading. */
  readonly extractorDisagreement?: number;
  /** Absent when no tools were offered. */
  readonly tools?: {
    readonly calls: number;
    readonly failures: number;
    readonly perSample: number;
  };
  /** In the currency of the prices; absent without prices. */
  readonly cost?: number;
}

/** Prices of a million tokens. */
export interface TokenPrices {
  readonly input: number;
  readonly output: number;
}

/** The figures of a run that the published evals do not give. */
export function summarize(records: readonly SampleRecord[], prices?: TokenPrices): RunSummary {
  const scored = records.filter((record) => record.score !== null);
  const byExample = groupScores(scored, (record) => record.exampleId);
  const byRepeat = groupScores(scored, (record) => String(record.repeat));
  const score = scored.length === 0 ? null : mean(scored.map((record) => record.score!));
  const standardError = clusteredError([...byExample.values()]);
  const half = 1.96 * (standardError ?? 0);
  const repeats = Math.max(0, ...[...byExample.values()].map((scores) => scores.length));
  const passes = [1, 2, 4, 8, 16, 32].filter((k) => k <= repeats);
  const tries = [...byExample.values()];
  const passRate = (k: number): number =>
    mean(
      tries.map((scores) =>
        passAtK(scores.length, scores.filter((value) => value === 1).length, Math.min(k, scores.length)),
      ),
    );
  const times = records.map((record) => record.milliseconds).sort((a, b) => a - b);
  const percentile = (p: number): number => times[Math.min(times.length - 1, Math.floor(p * times.length))]!;
  return {
    score,
    standardError,
    interval: score === null || standardError === null ? null : [score - half, score + half],
    samples: records.length,
    errors: records.filter((record) => record.error !== undefined).length,
    passAtK: Object.fromEntries(passes.map((k) => [`pass@${k}`, passRate(k)])),
    repeatScores: [...byRepeat.values()].map(mean),
    tokens: sumTokens(records),
    latency:
      times.length === 0 ? null : { p50: percentile(0.5), p90: percentile(0.9), p99: percentile(0.99) },
    retries: records.reduce((sum, record) => sum + record.retries, 0),
    ...extraFigures(records, prices),
  };
}

/** What only some runs have. */
function extraFigures(
  records: readonly SampleRecord[],
  prices: TokenPrices | undefined,
): Pick<RunSummary, "extractorDisagreement" | "tools" | "cost"> {
  const disagreements = records.flatMap(({ metrics }) => metrics["extractor_disagreement"] ?? []);
  const used = records.flatMap(({ tools }) => tools ?? []);
  const calls = used.reduce((sum, use) => sum + use.calls, 0);
  const failures = used.reduce((sum, use) => sum + use.failures, 0);
  const { inputTokens = 0, outputTokens = 0 } = sumTokens(records);
  return {
    ...(disagreements.length > 0 && { extractorDisagreement: mean(disagreements) }),
    ...(used.length > 0 && { tools: { calls, failures, perSample: calls / used.length } }),
    ...(prices && { cost: (inputTokens * prices.input + outputTokens * prices.output) / 1e6 }),
  };
}

function groupScores(
  records: readonly SampleRecord[],
  key: (record: SampleRecord) => string,
): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const record of records) groups.set(key(record), [...(groups.get(key(record)) ?? []), record.score!]);
  return groups;
}

/** Repeats of one example are not independent, so the error comes from the spread of example means. */
export function clusteredError(examples: readonly (readonly number[])[]): number | null {
  if (examples.length < 2) return null;
  return deviation(examples.map(mean)) / Math.sqrt(examples.length - 1);
}

function sumTokens(records: readonly SampleRecord[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { usage } of records) {
    for (const [name, count] of Object.entries(usage)) sums[name] = (sums[name] ?? 0) + (count as number);
  }
  return sums;
}
