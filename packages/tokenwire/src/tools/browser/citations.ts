// Citations in answers: 【cursor†L3-L5】 becomes a link and an annotation; and links in page text, stripped for `find`.

/** A page that a cursor names. An empty URL is a search page, which cannot be cited. */
export interface CitedPage {
  readonly url: string;
  readonly title?: string;
}

export interface UrlCitation {
  readonly type: "url_citation";
  /** Code points of the normalised text, end exclusive. */
  readonly start_index: number;
  readonly end_index: number;
  readonly title: string;
  readonly url: string;
}

export interface NormalizedCitations {
  readonly text: string;
  readonly annotations: readonly UrlCitation[];
  /** Lines cited, by annotation: `[3, 5]` for `L3-L5`. */
  readonly lines: readonly (readonly [number, number] | undefined)[];
  /** The text ends in an unfinished citation. */
  readonly hasPartial: boolean;
}

export interface NormalizeOptions {
  /** Leave an unfinished citation at the end out. */
  readonly hidePartial?: boolean;
  readonly mode?: "default" | "reference";
}

const citation = /【(\d+)†([^†】]+)(?:†[^†】]*)?】/g;

/** The end of a text that may still become a citation, for those who show text as it arrives. Longer ones are text. */
export const unfinishedCitation: RegExp = /【(?:\d{1,6}(?:†[^†】]{0,200}(?:†[^†】]{0,400})?)?)?$/;
const partialCitation = /【(?:\d+(?:†[^†】]*(?:†[^†】]*)?)?)?$/;

/** Percent-decodes as browsers show URLs: invalid sequences stay, invalid UTF-8 becomes U+FFFD. */
export function decodeUrl(url: string): string {
  return url.replace(/(?:%[0-9a-fA-F]{2})+/g, (run) => {
    const bytes = Uint8Array.from(run.slice(1).split("%"), (hex) => Number.parseInt(hex, 16));
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  });
}

function domainOf(url: string): string {
  const decoded = decodeUrl(url);
  return decoded.split("/")[2] ?? decoded;
}

const lengthInCodePoints = (text: string): number => Array.from(text).length;

/** Replaces citations of known pages by links. Citations of unknown or search pages stay as text. */
export function normalizeCitations(
  text: string,
  pages: readonly CitedPage[],
  options: NormalizeOptions = {},
): NormalizedCitations {
  const { mode = "default", hidePartial = false } = options;
  const partial = partialCitation.exec(text);
  const source = partial !== null && hidePartial ? text.slice(0, partial.index) : text;
  const annotations: UrlCitation[] = [];
  const lines: (readonly [number, number] | undefined)[] = [];
  let out = "";
  let length = 0;
  let last = 0;
  const append = (piece: string): void => {
    out += piece;
    length += lengthInCodePoints(piece);
  };
  for (const match of source.matchAll(citation)) {
    const page = pages[Number(match[1])];
    if (page === undefined || page.url === "") continue;
    append(source.slice(last, match.index));
    last = match.index + match[0].length;
    const domain = domainOf(page.url);
    const link = `([${domain}](${page.url}))`;
    if (mode === "default" && out !== "" && !/\s$/.test(out)) append(" ");
    const start = length;
    append(mode === "reference" ? ` ${link} ` : link);
    const title = mode === "reference" ? domain : page.title || domain;
    annotations.push({ type: "url_citation", start_index: start, end_index: length, title, url: page.url });
    lines.push(lineRange(match[2]!));
  }
  append(source.slice(last));
  return { text: out, annotations, lines, hasPartial: partial !== null };
}

function lineRange(content: string): readonly [number, number] | undefined {
  const range = /^L(\d+)(?:-L?(\d+))?$/.exec(content);
  return range === null ? undefined : [Number(range[1]), Number(range[2] ?? range[1])];
}

/** Removes link markers, and the halves of markers that line wrapping cut, keeping the text of each link. */
export function stripLinks(line: string): string {
  return line
    .replace(/^[^【】]*】/, "")
    .replace(/【\d*(?:†([^†】]*)(?:†[^†】]*)?)?$/, (_, content: string | undefined) => content ?? "")
    .replace(/【\d+†([^†】]*)(?:†[^†】]*)?】/g, "$1");
}
