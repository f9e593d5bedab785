// One self-contained page about a run: the figures with their intervals, scores per repeat and per metric as bars, and
// every sample with a filter.

import type { RunSummary } from "./aggregate.ts";
import { barChart, filteredBlocks, htmlPage, percent, textBlock } from "./html-page.ts";
import { escapeHtml } from "./reference-report.ts";
import type { EvalResult, SampleRecord } from "./types.ts";

export interface ReportInput {
  readonly title: string;
  readonly result: EvalResult;
  readonly summary: RunSummary;
  readonly records: readonly SampleRecord[];
}

export function htmlReport({ title, result, summary, records }: ReportInput): string {
  const figures = figuresOf(result, summary).map(
    ([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`,
  );
  const repeats = summary.repeatScores.map((value, index) => ({ name: `repeat ${index + 1}`, value }));
  const metrics = Object.entries(result.metrics)
    .filter(([name, value]) => !name.includes(":") && value <= 1 && value >= 0)
    .map(([name, value]) => ({ name, value }));
  return htmlPage(
    title,
    `<dl>${figures.join("")}</dl>
${barChart("Score by repeat", repeats)}
${barChart("Metrics", metrics)}
<h2>Samples</h2>
${filteredBlocks(["right", "wrong", "error"], records.map(sampleBlock))}`,
  );
}

function figuresOf(result: EvalResult, summary: RunSummary): [string, string][] {
  const { score, interval, passAtK, latency, tokens, tools, cost } = summary;
  const range = interval === null ? "–" : `${percent(interval[0])} to ${percent(interval[1])}`;
  return [
    ["Score", percent(result.score ?? score)],
    ["95 % interval", range],
    ["Samples", String(summary.samples)],
    ["Errors", String(summary.errors)],
    ["Retries", String(summary.retries)],
    ...Object.entries(passAtK).map(([name, rate]): [string, string] => [name, percent(rate)]),
    ...Object.entries(latency ?? {}).map(([name, time]): [string, string] => [
      `Latency ${name}`,
      `${time} ms`,
    ]),
    ...Object.entries(tokens).map(([name, count]): [string, string] => [name, count.toLocaleString("en")]),
    ...(tools === undefined
      ? []
      : ([
          ["Tool calls", `${tools.calls} (${tools.failures} failed)`],
          ["Calls per sample", tools.perSample.toFixed(2)],
        ] satisfies [string, string][])),
    ...(cost === undefined ? [] : ([["Cost", cost.toFixed(4)]] satisfies [string, string][])),
  ];
}

/** How a sample came out, for a heading. */
export function outcomeOf({ score, error, extractedAnswer, correctAnswer }: SampleRecord): string {
  return (
    error ??
    `score ${score ?? "none"}, answered ${extractedAnswer ?? "nothing"}, correct ${correctAnswer ?? "–"}`
  );
}

function sampleBlock(record: SampleRecord): string {
  const { exampleId, repeat, messages, answer, score, error, explanation } = record;
  const kind = error !== undefined ? "error" : (score ?? 0) >= 0.5 ? "right" : "wrong";
  const parts = [
    ...messages.map(({ role, content }) => textBlock(role, content)),
    textBlock("answer", answer),
    ...(explanation === undefined ? [] : [textBlock("grades", explanation.trim())]),
  ];
  const heading = `${exampleId}, repeat ${repeat + 1}: ${outcomeOf(record)}`;
  return `<details class="${kind}"><summary>${escapeHtml(heading.slice(0, 300))}</summary>${parts.join("")}</details>`;
}
