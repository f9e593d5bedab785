import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SearchIndex } from "../../../src/tools/browser/search-index/search-index.ts";
import { pageWords } from "../../../src/tools/browser/search-index/words.ts";
import { createLocalBackend } from "../../../src/tools/index.ts";

describe("SearchIndex", () => {
  const add = (index: SearchIndex, id: string, title: string, text: string) =>
    index.add({ id, title, text, summary: "" });
  const ids = (index: SearchIndex, query: string, count = 10) =>
    index.search(query, count).map(({ id }) => id);

  it("ranks as BM25 does, a title three times as much", () => {
    const texts = ["zebra zebra lion", "zebra and many other words that make it long", "lion", "nothing"];
    const index = new SearchIndex();
    for (const [number, text] of texts.entries()) add(index, `d${number}`, "x", text);
    // By the formula, written out for one word in one document.
    const lengths = texts.map((text) => text.split(" ").length);
    const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
    const idf = Math.log(1 + (4 - 2 + 0.5) / (2 + 0.5));
    const score = (tf: number, length: number) =>
      (idf * tf * 2.2) / (tf + 1.2 * (1 - 0.75 + (0.75 * length) / mean));
    expect(score(2, lengths[0]!)).toBeGreaterThan(score(1, lengths[1]!));
    expect(ids(index, "zebra")).toEqual(["d0", "d1"]);
    expect(ids(index, "lion")).toEqual(["d2", "d0"]);
    expect(ids(index, "zebra lion", 1)).toEqual(["d0"]);
    expect(ids(index, "absent __proto__ constructor")).toEqual([]);
    add(index, "titled", "Zebra", "a page of many words about something that is not in the query at all");
    expect(ids(index, "zebra")[0]).toBe("titled");
  });

  it("finds words in any script, and counts beyond one byte", () => {
    const index = new SearchIndex();
    for (let number = 0; number < 500; number++) {
      add(index, String(number), "", number % 400 === 0 ? "Straße 東京 Ünïcode" : "filler");
    }
    add(index, "many", "", "東京 ".repeat(1000));
    expect(ids(index, "STRASSE straße")).toEqual(["0", "400"]);
    expect(ids(index, "東京")[0]).toBe("many");
    expect(ids(index, "東京")).toHaveLength(3);
  });
});

describe("pageWords", () => {
  it("reads what a reader sees", () => {
    const html = `<html><head><title>A &amp; B</title><style>p{hidden}</style></head><body class=x>
      <script>var hidden = "<p>";</script><!-- hidden --><p>one<b>two</b> &lt;tag&gt; &#233;&#x4e2d;&nope;</p><svg><text>hidden</text></svg> 3 < 4</body>`;
    expect(pageWords(html)).toEqual({ title: "A & B", text: "one two <tag> é中&nope; 3 < 4" });
    expect(pageWords("<script>never closed").text).toBe("");
    expect(pageWords(`<P>${"İ".repeat(9)}<SCRIPT>x</SCRIPT>end`).text).toBe(`${"İ".repeat(9)} end`);
    expect(pageWords("").title).toBe("");
  });
  it("is linear in the length of a page that is nothing but open ends", () => {
    for (const piece of ["<", "<!--", "<script", "<a ", "&#", "</"]) {
      expect(pageWords(piece.repeat(200_000)).title).toBe("");
    }
  });
});

describe("the index of a folder", () => {
  let folder = "";
  const site = () => join(folder, "site");
  const indexFile = () => `${site()}.tokenwire-index`;
  const search = async (query: string, options: { indexFile?: string | false } = {}) =>
    (await (await createLocalBackend(site(), options)).search(query, { count: 5 })).map(({ url }) => url);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "folder-index-"));
    mkdirSync(join(site(), "sub"), { recursive: true });
    writeFileSync(join(site(), "one.html"), "<title>One</title><p>zebra");
    writeFileSync(join(site(), "sub/two.md"), "# Two\n\nlion");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("is kept beside it and used again while no file changed", async () => {
    expect(await search("zebra")).toEqual(["file-site://site/one.html"]);
    const made = statSync(indexFile()).mtimeMs;
    utimesSync(indexFile(), 1, 1);
    expect(await search("lion")).toEqual(["file-site://site/sub/two.md"]);
    expect(statSync(indexFile()).mtimeMs).toBe(1000);
    writeFileSync(join(site(), "three.txt"), "zebra crossing");
    expect(await search("crossing")).toEqual(["file-site://site/three.txt"]);
    expect(statSync(indexFile()).mtimeMs).toBeGreaterThanOrEqual(made);
  });

  it("is not believed when it is damaged", async () => {
    await search("zebra");
    const whole = readFileSync(indexFile());
    for (const damage of [
      () => truncateSync(indexFile(), whole.length - 3),
      () => appendFileSync(indexFile(), "x"),
      () => writeFileSync(indexFile(), "TWINDEX1\xff\xff\xff\xff"),
      () => writeFileSync(indexFile(), ""),
      () => writeFileSync(indexFile(), Buffer.concat([whole.subarray(0, 20), Buffer.alloc(200)])),
    ]) {
      damage();
      expect(await search("zebra")).toEqual(["file-site://site/one.html"]);
      expect(readFileSync(indexFile())).toEqual(whole);
    }
  });

  it("works where nothing can be kept", async () => {
    expect(await search("zebra", { indexFile: join(folder, "absent/place") })).toHaveLength(1);
    expect(await search("zebra", { indexFile: false })).toHaveLength(1);
    expect(existsSync(indexFile())).toBe(false);
  });
});
