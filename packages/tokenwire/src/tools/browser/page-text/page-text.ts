// A web page as text with numbered links: the format that gpt-oss models were trained to browse.

import { elementText, type HtmlToken, tokenizeHtml } from "./html-tokens.ts";
import { markInline, networkLocation } from "./inline-markers.ts";
import { layOut } from "./layout.ts";

export interface PageTextOptions {
  /** Address of the page: relative links resolve against it. Empty for a search page. */
  readonly url: string;
  /** Title to use instead of the page's own. */
  readonly title?: string;
  /** Put `URL: …` in front. Default: true. */
  readonly showUrl?: boolean;
  readonly mode?: "default" | "reference";
}

export interface PageText {
  readonly title: string;
  readonly text: string;
  /** Absolute URL by link id. */
  readonly urls: Readonly<Record<string, string>>;
}

/**
 * Converts HTML to page text. Text of the page can never contain link or citation marks of its own.
 *
 * @example
 * htmlToPageText('<p>See <a href="/b">this</a></p>', { url: "https://a.example/" }).text;
 * // "\nURL: https://a.example/\nSee 【0†this】"
 */
export function htmlToPageText(html: string, options: PageTextOptions): PageText {
  const reference = options.mode === "reference";
  const plain = reference ? html.replace(/[\u{10000}-\u{1ffff}]/gu, "") : html;
  return pageTextFromTokens(tokenizeHtml(replaceMarks(plain)), options);
}

/** The same for a page that is tokens already. */
export function pageTextFromTokens(tokens: readonly HtmlToken[], options: PageTextOptions): PageText {
  const { url, mode, showUrl = true } = options;
  const page = markInline(tokens.map(guardText), { pageUrl: url, reference: mode === "reference" });
  const text = tidy(layOut(separateWords(page.tokens)));
  const title = options.title || (elementText(tokens, "title") ?? networkLocation(url));
  return { title, text: showUrl ? `\nURL: ${url}\n${text}` : text, urls: page.urls };
}

const replaceMarks = (text: string): string =>
  text.replaceAll("【", "〖").replaceAll("】", "〗").replaceAll("◼", "◾").replaceAll("\u200b", "");

/** Marks written as character references appear only after parsing. */
function guardText(token: HtmlToken): HtmlToken {
  if (token.kind === "text")
    return /[【】]/.test(token.text) ? { kind: "text", text: replaceMarks(token.text) } : token;
  if (token.kind !== "open" || token.name !== "img") return token;
  const attributes = Object.fromEntries(
    Object.entries(token.attributes).map(([name, value]) => [name, replaceMarks(value)]),
  );
  return { ...token, attributes };
}

const endsInWord = /[\p{L}\p{N}_]$/u;
const startsWithWord = /^[\p{L}\p{N}_]/u;

/** One space where nothing but tags stands between two words, so that cells and paragraphs do not run together. */
function separateWords(tokens: readonly HtmlToken[]): HtmlToken[] {
  const out = [...tokens];
  let previous = -1;
  out.forEach((token, index) => {
    if (token.kind !== "text") return;
    const before = out[previous];
    const apart = previous !== -1 && previous < index - 1;
    if (apart && before?.kind === "text" && endsInWord.test(before.text) && startsWithWord.test(token.text)) {
      out[previous] = { kind: "text", text: `${before.text} ` };
    }
    previous = index;
  });
  return out;
}

/** Trims the whole, empties blank lines and keeps one of a run of them. */
function tidy(text: string): string {
  return text
    .trim()
    .replace(/^[^\S\n]+$/gm, "")
    .replace(/\n{3,}/g, "\n\n");
}
