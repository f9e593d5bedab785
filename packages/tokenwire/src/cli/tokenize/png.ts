// Drawings as PNG: lines with soft edges, and text in pen strokes, so that neither a browser nor a font is needed.

import { crc32, deflateSync } from "node:zlib";
import type { Drawing, Point, Shape } from "./line-chart.ts";
import { strokesOf } from "./stroke-font.ts";

/** Pixels of the image per pixel of the drawing. */
const SCALE = 2;
const textColour = "#222222";

class Image {
  readonly width: number;
  readonly height: number;
  /** Rows of one filter byte (0: none) and three bytes per pixel. */
  readonly rows: Uint8Array;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.rows = new Uint8Array(height * (1 + 3 * width)).fill(255);
    for (let y = 0; y < height; y++) this.rows[y * (1 + 3 * width)] = 0;
  }

  /** A straight line with round ends. */
  segment([x1, y1]: Point, [x2, y2]: Point, width: number, colour: string): void {
    const reach = width / 2 + 1;
    const length = (x2 - x1) ** 2 + (y2 - y1) ** 2;
    const last = {
      x: Math.min(this.width - 1, Math.max(x1, x2) + reach),
      y: Math.min(this.height - 1, Math.max(y1, y2) + reach),
    };
    for (let y = Math.max(0, Math.floor(Math.min(y1, y2) - reach)); y <= last.y; y++) {
      for (let x = Math.max(0, Math.floor(Math.min(x1, x2) - reach)); x <= last.x; x++) {
        // How far the middle of the pixel is from the nearest point of the line.
        const along = length === 0 ? 0 : ((x + 0.5 - x1) * (x2 - x1) + (y + 0.5 - y1) * (y2 - y1)) / length;
        const t = Math.min(1, Math.max(0, along));
        const distance = Math.hypot(x + 0.5 - x1 - t * (x2 - x1), y + 0.5 - y1 - t * (y2 - y1));
        this.#blend(x, y, Math.min(1, width / 2 + 0.5 - distance), colour);
      }
    }
  }

  #blend(x: number, y: number, share: number, colour: string): void {
    if (share <= 0) return;
    const at = y * (1 + 3 * this.width) + 1 + 3 * x;
    for (let i = 0; i < 3; i++) {
      const wanted = Number.parseInt(colour.slice(1 + 2 * i, 3 + 2 * i), 16);
      this.rows[at + i] = Math.round(this.rows[at + i]! * (1 - share) + wanted * share);
    }
  }
}

/** The drawing as a PNG file, on white. Colours are `#rrggbb`. */
export function toPng({ width, height, shapes }: Drawing): Uint8Array {
  const image = new Image(width * SCALE, height * SCALE);
  for (const shape of shapes) {
    for (const { points, pen, colour } of linesOf(shape)) {
      const scaled = points.map(([x, y]) => [x * SCALE, y * SCALE] as const);
      for (const [i, point] of scaled.entries()) {
        if (i > 0) image.segment(scaled[i - 1]!, point, pen * SCALE, colour);
      }
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(image.width, 0);
  header.writeUInt32BE(image.height, 4);
  // Eight bits per channel; red, green, blue.
  header.set([8, 2], 8);
  const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  const end = new Uint8Array(0);
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(image.rows)),
    chunk("IEND", end),
  ]);
}

interface PenLine {
  readonly points: readonly Point[];
  readonly pen: number;
  readonly colour: string;
}

function linesOf(shape: Shape): PenLine[] {
  if (shape.kind === "line") return [{ points: shape.points, pen: shape.width, colour: shape.colour }];
  const { strokes, width } = strokesOf(shape.text, shape.size);
  const shift = { start: 0, middle: -width / 2, end: -width }[shape.align];
  const [atX, atY] = shape.at;
  const place = ([x, y]: Point): Point =>
    shape.isVertical === true ? [atX + y, atY - x - shift] : [atX + x + shift, atY + y];
  return strokes.map((stroke) => ({ points: stroke.map(place), pen: shape.size / 11, colour: textColour }));
}

/** A part of a PNG file: length, type, data, checksum of type and data. */
function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
