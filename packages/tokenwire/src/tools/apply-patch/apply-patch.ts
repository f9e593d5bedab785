// The whole tool as a function: read the patch, plan it, write it.

import { resolve } from "node:path";
import { KeyedQueues } from "../task-queue.ts";
import type { PatchDocument, PatchMode, PatchProblem, PatchWarning } from "./document.ts";
import { parsePatch } from "./parse.ts";
import { type PlannedChange, type PlanPatchOptions, planPatch } from "./plan.ts";
import { type FileWrite, openWorkspace, type PatchWorkspace, type WorkspaceOptions } from "./workspace.ts";

export interface ApplyPatchOptions extends PlanPatchOptions, WorkspaceOptions {
  /** The folder that paths are relative to and that the patch cannot leave; or a workspace of your own. */
  readonly root: string | PatchWorkspace;
  /** Compute everything, diffs included, and write nothing. */
  readonly dryRun?: boolean;
  readonly mode?: PatchMode;
  /** Longest patch in UTF-16 code units. Default 4 Mi. */
  readonly maxPatchLength?: number;
  /** Most files in one patch. Default 200. */
  readonly maxFiles?: number;
}

export interface PatchResult {
  readonly ok: boolean;
  /** Text for the model: the files changed, or what went wrong. */
  readonly message: string;
  /** What was changed, or would have been with `dryRun`. Empty on failure. */
  readonly files: readonly PlannedChange[];
  readonly warnings: readonly PatchWarning[];
  readonly fuzz: number;
  readonly problem?: PatchProblem;
}

/**
 * Applies a V4A patch to a folder, whole or not at all. Faults of the patch are `result.problem`; only a root that
 * cannot be opened throws.
 *
 * @example
 * const result = await applyPatch("*** Begin Patch\n*** Add File: a.txt\n+hi\n*** End Patch", { root: "project" });
 * result.message; // "Success. Updated the following files:\nA a.txt"
 */
export function applyPatch(patch: string, options: ApplyPatchOptions): Promise<PatchResult> {
  const { root } = options;
  // Between reading a file and writing it, no other patch of this process may change it.
  return queues.run(typeof root === "string" ? resolve(root) : root, () => apply(patch, options));
}

const queues = new KeyedQueues();

async function apply(patch: string, options: ApplyPatchOptions): Promise<PatchResult> {
  const { root, maxPatchLength = 4 << 20, maxFiles = 200 } = options;
  const workspace = typeof root === "string" ? await openWorkspace(root, options) : root;
  if (patch.length > maxPatchLength) {
    const message = `The patch has ${patch.length} characters; at most ${maxPatchLength} are accepted. Split it.`;
    return failure({ code: "too-large", message });
  }
  const document = parsePatch(patch, options);
  if (document.operations.length > maxFiles) {
    const message = `The patch changes ${document.operations.length} files; at most ${maxFiles} are accepted. Split it.`;
    return failure({ code: "too-large", message });
  }
  const plan = await planPatch(document, workspace, options);
  if (plan.problem !== undefined) return failure(plan.problem, plan.warnings);
  if (!options.dryRun) {
    const problem = await workspace.commit(finalWrites(plan.changes));
    if (problem !== undefined) return failure(problem, plan.warnings);
  }
  const { changes: files, warnings, fuzz } = plan;
  return { ok: true, message: successMessage(document, files, warnings), files, warnings, fuzz };
}

function failure(problem: PatchProblem, warnings: readonly PatchWarning[] = []): PatchResult {
  const message = `Error applying patch: ${problem.message}`;
  return { ok: false, message, files: [], warnings, fuzz: 0, problem };
}

/** One write per path: its last state. A path that was only passed through is left out. */
function finalWrites(changes: readonly PlannedChange[]): FileWrite[] {
  const before = new Set<string>();
  const writes = new Map<string, FileWrite>();
  for (const { path, oldPath, oldText, newText, overwritten } of changes) {
    for (const name of oldPath === undefined ? [path] : [oldPath, path]) {
      const existed = name === oldPath || (oldPath === undefined ? oldText !== undefined : overwritten);
      if (!writes.has(name) && existed) before.add(name);
    }
    if (oldPath !== undefined && oldPath !== path) writes.set(oldPath, { path: oldPath, text: null });
    writes.set(path, {
      path,
      text: newText ?? null,
      ...(oldPath === undefined ? {} : { modeFrom: oldPath }),
    });
  }
  return [...writes.values()].filter(({ path, text }) => text !== null || before.has(path));
}

function successMessage(
  document: PatchDocument,
  changes: readonly PlannedChange[],
  warnings: readonly PatchWarning[],
): string {
  if (document.mode === "reference") return "Done!";
  const letters = { add: "A", update: "M", delete: "D" } as const;
  const lines = (["add", "update", "delete"] as const).flatMap((op) => {
    const paths = new Set(changes.filter((change) => change.op === op).map((change) => change.path));
    return [...paths].map((path) => `${letters[op]} ${path}`);
  });
  const notes = warnings.map((warning) => `Note: ${warning.message}`);
  const overwritten = changes.filter((change) => change.op === "add" && change.overwritten);
  const replaced = overwritten.map((change) => `Note: ${change.path} existed and was overwritten.`);
  return ["Success. Updated the following files:", ...lines, ...replaced, ...notes].join("\n");
}
