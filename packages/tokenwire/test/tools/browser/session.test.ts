import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type BrowserBackend,
  BrowserSession,
  createLocalBackend,
  normalizeCitations,
} from "../../../src/tools/index.ts";
import { wordTokenizer } from "../word-tokenizer.ts";

const page = Array.from({ length: 30 }, (_, line) => `<p>line ${line} of the page</p>`).join("");
let fetched: string[] = [];
const backend: BrowserBackend = {
  source: "test",
  search: async (query) => {
    if (query === "fail") throw new Error("no luck");
    return [
      { title: "Fir<b>st†", url: "https://a.example/1", summary: "one 【9†x】" },
      { title: "Second", url: "https://b.example/2", summary: "two" },
    ];
  },
  fetch: async (url, { viewSource }) => {
    fetched.push(url);
    if (url.includes("missing")) throw new Error("gone");
    return {
      content: `<title>T</title>${viewSource ? "<raw>" : ""}${page}<a href="/next">next</a>`,
      title: "T",
    };
  },
};
const create = () => {
  fetched = [];
  return new BrowserSession({ backend, tokenizer: wordTokenizer, viewTokens: 60 });
};
const open = (session: BrowserSession, values: object) => session.call("open", JSON.stringify(values));

describe("a browsing session", () => {
  it("searches without letting results add markup", async () => {
    const session = create();
    const { text, action } = await session.call("search", '{"query":"q"}');
    expect(action).toEqual({ type: "search", query: "q" });
    expect(text).toContain("* 【0†Fir<b>st‡†a.example】 one 〖9†x〗");
    expect(text).toContain("* 【1†Second†b.example】 two");
  });

  it("scrolls, follows links, fetches each page once", async () => {
    const session = create();
    await session.call("search", '{"query":"q"}');
    expect((await open(session, { id: 0 })).text).toMatch(
      /^\[1\] T \(https:\/\/a\.example\/1\)\n\*\*viewing lines \[0 - \d+\] of/,
    );
    await open(session, { id: 0, cursor: 0 });
    expect(fetched).toEqual(["https://a.example/1"]);
    expect((await open(session, { loc: 4, num_lines: 1 })).text).toMatch(/L4: line 1 of the page\s*$/);
    expect((await open(session, { id: 0 })).action).toEqual({
      type: "open_page",
      url: "https://a.example/next",
    });
    expect((await open(session, { id: "https://c.example/" })).text).toContain("[5] T");
  });

  it("shows the source when asked to", async () => {
    const session = create();
    expect((await open(session, { id: "https://c.example/", view_source: true })).text).toContain(
      "<raw><p>line 0",
    );
  });

  it("finds and jumps to what it found", async () => {
    const session = create();
    await open(session, { id: "https://c.example/" });
    const { text } = await session.call("find", '{"pattern":"LINE 20"}');
    expect(text).toContain("L0: # 【0†match at L42】\nL1: line 20 of the page");
    expect((await open(session, { id: 0 })).text).toContain("L42: line 20");
  });

  it.each([
    ["open", "nonsense", '{"error": "Invalid function arguments"}'],
    ["open", "[1]", '{"error": "Invalid function arguments"}'],
    ["search", "{}", '{"error": "Missing required argument: query"}'],
    ["search", '{"query":"fail"}', "Error during search for `fail`: no luck"],
    ["open", '{"id":"https://x/missing"}', "Error fetching URL `https://x/missing`: gone"],
    ["open", '{"id":9}', "Invalid link id `9`."],
    ["open", '{"id":1.5}', "Invalid link id `1.5`."],
    ["open", '{"id":[]}', "Invalid link id `[]`."],
    ["open", '{"cursor":7}', "Cursor `7` is out of range. Available cursor indices: [0 - 0]."],
    ["open", '{"cursor":-2}', "Cursor `-2` is out of range. Available cursor indices: [0 - 0]."],
    ["open", '{"cursor":{}}', '{"error":"`cursor` should be an integer, got {}"}'],
    ["open", '{"loc":1e9}', /^Invalid location parameter: `1000000000`/],
    ["click", "{}", '{"error": "Unknown function: click"}'],
    ["constructor", "{}", '{"error": "Unknown function: constructor"}'],
  ])("answers %s(%s)", async (name, text, expected) => {
    const session = create();
    await open(session, { id: "https://c.example/" });
    const result = await session.call(name, text);
    expect(result.failed).toBe(true);
    expect(result.text).toEqual(typeof expected === "string" ? expected : expect.stringMatching(expected));
    expect(session.pages).toHaveLength(1);
  });

  it("accepts digits in strings and ignores unknown arguments", async () => {
    const session = create();
    await open(session, { id: "https://c.example/" });
    expect((await open(session, { cursor: "0", loc: "4", bogus: 1 })).failed).toBe(false);
  });

  it("goes on in another process from its exported state", async () => {
    const session = create();
    await open(session, { id: "https://c.example/" });
    await session.call("find", '{"pattern":"line 20"}');
    const other = create();
    other.importState(JSON.parse(JSON.stringify(session.exportState())));
    expect((await open(other, { id: 0 })).text).toBe((await open(session, { id: 0 })).text);
  });

  it("throws only for an abort", async () => {
    const controller = new AbortController();
    controller.abort();
    const slow = new BrowserSession({
      tokenizer: wordTokenizer,
      backend: { ...backend, fetch: async () => Promise.reject(new Error("aborted")) },
    });
    await expect(slow.call("open", '{"id":"https://x/"}', controller.signal)).rejects.toThrow(/abort/);
  });
});

