// The shell of our pages about runs: self-contained, readable in the dark, nothing from elsewhere, no text interpreted
// as markup.

import { escapeHtml } from "./reference-report.ts";

const css = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: .5rem 1rem; }
dt { opacity: .7; font-size: .85rem; } dd { margin: 0; font-weight: 600; }
table { border-collapse: collapse; } td, th { padding: .2rem .8rem .2rem 0; text-align: left; }
svg text { font-size: 12px; fill: currentColor; } svg rect { fill: #3b82f6; } svg line { stroke: currentColor; }
details { border: 1px solid #8884; border-radius: 6px; margin: .4rem 0; padding: .3rem .7rem; }
summary { cursor: pointer; } pre { white-space: pre-wrap; overflow-wrap: anywhere; }
.side { display: grid; grid-auto-flow: column; grid-auto-columns: 1fr; gap: 1rem; }
.right summary::before { content: "✓ "; color: #16a34a; } .wrong summary::before { content: "✗ "; color: #dc2626; }
.error summary::before { content: "! "; color: #d97706; }
.better summary::before { content: "▲ "; color: #16a34a; } .worse summary::before { content: "▼ "; color: #dc2626; }
`;

/** Longer texts are cut for display; the files hold them whole. */
const displayLimit = 200_000;

/** `0.4512` as `45.1 %`. */
export const percent = (value: number | null): string =>
  value === null ? "–" : `${(100 * value).toFixed(1)} %`;

/** A whole page. `body` is markup, `title` is text. */
export function htmlPage(title: string, body: string): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${css}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
${body}
</body>
</html>
`;
}

/** Blocks of the class names `kinds`, with a choice and a search over them. */
export function filteredBlocks(kinds: readonly string[], blocks: readonly string[]): string {
  const choices = kinds.map((kind) => `<option>${kind}</option>`).join("");
  return `<p><label>Show <select id="filter"><option value="">all</option>${choices}</select></label>
<label>containing <input id="search" type="search"></label> <output id="count"></output></p>
<main>${blocks.join("\n")}</main>
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
</script>`;
}

export interface Bar {
  readonly name: string;
  /** 0 to 1. */
  readonly value: number;
  readonly interval?: readonly [number, number] | null;
}

/** Horizontal bars from 0 to 1, with a line for the interval of each. */
export function barChart(title: string, values: readonly Bar[]): string {
  if (values.length === 0) return "";
  const clip = (value: number): number => Math.min(1, Math.max(0, value));
  const rows = values.map(({ name, value, interval }, index) => {
    const y = index * 22;
    const at = (position: number): string => (190 + 380 * clip(position)).toFixed(1);
    const range = interval
      ? `<line x1="${at(interval[0])}" x2="${at(interval[1])}" y1="${y + 11}" y2="${y + 11}"/>`
      : "";
    return `<text x="0" y="${y + 15}">${escapeHtml(name.slice(0, 28))}</text><rect x="190" y="${y + 4}" width="${(380 * clip(value)).toFixed(1)}" height="14" rx="2"/>${range}<text x="580" y="${y + 15}">${percent(value)}</text>`;
  });
  return `<h2>${escapeHtml(title)}</h2>\n<svg viewBox="0 0 650 ${values.length * 22}" role="img" aria-label="${escapeHtml(title)}">${rows.join("")}</svg>`;
}

/** A named text as it is. */
export function textBlock(name: string, text: string): string {
  const cut =
    text.length > displayLimit
      ? `${text.slice(0, displayLimit)}\n[cut after ${displayLimit} characters]`
      : text;
  return `<h3>${escapeHtml(name)}</h3><pre>${escapeHtml(cut)}</pre>`;
}
