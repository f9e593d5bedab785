// `tokenwire engine check`: the table, the JSON, exit codes.

import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run } from "../../src/cli/main.ts";
import { captureOutput } from "./capture.ts";

const captured = captureOutput();

const folder = mkdtempSync(join(tmpdir(), "tokenwire-engine-"));
function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe("engine check", () => {
  it("prints a table over the packaged model", async () => {
    expect(await run(["engine", "check", "--only", "C1,C3,c20"])).toBe(0);
    expect(captured.out).toContain("tokenwire-embedded · tokenwire-toy");
    expect(captured.out).toMatch(/C20 +pass/);
    expect(captured.out).toContain("3 passed, 0 failed, 0 skipped");
  });

  it("prints JSON, and exits with 1 when a check fails", async () => {
    const references = file("references.json", '[{"prompt": [200006, 1428, 200008], "tokens": [1, 2, 3]}]');
    expect(await run(["engine", "check", "--references", references, "--only", "C4", "--json"])).toBe(1);
    expect(JSON.parse(captured.out)).toMatchObject({
      passed: 0,
      failed: 1,
      results: [{ id: "C4", status: "fail", detail: expect.stringContaining("prompt 0: token 0 is") }],
    });
  });

  it("takes prompts from a file", async () => {
    const prompts = file("prompts.json", "[[200006, 1428, 200008, 12194, 200007, 200006, 173781]]");
    expect(await run(["engine", "check", "-e", "echo", "--prompts", prompts, "--only", "C1"])).toBe(0);
  });

  it("says what is wrong with its arguments", async () => {
    expect(await run(["engine", "check", "--only", "C99"])).toBe(2);
    expect(captured.err).toContain('no check "C99". Checks: C20, C1');
    expect(await run(["engine", "check", "--prompts", file("bad.json", "[[1], 2]")])).toBe(2);
    expect(captured.err).toContain("must hold an array of arrays");
    expect(await run(["engine", "check", "--prompts", file("text.json", "hello")])).toBe(2);
    expect(captured.err).toContain("is not JSON");
    expect(await run(["engine", "check", "--references", file("r.json", '[{"prompt": []}]')])).toBe(2);
    expect(await run(["engine", "check", "--engine", "embeded"])).toBe(1);
    expect(captured.err).toContain('Did you mean "embedded"?');
  });
});
