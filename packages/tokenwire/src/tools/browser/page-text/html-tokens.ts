// HTML as a flat list of tags and text runs, after the rewriting that turns links, images and math into text.

import { Parser } from "htmlparser2";

export type HtmlToken =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "open"; readonly name: string; readonly attributes: Readonly<Record<string, string>> }
  | { readonly kind: "close"; readonly name: string }
  /** Nothing is shown for it, but like a tag it ends a run of text. */
  | { readonly kind: "comment" };

/** Text inside these is code or styling, never content. */
const rawText = new Set(["script", "style"]);

/** Tags and text in document order; every open tag has its close tag. */
export function tokenizeHtml(html: string): HtmlToken[] {
  const tokens: HtmlToken[] = [];
  let skipped = 0;
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        if (rawText.has(name)) skipped += 1;
        tokens.push({ kind: "open", name, attributes });
      },
      onclosetag(name) {
        if (rawText.has(name)) skipped -= 1;
        tokens.push({ kind: "close", name });
      },
      ontext(text) {
        if (skipped === 0) tokens.push({ kind: "text", text });
      },
      oncomment() {
        tokens.push({ kind: "comment" });
      },
    },
    { decodeEntities: true, lowerCaseTags: true },
  );
  parser.write(html);
  parser.end();
  return mergeText(tokens);
}

/** Joins neighbouring text runs. */
export function mergeText(tokens: readonly HtmlToken[]): HtmlToken[] {
  const merged: HtmlToken[] = [];
  let run: string[] = [];
  const flush = (): void => {
    if (run.length > 0) merged.push({ kind: "text", text: run.join("") });
    run = [];
  };
  for (const token of tokens) {
    if (token.kind === "text") {
      if (token.text !== "") run.push(token.text);
    } else {
      flush();
      merged.push(token);
    }
  }
  flush();
  return merged;
}

/** The text of the first element with this name. */
export function elementText(tokens: readonly HtmlToken[], name: string): string | undefined {
  const start = tokens.findIndex((token) => token.kind === "open" && token.name === name);
  if (start === -1) return undefined;
  const end = tokens.findIndex(
    (token, index) => index > start && token.kind === "close" && token.name === name,
  );
  return tokens
    .slice(start, end)
    .map((token) => (token.kind === "text" ? token.text : ""))
    .join("");
}
