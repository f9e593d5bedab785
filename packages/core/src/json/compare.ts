// Order by code points, which is Python's order of strings; JavaScript's `<` orders by UTF-16 units.

/** Negative, zero or positive as `a` sorts before, with or after `b`. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left !== right) return sortKey(left) - sortKey(right);
  }
  return a.length - b.length;
}

/** Surrogates stand for characters above U+FFFF, so they sort above every other unit. */
function sortKey(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