describe("citations by default", () => {
  it("are links with one space before, titled by the page", () => {
    const { text, annotations, lines } = normalizeCitations("a【0†L3-L5】b", [
      { url: "https://x.y/z", title: "Zed" },
    ]);
    expect(text).toBe("a ([x.y](https://x.y/z))b");
    expect(annotations).toEqual([
      { type: "url_citation", start_index: 2, end_index: 24, title: "Zed", url: "https://x.y/z" },
    ]);
    expect(lines).toEqual([[3, 5]]);
  });
  it("count code points", () => {
    const [annotation] = normalizeCitations("😀 【0†L1】", [{ url: "https://x.y/z" }]).annotations;
    expect(annotation).toMatchObject({ start_index: 2, end_index: 24 });
  });
});

describe("the local backend", () => {
  let folder = "";
  let site: BrowserBackend;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "local-site-"));
    mkdirSync(join(folder, "site/sub"), { recursive: true });
    writeFileSync(join(folder, "secret.md"), "# secret zebra");
    writeFileSync(
      join(folder, "site/one.html"),
      "<title>Zebra</title><p>stripes and <a href='/x'>links</a></p>",
    );
    writeFileSync(join(folder, "site/sub/two b.md"), "# Heading\n\nzebra zebra zebra in the text");
    writeFileSync(join(folder, "site/image.png"), "zebra");
    symlinkSync(join(folder, "secret.md"), join(folder, "site/link.md"));
    site = await createLocalBackend(join(folder, "site"), { name: "docs" });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("ranks a title above text and finds nothing outside", async () => {
    const hits = await site.search("zebra", { count: 5 });
    expect(hits.map((hit) => hit.url)).toEqual([
      "file-site://docs/one.html",
      "file-site://docs/sub/two%20b.md",
    ]);
    expect(hits[1]).toMatchObject({ title: "Heading" });
  });
  it("is browsed by link, from the results to a page and from there on", async () => {
    const session = new BrowserSession({ backend: site, tokenizer: wordTokenizer });
    const results = await session.call("search", '{"query":"zebra"}');
    expect(results.text).toContain("【0†Zebra†docs】");
    expect((await open(session, { id: 0 })).text).toContain("【0†links】");
    expect((await open(session, { id: 0, cursor: 1 })).text).toContain(
      "Error fetching URL `file-site://docs/x`",
    );
  });
  it("reads what it found", async () => {
    expect(await site.fetch("file-site://docs/sub/two%20b.md", { viewSource: false })).toMatchObject({
      plain: true,
    });
    expect((await site.fetch("file-site://docs/one.html#top", { viewSource: false })).plain).toBeUndefined();
  });
  it.each([
    "file-site://docs/../secret.md",
    "file-site://docs/%2e%2e/secret.md",
    "file-site://docs/..%2fsecret.md",
    "file-site://docs/link.md",
    "file-site://other/one.html",
    "file:///etc/passwd",
    "file-site://docs/",
    "file-site://docs/%",
    "file-site://docs/%00",
    "file-site://docs/nope.md",
  ])("refuses %s", async (url) => {
    await expect(site.fetch(url, { viewSource: false })).rejects.toThrow("No such page");
  });
});
