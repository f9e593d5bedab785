// A chart of lines over two logarithmic axes, as SVG.

export interface Series {
  readonly name: string;
  /** Points in increasing order of x; both coordinates positive. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface ChartLabels {
  readonly title: string;
  readonly x: string;
  readonly y: string;
}

const WIDTH = 720;
const HEIGHT = 440;
const MARGIN = { left: 70, right: 150, top: 40, bottom: 50 };
const colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#555555"];

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]!);
}

/** Powers of ten that span the values. */
function decades(values: readonly number[]): { readonly low: number; readonly high: number } {
  const low = Math.floor(Math.log10(Math.min(...values)));
  return { low, high: Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values)))) };
}

/** The chart as an SVG document. */
export function lineChart(series: readonly Series[], labels: ChartLabels): string {
  const points = series.flatMap((one) => one.points);
  const xs = decades(points.map(([x]) => x));
  const ys = decades(points.map(([, y]) => y));
  const width = WIDTH - MARGIN.left - MARGIN.right;
  const height = HEIGHT - MARGIN.top - MARGIN.bottom;
  const px = (x: number): number => MARGIN.left + ((Math.log10(x) - xs.low) / (xs.high - xs.low)) * width;
  const py = (y: number): number =>
    MARGIN.top + height - ((Math.log10(y) - ys.low) / (ys.high - ys.low)) * height;
  const parts: string[] = [];
  for (let power = xs.low; power <= xs.high; power++) {
    const x = px(10 ** power).toFixed(1);
    parts.push(`<line x1="${x}" y1="${MARGIN.top}" x2="${x}" y2="${MARGIN.top + height}" stroke="#ddd"/>`);
    parts.push(`<text x="${x}" y="${MARGIN.top + height + 18}" text-anchor="middle">${10 ** power}</text>`);
  }
  for (let power = ys.low; power <= ys.high; power++) {
    const y = py(10 ** power).toFixed(1);
    parts.push(`<line x1="${MARGIN.left}" y1="${y}" x2="${MARGIN.left + width}" y2="${y}" stroke="#ddd"/>`);
    parts.push(
      `<text x="${MARGIN.left - 8}" y="${y}" text-anchor="end" dominant-baseline="middle">${10 ** power}</text>`,
    );
  }
  for (const [i, { name, points: own }] of series.entries()) {
    const colour = colours[i % colours.length]!;
    const path = own.map(([x, y]) => `${px(x).toFixed(1)},${py(y).toFixed(1)}`).join(" ");
    const legend = MARGIN.top + 14 + i * 20;
    parts.push(`<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    parts.push(
      `<rect x="${WIDTH - MARGIN.right + 12}" y="${legend - 9}" width="12" height="12" fill="${colour}"/>`,
    );
    parts.push(`<text x="${WIDTH - MARGIN.right + 30}" y="${legend + 1}">${escapeXml(name)}</text>`);
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="white"/>
<text x="${MARGIN.left}" y="24" font-size="15">${escapeXml(labels.title)}</text>
${parts.join("\n")}
<text x="${MARGIN.left + width / 2}" y="${HEIGHT - 12}" text-anchor="middle">${escapeXml(labels.x)}</text>
<text transform="translate(16 ${MARGIN.top + height / 2}) rotate(-90)" text-anchor="middle">${escapeXml(labels.y)}</text>
</svg>
`;
}
