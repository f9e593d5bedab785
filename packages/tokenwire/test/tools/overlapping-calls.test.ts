// Calls of one answer are started together; what shares state keeps their order.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createApplyPatchTool,
  createBrowserTool,
  defineTool,
  runTool,
  type Tool,
} from "../../src/tools/index.ts";
import { wordTokenizer } from "./word-tokenizer.ts";

const context = { signal: new AbortController().signal };
const call = (tool: Tool, name: string, values: unknown) =>
  runTool(tool, { function: name, arguments: JSON.stringify(values) }, context);

describe("overlapping calls", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "overlap-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("of the browser get their cursors in the order they were made", async () => {
    const delays = [30, 20, 1];
    const browser = createBrowserTool({
      tokenizer: wordTokenizer,
      backend: {
        source: "test",
        search: async () => [],
        fetch: async (url) => {
          await pause(delays.shift());
          return { content: `<p>${url}</p>` };
        },
      },
    });
    expect(browser.concurrency).toBe("serial");
    const urls = ["https://a.example/", "https://b.example/", "https://c.example/"];
    const results = await Promise.all(urls.map((id) => call(browser, "open", { id })));
    for (const [index, { text }] of results.entries()) {
      expect(text.startsWith(`[${index}] `)).toBe(true);
      expect(text).toContain(urls[index]);
    }
  });

  it("of the browser go on after one that failed, and never start once aborted", async () => {
    const fetched: string[] = [];
    const browser = createBrowserTool({
      tokenizer: wordTokenizer,
      backend: {
        source: "test",
        search: async () => [],
        fetch: async (url) => {
          fetched.push(url);
          if (url === "https://bad.example/") throw new Error("gone");
          return { content: "<p>ok</p>" };
        },
      },
    });
    const abort = new AbortController();
    const given = runTool(
      browser,
      { function: "open", arguments: '{"id":"https://late.example/"}' },
      { signal: abort.signal },
    );
    const bad = call(browser, "open", { id: "https://bad.example/" });
    const good = call(browser, "open", { id: "https://good.example/" });
    abort.abort(new Error("left"));
    await expect(given).rejects.toThrow("left");
    expect((await bad).failed).toBe(true);
    expect((await good).text.startsWith("[0] ")).toBe(true);
    expect(fetched).toEqual(["https://bad.example/", "https://good.example/"]);
  });

  it("of apply_patch see each other's changes, also from two tools over one folder", async () => {
    writeFileSync(join(folder, "list"), "0\n");
    const tools = [
      createApplyPatchTool({ root: folder, needsApproval: false }),
      createApplyPatchTool({ root: `${folder}/.`, needsApproval: false }),
    ];
    const patches = Array.from(
      { length: 20 },
      (_, n) =>
        `*** Begin Patch\n*** Update File: list\n@@\n ${n}\n+${n + 1}\n*** End of File\n*** End Patch\n`,
    );
    const results = await Promise.all(
      patches.map((patch, n) =>
        runTool(tools[n % 2]!, { function: "apply_patch", arguments: patch }, context),
      ),
    );
    expect(results.filter(({ failed }) => failed)).toEqual([]);
    expect(readFileSync(join(folder, "list"), "utf8")).toBe(
      Array.from({ length: 21 }, (_, n) => `${n}\n`).join(""),
    );
  });

  it("of a function tool run at once, unless it says serial", async () => {
    const peak = async (concurrency: "parallel" | "serial"): Promise<number> => {
      let running = 0;
      let most = 0;
      const tool = defineTool({
        name: "count",
        description: "",
        concurrency,
        execute: async () => {
          most = Math.max(most, ++running);
          await pause(5);
          running -= 1;
          return "";
        },
      });
      await Promise.all([1, 2, 3].map(() => call(tool, "count", {})));
      return most;
    };
    expect([await peak("parallel"), await peak("serial")]).toEqual([3, 1]);
  });

  it("previews a patch without touching a file", async () => {
    writeFileSync(join(folder, "a"), "one\n");
    const tool = createApplyPatchTool({ root: folder });
    const patch = "*** Begin Patch\n*** Update File: a\n@@\n-one\n+two\n*** Delete File: b\n*** End Patch\n";
    expect(await tool.preview?.({ function: "apply_patch", arguments: patch })).toMatch(
      /Error applying patch/,
    );
    const good = patch.replace("*** Delete File: b\n", "");
    expect(await tool.preview?.({ function: "apply_patch", arguments: good })).toMatch(/-one\n\+two/);
    expect(readFileSync(join(folder, "a"), "utf8")).toBe("one\n");
  });
});
