// A chart of lines over two logarithmic axes, as shapes that svg.ts and png.ts draw.

export interface Series {
  readonly name: string;
  /** Points in increasing order of x; both coordinates positive. */
  readonly points: readonly Point[];
}

export interface ChartLabels {
  readonly title: string;
  readonly x: string;
  readonly y: string;
}

export type Point = readonly [x: number, y: number];

/** What charts are made of, in pixels from the top left. */
export type Shape =
  | {
      readonly kind: "line";
      readonly points: readonly Point[];
      readonly colour: string;
      readonly width: number;
    }
  | {
      readonly kind: "text";
      readonly at: Point;
      readonly text: string;
      readonly align: Align;
      readonly size: number;
      readonly isVertical?: boolean;
    };

/** Which end of a text is at its point: the text's baseline runs through it. */
export type Align = "start" | "middle" | "end";

export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly shapes: readonly Shape[];
}

const WIDTH = 760;
const HEIGHT = 440;
const MARGIN = { left: 70, right: 190, top: 40, bottom: 50 };
const SIZE = 12;
const colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#555555"];
const grid = "#dddddd";

/** Powers of ten that span the values. */
function decades(values: readonly number[]): { readonly low: number; readonly high: number } {
  const low = Math.floor(Math.log10(Math.min(...values)));
  return { low, high: Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values)))) };
}

/** The chart of at least one point. */
export function lineChart(series: readonly Series[], labels: ChartLabels): Drawing {
  const points = series.flatMap((one) => one.points);
  const xs = decades(points.map(([x]) => x));
  const ys = decades(points.map(([, y]) => y));
  const width = WIDTH - MARGIN.left - MARGIN.right;
  const height = HEIGHT - MARGIN.top - MARGIN.bottom;
  const right = MARGIN.left + width;
  const bottom = MARGIN.top + height;
  const px = (x: number): number => MARGIN.left + ((Math.log10(x) - xs.low) / (xs.high - xs.low)) * width;
  const py = (y: number): number => bottom - ((Math.log10(y) - ys.low) / (ys.high - ys.low)) * height;
  const shapes: Shape[] = [];
  const line = (from: Point, to: Point): void => {
    shapes.push({ kind: "line", points: [from, to], colour: grid, width: 1 });
  };
  const text = (at: Point, content: string, align: Align): void => {
    shapes.push({ kind: "text", at, text: content, align, size: SIZE });
  };
  for (let power = xs.low; power <= xs.high; power++) {
    const x = px(10 ** power);
    line([x, MARGIN.top], [x, bottom]);
    text([x, bottom + 18], String(10 ** power), "middle");
  }
  for (let power = ys.low; power <= ys.high; power++) {
    const y = py(10 ** power);
    line([MARGIN.left, y], [right, y]);
    text([MARGIN.left - 8, y + 4], String(10 ** power), "end");
  }
  for (const [i, { name, points: own }] of series.entries()) {
    const colour = colours[i % colours.length]!;
    const legend = MARGIN.top + 10 + i * 20;
    shapes.push({ kind: "line", points: own.map(([x, y]) => [px(x), py(y)]), colour, width: 2 });
    shapes.push({
      kind: "line",
      points: [
        [right + 14, legend],
        [right + 26, legend],
      ],
      colour,
      width: 4,
    });
    text([right + 34, legend + 4], name, "start");
  }
  shapes.push({ kind: "text", at: [MARGIN.left, 24], text: labels.title, align: "start", size: 15 });
  text([MARGIN.left + width / 2, HEIGHT - 12], labels.x, "middle");
  const at: Point = [20, MARGIN.top + height / 2];
  shapes.push({ kind: "text", at, text: labels.y, align: "middle", size: SIZE, isVertical: true });
  return { width: WIDTH, height: HEIGHT, shapes };
}
