// Runs side by side: their scores with intervals, how far each is from the first, example by example, and the answers
// where they differ.

import { clusteredError, mean, summarize } from "./aggregate.ts";
import { barChart, filteredBlocks, htmlPage, percent, textBlock } from "./html-page.ts";
import { outcomeOf } from "./html-report.ts";
import { escapeHtml } from "./reference-report.ts";
import type { SavedRun } from "./saved-run.ts";
import type { SampleRecord } from "./types.ts";

/** A run against the first one, over the samples that both have. */
export interface PairedDifference {
  readonly name: string;
  readonly samples: number;
  /** Mean of the differences of the scores; positive is better than the first run. */
  readonly difference: number | null;
  /** 95 % interval of it, examples taken as independent of each other. */
  readonly interval: readonly [number, number] | null;
  readonly better: number;
  readonly worse: number;
}

const keyOf = ({ exampleId, repeat }: SampleRecord): string => JSON.stringify([exampleId, repeat]);

function byKey({ records }: SavedRun): Map<string, SampleRecord> {
  return new Map(records.map((record) => [keyOf(record), record]));
}

/** Compares each run with the first. */
export function compareRuns(runs: readonly SavedRun[]): PairedDifference[] {
  const [first, ...others] = runs;
  if (first === undefined) return [];
  const base = byKey(first);
  return others.map((run) => {
    const byExample = new Map<string, number[]>();
    for (const record of run.records) {
      const before = base.get(keyOf(record))?.score ?? null;
      if (before === null || record.score === null) continue;
      const known = byExample.get(record.exampleId) ?? [];
      byExample.set(record.exampleId, [...known, record.score - before]);
    }
    const all = [...byExample.values()].flat();
    const difference = all.length === 0 ? null : mean(all);
    const error = clusteredError([...byExample.values()]);
    return {
      name: run.name,
      samples: all.length,
      difference,
      interval:
        difference === null || error === null
          ? null
          : ([difference - 1.96 * error, difference + 1.96 * error] as const),
      better: all.filter((value) => value > 0).length,
      worse: all.filter((value) => value < 0).length,
    };
  });
}

/** One self-contained page about two or more runs of the same eval. */
export function comparisonReport(runs: readonly SavedRun[]): string {
  const summaries = runs.map(({ name, records }) => ({ name, ...summarize(records) }));
  const bars = summaries.map(({ name, score, interval }) => ({ name, value: score ?? 0, interval }));
  const differences = compareRuns(runs);
  const tokens = (counts: Readonly<Record<string, number>>): string =>
    (counts["outputTokens"] ?? 0).toLocaleString("en");
  const rows = summaries.map((summary, index) => {
    const paired = index === 0 ? undefined : differences[index - 1];
    const cells = [
      summary.name,
      percent(summary.score),
      summary.interval === null ? "–" : summary.interval.map(percent).join(" to "),
      String(summary.samples),
      String(summary.errors),
      tokens(summary.tokens),
      paired === undefined ? "" : signed(paired.difference),
      paired?.interval ? paired.interval.map(signed).join(" to ") : "",
      paired === undefined ? "" : `${paired.better} / ${paired.worse}`,
    ];
    return `<tr>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join("")}</tr>`;
  });
  const heads = ["Run", "Score", "95 % interval", "Samples", "Errors", "Output tokens"];
  const pairedHeads = ["Against the first", "95 % interval", "Better / worse"];
  const head = [...heads, ...pairedHeads].map((name) => `<th>${name}</th>`).join("");
  const changed = changedSamples(runs);
  return htmlPage(
    runs.map(({ name }) => name).join(" – "),
    `<table><thead><tr>${head}</tr></thead><tbody>${rows.join("")}</tbody></table>
${barChart("Scores", bars)}
<h2>${changed.length} samples with different scores</h2>
${filteredBlocks(["better", "worse", "error"], changed)}`,
  );
}

const signed = (value: number | null): string =>
  value === null ? "–" : `${value > 0 ? "+" : ""}${percent(value)}`;

/** The samples whose scores are not the same in all runs that have them, answers side by side. */
function changedSamples(runs: readonly SavedRun[]): string[] {
  const tables = runs.map(byKey);
  const keys = [...new Set(tables.flatMap((table) => [...table.keys()]))];
  return keys.flatMap((key) => {
    const found = tables.map((table) => table.get(key));
    const present = found.filter((record): record is SampleRecord => record !== undefined);
    if (present.length < 2 || new Set(present.map(({ score }) => score)).size === 1) return [];
    return [changedBlock(runs, found, present)];
  });
}

function changedBlock(
  runs: readonly SavedRun[],
  found: readonly (SampleRecord | undefined)[],
  present: readonly SampleRecord[],
): string {
  const sample = present[0]!;
  const change = (present.at(-1)!.score ?? 0) - (sample.score ?? 0);
  const hasError = present.some(({ error }) => error !== undefined);
  const kind = hasError ? "error" : change > 0 ? "better" : "worse";
  const scores = found.map((record) => record?.score ?? "–").join(" → ");
  const heading = `${sample.exampleId}, repeat ${sample.repeat + 1}: ${scores}`;
  const columns = found.map((record, index) => {
    const name = `${runs[index]!.name}: ${record === undefined ? "not sampled" : outcomeOf(record)}`;
    return `<div>${textBlock(name.slice(0, 300), record?.answer ?? "")}</div>`;
  });
  const prompt = sample.messages.map(({ role, content }) => textBlock(role, content)).join("");
  return `<details class="${kind}"><summary>${escapeHtml(heading)}</summary>${prompt}<div class="side">${columns.join("")}</div></details>`;
}
