// Letters as pen strokes, for images that are drawn where no font may be installed.
//
// A glyph is a list of strokes, each a row of points of two digits: x from 0 to 4, y from 0 (top of capitals) over 6
// (baseline) to 8. A stroke of one point twice is a dot.

import type { Point } from "./line-chart.ts";

const glyphs: Readonly<Record<string, string>> = {
  0: "103041453616050110",
  1: "112026 1636",
  2: "01103041420646",
  3: "004022324345361605",
  4: "36300444",
  5: "400002324345361605",
  6: "413010010516364543321203",
  7: "004016",
  8: "103041423313020110 1304051636454433",
  9: "051636454130100103143443",
  A: "062046 1434",
  B: "003041423303334445360600",
  C: "4130100105163645",
  D: "00304145360600",
  E: "40000646 0333",
  F: "400006 0333",
  G: "41301001051636454323",
  H: "0006 4046 0343",
  I: "1030 2026 1636",
  J: "3035261605",
  K: "0006 400346",
  L: "000646",
  M: "0600224046",
  N: "06004640",
  O: "103041453616050110",
  P: "06003041423303",
  Q: "103041453616050110 2446",
  R: "06003041423303 2346",
  S: "413010010213334445361605",
  T: "0040 2026",
  U: "000516364540",
  V: "002640",
  W: "0016223640",
  X: "0046 4006",
  Y: "002340 2326",
  Z: "00400646",
  a: "12324346 441405163645",
  b: "0006 0312324345361605",
  c: "4332120305163645",
  d: "4046 4332120305163645",
  e: "04444332120305163645",
  f: "41302126 1333",
  g: "4332120305163645 4247381807",
  h: "0006 0312324346",
  i: "2226 2020",
  j: "22271808 2020",
  k: "0006 420446",
  l: "202536",
  m: "0602 03122326 23324346",
  n: "0602 0312324346",
  o: "123243453616050312",
  p: "0208 0312324345361605",
  q: "4248 4332120305163645",
  r: "1612 132232",
  s: "43321203143445361605",
  t: "20253645 1232",
  u: "0205163645 4246",
  v: "022642",
  w: "0216243642",
  x: "0246 4206",
  y: "0226 4218",
  z: "02420646",
  ".": "2626",
  ",": "2617",
  ":": "2323 2626",
  "-": "1434",
  "+": "2226 0444",
  "=": "0343 0545",
  _: "0747",
  "/": "0640",
  "(": "30212536",
  ")": "10212516",
  "@": "33221314253443 4441301001051636",
  "'": "2021",
};

/** A frame stands for what has no glyph. */
const unknown = "0040460600";
const GAP = 1.7;
const SPACE = 2.4;
/** Height of capitals as a share of the font size, in units of the grid. */
const UNIT = 0.7 / 6;

/** The strokes of a text on a baseline at y = 0, and how wide it is, in pixels for a font of `size` pixels. */
export function strokesOf(
  text: string,
  size: number,
): { readonly strokes: Point[][]; readonly width: number } {
  const unit = size * UNIT;
  const strokes: Point[][] = [];
  let x = 0;
  for (const character of text) {
    if (character === " ") {
      x += SPACE;
      continue;
    }
    const glyph = (Object.hasOwn(glyphs, character) ? glyphs[character]! : unknown)
      .split(" ")
      .map((stroke) =>
        (stroke.match(/../g) ?? []).map((pair) => [Number(pair[0]), Number(pair[1])] as const),
      );
    const xs = glyph.flat().map(([at]) => at);
    const left = Math.min(...xs);
    for (const stroke of glyph)
      strokes.push(stroke.map(([at, y]) => [(x + at - left) * unit, (y - 6) * unit]));
    x += Math.max(...xs) - left + GAP;
  }
  return { strokes, width: Math.max(0, x - GAP) * unit };
}
