import { createTwoFilesPatch } from "diff";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type PatchSource, type PlanPatchOptions, parsePatch, planPatch } from "../../../src/tools/index.ts";

async function run(files: Record<string, string>, body: string, options: PlanPatchOptions = {}) {
  const source: PatchSource = {
    readFile: async (path) => files[path],
    resolvePath: async (path) => ({ path }),
    nearNames: async () => Object.keys(files),
  };
  const plan = await planPatch(parsePatch(`*** Begin Patch\n${body}\n*** End Patch`), source, options);
  const after = { ...files };
  for (const { path, oldPath, newText } of plan.changes) {
    if (oldPath !== undefined) delete after[oldPath];
    if (newText === undefined) delete after[path];
    else after[path] = newText;
  }
  return { plan, after, code: plan.problem?.code, warnings: plan.warnings.map(({ code }) => code) };
}

const one = async (text: string, hunks: string, options: PlanPatchOptions = {}) => {
  const result = await run({ f: text }, `*** Update File: f\n${hunks}`, options);
  return result.code ?? result.after["f"];
};

const python = "class A:\n    def f(self):\n        return 1\n\n    def g(self):\n        return 1\n";

describe("updates in default mode", () => {
  it.each([
    [
      "stacked headers",
      python,
      "@@ class A:\n@@     def g(self):\n-        return 1\n+        return 3",
      python.replace(/1\n$/, "3\n"),
    ],
    [
      "a header trimmed",
      python,
      "@@ def g(self):\n-        return 1\n+        return 3",
      python.replace(/1\n$/, "3\n"),
    ],
    [
      "a missing header",
      python,
      "@@ def zzz(self):\n-        return 1\n+        return 2",
      "header-not-found",
    ],
    ["a diff-style header", "a\nb\na\nb\n", "@@ -3,1 +3,1 @@\n-a\n+A", "a\nb\nA\nb\n"],
    [
      "end of file despite a final newline",
      "x\ny\nx\ny\nx\n",
      "@@\n x\n+END\n*** End of File",
      "x\ny\nx\ny\nx\nEND\n",
    ],
    ["end of file elsewhere", "one\ntwo\n", "@@\n one\n+1.5\n*** End of File", "not-at-end-of-file"],
    ["a pure insertion", "one\n", "@@\n+two", "one\ntwo\n"],
    ["an insertion after a header", "one\ntwo\n", "@@ one\n+1.5", "one\n1.5\ntwo\n"],
    [
      "an insertion before a replacement",
      "line1\nline2\nline3\n",
      "@@\n+a\n+b\n@@\n line1\n-line2\n-line3\n+L",
      "line1\nL\na\nb\n",
    ],
    ["CRLF kept", "x\r\ny\r\nz\r\n", "@@\n x\n-y\n+Y\n z", "x\r\nY\r\nz\r\n"],
    [
      "CRLF for inserted lines",
      "one\r\ntwo\r\nthree\r\n",
      "@@\n-one\n+uno\n two\n+\n+between\n three",
      "uno\r\ntwo\r\n\r\nbetween\r\nthree\r\n",
    ],
    ["mixed endings, the kept line", "same\r\nsame\n", "@@\n-same\n same", "same\n"],
    [
      "mixed endings, an inserted line",
      "one\r\ntwo\nthree\r\nfour\n",
      "@@\n two\n-three\n+THREE\n four",
      "one\r\ntwo\nTHREE\r\nfour\n",
    ],
    ["a final newline added", "one\r\ntwo", "@@\n-one\n+ONE", "ONE\r\ntwo\r\n"],
    ["new lines that repeat old ones", "a\nb\n", "@@\n-a\n-b\n+b\n+b\n+a", "b\nb\na\n"],
    ["sections out of order", "one\ntwo\nfive\n", "@@\n-five\n+5\n@@\n-one\n+1", "1\ntwo\n5\n"],
    ["typographic punctuation", "say “hi” – now\n", '@@\n-say "hi" - now\n+bye', "bye\n"],
    ["a trailing blank context line", "a\nb\nc\n", "@@\n a\n-b\n+B\n\n@@\n-c\n+C", "a\nB\nC\n"],
    ["a byte-order mark", "\ufeffa\nb\n", "@@\n-a\n+A", "\ufeffA\nb\n"],
    ["U+2028 inside a line", "a\u2028b\nc\n", "@@\n-c\n+C", "a\u2028b\nC\n"],
    ["a file that becomes empty", "a\n", "@@\n-a", ""],
    ["an empty file", "", "@@\n+first", "first\n"],
  ])("%s", async (_, text, hunks, expected) => {
    expect(await one(text, hunks)).toBe(expected);
  });

  it("keeps a missing final newline when asked to", async () => {
    expect(await one("one\ntwo", "@@\n-one\n+ONE", { finalNewline: "preserve" })).toBe("ONE\ntwo");
  });

  it("names the first differing line of the closest place", async () => {
    const { plan } = await run({ f: "a\n  b\nc\nd\n" }, "*** Update File: f\n@@\n a\n-  B\n+x\n c");
    expect(plan.problem).toMatchObject({
      code: "context-not-found",
      candidate: {
        line: 1,
        matchingLines: 2,
        firstDifference: { line: 2, expected: "  B", actual: "  b", kind: "case" },
      },
    });
    expect(plan.problem?.message).toContain("2:   b");
  });

  it("says when a patch was applied before", async () => {
    expect(await one("a\nX\nc\n", "@@\n a\n-b\n+X\n c")).toBe("already-applied");
  });

  it("warns of several places, or refuses them", async () => {
    const hunks = "*** Update File: f\n@@\n-x\n+y";
    expect((await run({ f: "x\nx\n" }, hunks)).warnings).toEqual(["ambiguous-match"]);
    expect((await run({ f: "x\nx\n" }, hunks, { ambiguity: "error" })).code).toBe("ambiguous-match");
  });

  it("applies several updates of one file in order, after an add too", async () => {
    const body = "*** Add File: n\n+a\n+b\n*** Update File: n\n@@\n-a\n+A\n*** Update File: n\n@@\n-A\n+AA";
    expect((await run({}, body)).after).toEqual({ n: "AA\nb\n" });
  });

  it("moves, also onto an existing file", async () => {
    const body = "*** Update File: f\n*** Move to: g\n@@\n-a\n+b";
    const { after, plan } = await run({ f: "a\n", g: "old\n" }, body);
    expect(after).toEqual({ g: "b\n" });
    expect(plan.changes[0]).toMatchObject({ oldPath: "f", overwritten: true });
    expect((await run({ f: "a\n" }, "*** Update File: f\n*** Move to: g")).after).toEqual({ g: "a\n" });
  });

  it("reports a missing file with near names", async () => {
    const { plan } = await run({ "mail.ts": "" }, "*** Delete File: main.ts");
    expect(plan.problem).toMatchObject({
      code: "file-not-found",
      message: expect.stringContaining("mail.ts"),
    });
  });

  it("turns any text into any other through a diff's hunks", async () => {
    const text = fc.array(fc.constantFrom("a", "b", "  c", "", "}", "x y"), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(text, text, async (before, after) => {
        const [from, to] = [before, after].map((lines) => lines.map((line) => `${line}\n`).join(""));
        fc.pre(from !== to && from !== "");
        const hunks = createTwoFilesPatch("f", "f", from!, to!, "", "", { context: 100 })
          .split("\n")
          .slice(5)
          .filter((line) => !line.startsWith("\\"));
        hunks.pop();
        const { after: files } = await run({ f: from! }, `*** Update File: f\n@@\n${hunks.join("\n")}`);
        expect(files["f"]).toBe(to);
      }),
      { seed: 7, numRuns: 500 },
    );
  });
});
