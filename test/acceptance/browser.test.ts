// The browser tool's text formats against recordings of the published tool.

import { existsSync, readFileSync } from "node:fs";
import { getEncoding } from "@tokenwire/encodings";
import { describe, expect, it } from "vitest";
import {
  type BrowserBackend,
  BrowserSession,
  htmlToPageText,
  normalizeCitations,
  stripLinks,
  wrapLines,
} from "../../packages/tokenwire/src/tools/browser/index.ts";

const folder = new URL("../../../shared/acceptance/gpt-oss/", import.meta.url);
const present = existsSync(folder);

function read<T>(name: string, fallback: T): T {
  return present ? (JSON.parse(readFileSync(new URL(name, folder), "utf8")) as T) : fallback;
}

interface PageCase {
  readonly name?: string;
  readonly file?: string;
  readonly html?: string;
  readonly title: string;
  readonly text: string;
  readonly urls: Record<string, string>;
}

describe.skipIf(!present)("line wrapping", () => {
  const cases = read<{ text: string; lines: string[] }[]>("wrap_lines.json", []);
  it.each(cases)("case %#", ({ text, lines }) => {
    expect(wrapLines(text)).toEqual(lines);
  });
});

describe.skipIf(!present)("citations", () => {
  const data = read("citations.json", {
    page_stack: [] as string[],
    cases: [] as {
      text: string;
      normalized: string;
      annotations: object[];
      partial: boolean;
      hidden: string;
    }[],
    strip_links: [] as { text: string; out: string }[],
  });
  const pages = data.page_stack.map((url) => ({ url }));
  it.each(data.cases)("normalises $text", ({ text, normalized, annotations, partial, hidden }) => {
    const result = normalizeCitations(text, pages, { mode: "reference" });
    expect(result).toMatchObject({ text: normalized, annotations, hasPartial: partial });
    expect(normalizeCitations(text, pages, { mode: "reference", hidePartial: true }).text).toBe(hidden);
  });
  it.each(data.strip_links)("strips links of $text", ({ text, out }) => {
    expect(stripLinks(text)).toBe(out);
  });
});

describe.skipIf(!present)("page text", () => {
  const small = read<PageCase[]>("pages.json", []);
  it.each(small)("$name", ({ html = "", title, text, urls }) => {
    const page = htmlToPageText(html, { url: "https://www.example.com/base/page", mode: "reference" });
    expect(page).toEqual({ title, text, urls });
  });
  const real = read<PageCase[]>("rustdoc_pages.json", []).filter((page) =>
    existsSync(new URL(`rustdoc/${page.file}`, folder)),
  );
  it.each(real)("$file", ({ file, title, text, urls }) => {
    const html = readFileSync(new URL(`rustdoc/${file}`, folder), "utf8");
    const page = htmlToPageText(html, { url: "https://doc.rust-lang.org/x/y.html", mode: "reference" });
    expect(page.text).toBe(text);
    expect(page).toEqual({ title, text, urls });
  });
});

interface FlowCall {
  readonly fn: string;
  readonly args: object | string;
  readonly messages?: readonly { readonly text: string }[];
  readonly exception?: string;
  readonly stack: readonly string[];
}

describe.skipIf(!present)("browser sessions", () => {
  interface Served {
    readonly title: string;
    readonly text: string;
    readonly urls: Record<string, string>;
  }
  const data = read("browser_flows.json", {
    pages: {} as Record<string, Served>,
    search_html: "",
    sessions: [] as FlowCall[][],
  });
  const hits = [...data.search_html.matchAll(/<li><a href='([^']*)'>(.*?)<\/a> (.*?)<\/li>/g)].map(
    ([, url = "", title = "", summary = ""]) => ({ url, title, summary }),
  );
  const backend: BrowserBackend = {
    source: "web",
    search: async () => hits,
    fetch: async (url) => {
      const page = data.pages[url.replace("https://doc.rust-lang.org/", "")];
      if (page === undefined) throw new Error(`404 ${url}`);
      const { title, urls, text } = page;
      return { content: text.split("\n").slice(2).join("\n"), plain: true, title, urls };
    },
  };
  it.each(data.sessions.map((calls, index) => [index, calls] as const))("session %i", async (_, calls) => {
    const tokenizer = getEncoding("o200k_base");
    const session = new BrowserSession({ backend, tokenizer, mode: "reference" });
    for (const { fn, args, messages, exception, stack } of calls) {
      const result = await session.call(fn, typeof args === "string" ? args : JSON.stringify(args));
      if (exception === undefined) expect(result.text).toBe(messages?.[0]?.text);
      else if (result.failed) expect(result.text).toMatch(/^{"error": /);
      // An unknown argument is ignored where the published tool raised: its display is taken back to compare on.
      else session.importState({ ...session.exportState(), stack: session.exportState().stack.slice(0, -1) });
      expect(session.pages.map((page) => page.url)).toEqual(stack);
    }
  });
});
