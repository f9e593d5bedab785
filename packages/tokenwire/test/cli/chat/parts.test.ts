import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CitationLinks } from "../../../src/cli/chat/citation-links.ts";
import { readFunctionsFile } from "../../../src/cli/chat/functions-file.ts";
import { readScriptFile } from "../../../src/cli/script-file.ts";

let folder = "";
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "chat-parts-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("CitationLinks", () => {
  const pages = [{ url: "https://a.example/p", title: "A" }, { url: "" }];
  const source = "word【0†L1-L2】, 【1†x】 and 【0†half";
  const expected = "word ([a.example](https://a.example/p)), 【1†x】 and 【0†half";

  it("gives the same text however it comes", () => {
    for (let size = 1; size <= source.length; size++) {
      const links = new CitationLinks(() => pages);
      let shown = "";
      for (let at = 0; at < source.length; at += size) shown += links.push(source.slice(at, at + size));
      expect(shown + links.end()).toBe(expected);
    }
  });
  it("holds back nothing but a marker", () => {
    const links = new CitationLinks(() => pages);
    expect(links.push("so far 【0†")).toBe("so far ");
    expect(links.push(`${"x".repeat(300)}`)).toBe(`【0†${"x".repeat(300)}`);
  });
});

describe("--functions", () => {
  it("reads results by name", async () => {
    const answers = await readFunctionsFile(file("r.json", '{"a":"text","b":{"n":1},"c":null}'));
    expect([await answers("a", ""), await answers("b", "{}"), await answers("c", "{}")]).toEqual([
      "text",
      '{"n":1}',
      "null",
    ]);
    expect(await answers("toString", "{}")).toBeUndefined();
  });
  it("runs the functions of a module; what they throw is for the model", async () => {
    const source =
      "export default { add: ({ a, b }) => a + b };\nexport async function fail() { throw new Error('no'); }";
    const answers = await readFunctionsFile(file("f.mjs", source));
    expect(await answers("add", '{"a":1,"b":2}')).toBe("3");
    expect(await answers("fail", "{}")).toBe("Error: no");
    expect(await answers("add", "{")).toMatch(/^Error: /);
  });
  it.each([
    ["bad.json", "[]", /must hold an object/],
    ["bad2.json", "{", /cannot read/],
    ["bad.mjs", "syntax error", /cannot load/],
  ])("refuses %s", async (name, text, reason) => {
    await expect(readFunctionsFile(file(name, text))).rejects.toThrow(reason);
  });
});

describe("scripted:FILE", () => {
  const tokenizer = { encode: (text: string) => Uint32Array.from(text, (c) => c.charCodeAt(0)) };
  const read = (name: string, text: string) => readScriptFile(file(name, text), tokenizer as never);

  it("answers the calls in turn", async () => {
    const options = await read("s.json", '{"turns":[{"emit":"ab"},{"emit":[7],"delayMs":5,"call":9}]}');
    expect(options).toEqual({
      kind: "scripted",
      scripts: [
        { match: { call: 1 }, steps: [{ tokens: [97, 98] }] },
        { match: { call: 9 }, steps: [{ waitMs: 5 }, { tokens: [7] }] },
      ],
    });
  });
  it("says what is wrong", async () => {
    await expect(read("e.json", '{"turns":[{"emitt":"x"}]}')).rejects.toThrow(/turns\[0\]/);
    await expect(readScriptFile("/nowhere.json", tokenizer as never)).rejects.toThrow(
      /Cannot read the script/,
    );
  });
});
