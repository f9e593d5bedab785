// The published tool's results on real patches, in reference mode.

import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  type PatchProblem,
  type PatchSource,
  parsePatch,
  planPatch,
} from "../../packages/tokenwire/src/tools/index.ts";

const file = new URL("../../../shared/acceptance/gpt-oss/apply_patch.json", import.meta.url);

interface Case {
  readonly name: string;
  readonly patch: string;
  readonly result?: string;
  readonly error?: string;
  readonly fuzz?: number;
  readonly ops: readonly (readonly string[])[];
}

const data: { files: Record<string, string>; cases: Case[] } = existsSync(file)
  ? JSON.parse(readFileSync(file, "utf8"))
  : { files: {}, cases: [] };

const source: PatchSource = {
  readFile: async (path) => data.files[path],
  resolvePath: async (path) => ({ path }),
};

const errorClass = (problem: PatchProblem): string =>
  problem.code === "file-not-found"
    ? `FileNotFoundError: ${problem.message}`
    : `DiffError: ${problem.message}`;

describe.skipIf(data.cases.length === 0)("apply_patch, reference mode", () => {
  it.each(data.cases.map((entry) => [entry.name, entry] as const))("%s", async (_, entry) => {
    const plan = await planPatch(parsePatch(entry.patch, { mode: "reference" }), source);
    if (plan.problem !== undefined) {
      expect(errorClass(plan.problem)).toBe(entry.error);
      return;
    }
    const operations = plan.changes.flatMap(({ op, path, oldPath, newText }) => {
      if (op === "delete") return [["remove", path]];
      const write = ["write", path, newText];
      return oldPath === undefined ? [write] : [write, ["remove", oldPath]];
    });
    expect(entry.error).toBeUndefined();
    expect(operations).toEqual(entry.ops);
    expect(plan.fuzz).toBe(entry.fuzz);
  });
});
