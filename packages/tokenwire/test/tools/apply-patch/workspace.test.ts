import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ApplyPatchOptions, applyPatch, openWorkspace } from "../../../src/tools/index.ts";

let root = "";
let outside = "";

beforeEach(() => {
  const base = realpathSync(mkdtempSync(join(tmpdir(), "apply-patch-")));
  root = join(base, "root");
  outside = join(base, "outside");
  mkdirSync(root);
  mkdirSync(outside);
  writeFileSync(join(outside, "secret"), "secret\n");
  writeFileSync(join(root, "a"), "one\ntwo\n");
});
afterEach(() => rmSync(join(root, ".."), { recursive: true, force: true }));

const apply = (body: string, options: Partial<ApplyPatchOptions> = {}) =>
  applyPatch(`*** Begin Patch\n${body}\n*** End Patch`, { root, ...options });

const tree = () =>
  (readdirSync(root, { recursive: true }) as string[])
    .filter((name) => statSync(join(root, name)).isFile())
    .sort();

describe("applyPatch in a folder", () => {
  it("adds, updates, moves and deletes, and leaves nothing else behind", async () => {
    writeFileSync(join(root, "b"), "b\n");
    chmodSync(join(root, "a"), 0o750);
    const result = await apply(
      "*** Add File: n/new\n+x\n*** Update File: a\n*** Move to: m/a\n@@\n-one\n+1\n*** Delete File: b",
    );
    expect(result).toMatchObject({
      ok: true,
      message: "Success. Updated the following files:\nA n/new\nM m/a\nD b",
    });
    expect(tree()).toEqual(["m/a", "n/new"]);
    expect(readFileSync(join(root, "m/a"), "utf8")).toBe("1\ntwo\n");
    expect(statSync(join(root, "m/a")).mode & 0o777).toBe(0o750);
    expect(result.files[1]).toMatchObject({ oldPath: "a", added: 1, removed: 1 });
  });

  it("writes nothing in a dry run", async () => {
    const result = await apply("*** Update File: a\n@@\n-one\n+1", { dryRun: true });
    expect(result.files[0]?.diff).toContain("-one\n+1");
    expect(readFileSync(join(root, "a"), "utf8")).toBe("one\ntwo\n");
  });

  it("changes nothing when a later operation cannot be planned", async () => {
    expect((await apply("*** Add File: n\n+x\n*** Delete File: missing")).problem?.code).toBe(
      "file-not-found",
    );
    expect(tree()).toEqual(["a"]);
  });

  it("puts everything back when a write fails half-way", async () => {
    mkdirSync(join(root, "folder"));
    const workspace = await openWorkspace(root);
    const failed = await workspace.commit([
      { path: "a", text: "changed\n" },
      { path: "deep/er/new", text: "x" },
      { path: "folder", text: "cannot replace a folder" },
    ]);
    expect(failed?.code).toBe("io-error");
    expect(readFileSync(join(root, "a"), "utf8")).toBe("one\ntwo\n");
    expect(tree()).toEqual(["a"]);
    expect(existsSync(join(root, "deep"))).toBe(false);
  });

  it.each([
    "/etc/x",
    "../x",
    "a/../../x",
    "..",
    "C:\\x",
    "\\\\server\\x",
    "x\0y",
    ".git/config",
    "sub/.GIT/hooks/x",
    "link/x",
    "linkfile",
    "dangling",
    "n\\..\\..\\x",
  ])("refuses to add %j", async (path) => {
    symlinkSync(outside, join(root, "link"));
    symlinkSync(join(outside, "secret"), join(root, "linkfile"));
    symlinkSync(join(outside, "new"), join(root, "dangling"));
    expect((await apply(`*** Add File: ${path}\n+x`)).problem?.code).toBe("path-outside-root");
    expect((await apply(`*** Update File: a\n*** Move to: ${path}`)).problem?.code).toBe("path-outside-root");
    expect(readdirSync(outside)).toEqual(["secret"]);
    expect(readFileSync(join(outside, "secret"), "utf8")).toBe("secret\n");
  });

  it("refuses a link put into the path after planning", async () => {
    const workspace = await openWorkspace(root);
    expect(await workspace.resolvePath("later/x")).toHaveProperty("path");
    symlinkSync(outside, join(root, "later"));
    expect((await workspace.commit([{ path: "later/x", text: "x" }]))?.code).toBe("path-outside-root");
    expect(readdirSync(outside)).toEqual(["secret"]);
  });

  it("refuses folders, binary files and oversized input", async () => {
    mkdirSync(join(root, "folder"));
    writeFileSync(join(root, "binary"), Buffer.from([0xff, 0xfe]));
    expect((await apply("*** Delete File: folder")).problem?.code).toBe("not-a-file");
    expect((await apply("*** Update File: binary\n@@\n+x")).problem?.code).toBe("not-utf8");
    expect((await apply("*** Update File: a\n@@\n+x", { maxFileBytes: 3 })).problem?.code).toBe("too-large");
    expect((await apply("*** Update File: a\n@@\n+x", { maxPatchLength: 3 })).problem?.code).toBe(
      "too-large",
    );
    expect((await apply("*** Delete File: a\n*** Add File: b\n+x", { maxFiles: 1 })).problem?.code).toBe(
      "too-large",
    );
  });

  it("overwrites on add and says so, or refuses", async () => {
    expect((await apply("*** Add File: a\n+x")).message).toContain("a existed and was overwritten");
    expect((await apply("*** Add File: a\n+y", { onAddExisting: "error" })).problem?.code).toBe(
      "file-exists",
    );
    expect(readFileSync(join(root, "a"), "utf8")).toBe("x\n");
  });

  it("leaves no trace of a file added and deleted again", async () => {
    expect((await apply("*** Add File: n\n+x\n*** Delete File: n")).ok).toBe(true);
    expect(tree()).toEqual(["a"]);
  });
});
