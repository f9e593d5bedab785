import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { run } from "../../src/cli/main.ts";
import { captureOutput } from "./capture.ts";

const captured = captureOutput();
let folder = "";
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const patch = (body: string) => file("p.patch", `*** Begin Patch\n${body}*** End Patch\n`);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "apply-patch-cli-"));
  file("a.txt", "one\ntwo\n");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const update = "*** Update File: a.txt\n@@\n-one\n+ONE\n*** Add File: b.txt\n+new\n";

describe("tokenwire apply-patch", () => {
  it("applies a patch and lists what it changed", async () => {
    expect(await run(["apply-patch", patch(update), "--root", folder])).toBe(0);
    expect(captured.out).toBe("Success. Updated the following files:\nA b.txt\nM a.txt\n");
    expect(readFileSync(join(folder, "a.txt"), "utf8")).toBe("ONE\ntwo\n");
  });
  it("shows the changes and writes nothing with --dry-run", async () => {
    expect(await run(["apply-patch", patch(update), "--root", folder, "--dry-run"])).toBe(0);
    expect(captured.out).toContain("-one\n+ONE");
    expect(captured.out).toContain("+++ b.txt");
    expect(existsSync(join(folder, "b.txt"))).toBe(false);
  });
  it("fails whole, with what is wrong", async () => {
    const bad = patch(`${update}*** Delete File: ../outside\n`);
    expect(await run(["apply-patch", bad, "--root", folder])).toBe(1);
    expect(captured.err).toContain("Error applying patch");
    expect(readFileSync(join(folder, "a.txt"), "utf8")).toBe("one\ntwo\n");
    captured.out = "";
    expect(await run(["apply-patch", bad, "--root", folder, "--json"])).toBe(1);
    expect(JSON.parse(captured.out)).toMatchObject({ ok: false, problem: { code: "path-outside-root" } });
  });
  it("tells usage apart from failure", async () => {
    expect(await run(["apply-patch", join(folder, "absent"), "--root", folder])).toBe(2);
    expect(await run(["apply-patch", patch(update), "--root", join(folder, "absent")])).toBe(1);
    expect(captured.err).not.toMatch(/^ +at /m);
  });
});
