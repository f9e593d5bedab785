import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { extractPatch, extractPatchFromCommand, PatchStream, parsePatch } from "../../../src/tools/index.ts";

const patch =
  "*** Begin Patch\n*** Add File: a\n+x\n*** Update File: b\n@@\n-1\n+2\n*** Delete File: c\n*** End Patch";

describe("parsePatch", () => {
  it.each([
    ["no begin marker", "hello", "missing-begin"],
    ["no end marker", "*** Begin Patch\n*** Delete File: a", "missing-end"],
    ["text after the end", `${patch}\nmore`, "missing-end"],
    ["nothing between", "*** Begin Patch\n*** End Patch", "no-changes"],
    ["an update without hunks", "*** Begin Patch\n*** Update File: a\n*** End Patch", "no-changes"],
    ["an unknown header", "*** Begin Patch\n*** Rename File: a\n*** End Patch", "unknown-header"],
    ["a line without '+'", "*** Begin Patch\n*** Add File: a\nx\n*** End Patch", "invalid-line"],
    [
      "a hunk line without a sign",
      "*** Begin Patch\n*** Update File: a\n@@\nx\n*** End Patch",
      "invalid-line",
    ],
    ["an empty section", "*** Begin Patch\n*** Update File: a\n@@\n*** End Patch", "empty-section"],
    [
      "two adds of one file",
      "*** Begin Patch\n*** Add File: a\n+\n*** Add File: a\n+\n*** End Patch",
      "duplicate-operation",
    ],
  ])("refuses %s", (_, text, code) => {
    expect(parsePatch(text).problem?.code).toBe(code);
  });

  it("ignores white space around markers", () => {
    const padded = "\n  *** Begin Patch \n  *** Add File:   a  \n+x\n*** End of File\n*** End Patch  \n\n";
    expect(parsePatch(padded)).toMatchObject({ operations: [{ op: "add", path: "a", lines: ["x"] }] });
    expect(parsePatch(padded).problem).toBeUndefined();
  });

  it("keeps a marker that is a context line", () => {
    const text = "*** Begin Patch\n*** Update File: a\n@@\n *** Update File: x\n-y\n*** End Patch";
    expect(parsePatch(text).operations).toHaveLength(1);
  });

  it("never throws and streams to the same document at any cut", () => {
    const piece = fc.constantFrom(
      "*** Begin Patch",
      "*** End Patch",
      "*** Add File: a",
      "*** Update File: b",
      "*** Delete File: c",
      "*** Move to: d",
      "@@",
      "@@ h",
      "@@ -1,2 +3 @@",
      " k",
      "-d",
      "+i",
      "",
      "***",
      "*** End of File",
      "é\u2028",
      "\r",
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 25 }),
        fc.array(fc.nat(40), { maxLength: 20 }),
        (lines, cuts) => {
          const text = ["*** Begin Patch", ...lines, "*** End Patch"].join("\n");
          const stream = new PatchStream();
          let seen = 0;
          let start = 0;
          for (const cut of [...cuts, text.length]) {
            const end = Math.min(text.length, start + cut);
            const { operations } = stream.push(text.slice(start, end));
            expect(operations.length).toBeGreaterThanOrEqual(seen);
            seen = operations.length;
            start = end;
          }
          stream.push(text.slice(start));
          expect(stream.end()).toEqual(parsePatch(text));
          parsePatch(text, { mode: "reference" });
        },
      ),
      { seed: 11, numRuns: 1000 },
    );
  });
});

describe("finding the patch", () => {
  it.each([
    ["bare text", patch],
    ["a JSON object", JSON.stringify({ patch })],
    ["another key", JSON.stringify({ note: 1, cmd: patch })],
    ["a preferred key that is not the last", JSON.stringify({ input: patch, note: "x" })],
    ["a JSON string", JSON.stringify(patch)],
    ["a fence", `\`\`\`diff\n${patch}\n\`\`\``],
    ["a heredoc", `<<'EOF'\n${patch}\nEOF`],
  ])("in %s", (_, text) => {
    expect(extractPatch(text)).toEqual({ patch });
  });

  it("reports JSON that does not parse", () => {
    expect(extractPatch('{"patch": ')).toMatchObject({
      error: expect.stringContaining("Error parsing JSON: "),
    });
  });

  it.each([
    ["a vector", ["apply_patch", patch], { patch }],
    ["a shell", ["bash", "-lc", `apply_patch <<'E'\n${patch}\nE\n`], { patch }],
    [
      "a shell with cd",
      ["sh", "-c", `cd "a b" && apply_patch <<E\n${patch}\nE`],
      { patch, workingDirectory: "a b" },
    ],
  ])("in %s", (_, command, expected) => {
    expect(extractPatchFromCommand(command)).toEqual(expected);
  });

  it.each([
    [["bash", "-lc", `apply_patch <<'E'\n${patch}\nE\nrm -rf x`]],
    [["bash", "-lc", `cd a; apply_patch <<'E'\n${patch}\nE`]],
    [["bash", "-lc", `cd a && cd b && apply_patch <<'E'\n${patch}\nE`]],
    [["bash", "-lc", `echo x && apply_patch <<'E'\n${patch}\nE`]],
    [["apply_patch", patch, "more"]],
    [["ls"]],
    [[patch]],
  ])("not in %j", (command) => {
    expect(extractPatchFromCommand(command)).toHaveProperty("error");
  });
});
