// One self-contained page about a run: the figures with their intervals, scores per repeat and per metric as bars, and
// every sample with a filter. No script from elsewhere, no text interpreted as markup.

import type { RunSummary } from "./aggregate.ts";
import { escapeHtml } from "./reference-report.ts";
import type { EvalResult, SampleRecord } from "./types.ts";

export interface ReportInput {
  readonly title: string;
  readonly result: EvalResult;
  readonly summary: RunSummary;
  readonly records: readonly SampleRecord[];
}

/** Longer answers are cut for display; the files hold them whole. */
const displayLimit = 200_000;

const percent = (value: number | null): string => (value === null ? "–" : `${(100 * value).toFixed(1)} %`);

export function htmlReport({ title, result, summary, records }: ReportInput): string {
  const { score, interval, passAtK, latency, tokens } = summary;
  const range = interval === null ? "–" : `${percent(interval[0])} to ${percent(interval[1])}`;
  const figures: [string, string][] = [
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
  ];
  const repeats = summary.repeatScores.map((value, index): [string, number] => [
    `repeat ${index + 1}`,
    value,
  ]);
  const metrics = Object.entries(result.metrics).filter(
    ([name, value]) => !name.includes(":") && value <= 1 && value >= 0,
  );
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: .5rem 1rem; }
dt { opacity: .7; font-size: .85rem; } dd { margin: 0; font-weight: 600; }
svg text { font-size: 12px; fill: currentColor; } svg rect { fill: #3b82f6; }
details { border: 1px solid #8884; border-radius: 6px; margin: .4rem 0; padding: .3rem .7rem; }
summary { cursor: pointer; } pre { white-space: pre-wrap; overflow-wrap: anywhere; }
.right summary::before { content: "✓ "; color: #16a34a; } .wrong summary::before { content: "✗ "; color: #dc2626; }
.error summary::before { content: "! "; color: #d97706; }
</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<dl>${figures.map(([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`).join("")}</dl>
${bars("Score by repeat", repeats)}
${bars("Metrics", metrics)}
<h2>Samples</h2>
<p><label>Show <select id="filter"><option value="">all</option><option>right</option><option>wrong</option><option>error</option></select></label>
<label>containing <input id="search" type="search"></label> <output id="count"></output></p>
<main>${records.map(sampleBlock).join("\n")}</main>
<script>
const filter = document.getElementById("filter"), search = document.getElementById("search");
function update() {
  const text = search.value.toLowerCase();
  let shown = 0;
  for (const block of document.querySelectorAll("main > details")) {
    const keep = (filter.value === "" || block.className === filter.value) && block.textContent.toLowerCase().includes(text);
    block.hidden = !keep;
    shown += keep ? 1 : 0;
  }
  document.getElementById("count").textContent = shown + " shown";
}
filter.onchange = search.oninput = update;
update();
</script>
</body>
</html>
`;
}

/** Horizontal bars from 0 to 1. */
function bars(title: string, values: readonly (readonly [string, number])[]): string {
  if (values.length === 0) return "";
  const rows = values.map(([name, value], index) => {
    const y = index * 22;
    const width = (380 * Math.min(1, Math.max(0, value))).toFixed(1);
    return `<text x="0" y="${y + 15}">${escapeHtml(name.slice(0, 28))}</text><rect x="190" y="${y + 4}" width="${width}" height="14" rx="2"/><text x="580" y="${y + 15}">${percent(value)}</text>`;
  });
  return `<h2>${escapeHtml(title)}</h2>\n<svg viewBox="0 0 650 ${values.length * 22}" role="img" aria-label="${escapeHtml(title)}">${rows.join("")}</svg>`;
}

function sampleBlock(record: SampleRecord): string {
  const { exampleId, repeat, messages, answer, score, error, correctAnswer, extractedAnswer, explanation } =
    record;
  const kind = error !== undefined ? "error" : (score ?? 0) >= 0.5 ? "right" : "wrong";
  const outcome =
    error ??
    `score ${score ?? "none"}, answered ${extractedAnswer ?? "nothing"}, correct ${correctAnswer ?? "–"}`;
  const block = (name: string, text: string): string => {
    const cut =
      text.length > displayLimit
        ? `${text.slice(0, displayLimit)}\n[cut after ${displayLimit} characters]`
        : text;
    return `<h3>${escapeHtml(name)}</h3><pre>${escapeHtml(cut)}</pre>`;
  };
  const parts = [
    ...messages.map(({ role, content }) => block(role, content)),
    block("answer", answer),
    ...(explanation === undefined ? [] : [block("grades", explanation.trim())]),
  ];
  const heading = `${exampleId}, repeat ${repeat + 1}: ${outcome}`;
  return `<details class="${kind}"><summary>${escapeHtml(heading.slice(0, 300))}</summary>${parts.join("")}</details>`;
}
