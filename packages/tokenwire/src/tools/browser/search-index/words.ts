// What of a file is searched for: its words. Pages are read by a linear scan instead of the real HTML parser, which
// takes twenty times as long: over tens of thousands of files that decides whether there is an index at all.

/** Elements whose text nobody reads. */
const hidden = new Set(["script", "style", "svg", "template"]);

const named: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
};

/** Words as they are indexed: runs of letters and digits, in lower case. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** Title and text of a page, good enough to find it by. */
export function pageWords(html: string): { readonly title: string; readonly text: string } {
  const title = /<title[^>]{0,200}>([^<]{0,1000})/i.exec(html)?.[1] ?? "";
  const body = /<body[\s>]/i.exec(html)?.index ?? 0;
  return { title: decode(title), text: decode(withoutTags(html.slice(body))) };
}

/** One pass: whatever is opened and never closed ends the text, so that nothing is looked for twice. */
function withoutTags(html: string): string {
  // ASCII only: some letters grow when they are made small, and places would no longer agree.
  const lower = html.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  const parts: string[] = [];
  let at = 0;
  for (let open = html.indexOf("<"); open >= 0; open = html.indexOf("<", at)) {
    parts.push(html.slice(at, open));
    const end = endOfMarkup(lower, open);
    if (end < 0) return parts.join(" ");
    if (end === open) parts.push("<");
    at = Math.max(end, open + 1);
  }
  parts.push(html.slice(at));
  return parts.join(" ");
}

/** Where the tag, comment or hidden element that begins at `open` ends; `open` itself when nothing does; -1: never. */
function endOfMarkup(lower: string, open: number): number {
  const behind = (text: string, from: number): number => {
    const found = lower.indexOf(text, from);
    return found < 0 ? -1 : found + text.length;
  };
  if (lower.startsWith("<!--", open)) return behind("-->", open + 4);
  const name = /^[a-z]{1,10}/.exec(lower.slice(open + 1, open + 12))?.[0];
  if (name === undefined && !"/!?".includes(lower[open + 1] ?? " ")) return open;
  const end = behind(">", open);
  if (end < 0 || name === undefined || !hidden.has(name)) return end;
  const close = behind(`</${name}`, end);
  return close < 0 ? -1 : behind(">", close);
}

function decode(text: string): string {
  if (!text.includes("&")) return text.replace(/\s+/g, " ").trim();
  const decoded = text.replace(
    /&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,6}));/gi,
    (whole, decimal, hex, name) => {
      if (name !== undefined) return named[String(name).toLowerCase()] ?? whole;
      const point = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
      return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
    },
  );
  return decoded.replace(/\s+/g, " ").trim();
}
