// Drawings as SVG.

import type { Drawing, Shape } from "./line-chart.ts";

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]!);
}

/** The drawing as an SVG document, on white. */
export function toSvg({ width, height, shapes }: Drawing): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif">
<rect width="100%" height="100%" fill="white"/>
${shapes.map(element).join("\n")}
</svg>
`;
}

function element(shape: Shape): string {
  if (shape.kind === "line") {
    const points = shape.points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
    return `<polyline points="${points}" fill="none" stroke="${shape.colour}" stroke-width="${shape.width}"/>`;
  }
  const [x, y] = shape.at.map((value) => value.toFixed(1));
  const place =
    shape.isVertical === true ? `transform="translate(${x} ${y}) rotate(-90)"` : `x="${x}" y="${y}"`;
  return `<text ${place} text-anchor="${shape.align}" font-size="${shape.size}">${escapeXml(shape.text)}</text>`;
}
