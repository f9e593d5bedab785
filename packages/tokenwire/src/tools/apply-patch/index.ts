export type { ApplyPatchOptions, PatchResult } from "./apply-patch.ts";
export { applyPatch } from "./apply-patch.ts";
export type { ApplyPatchToolOptions } from "./apply-patch-tool.ts";
export { createApplyPatchTool } from "./apply-patch-tool.ts";
export type {
  PatchCandidate,
  PatchDocument,
  PatchLine,
  PatchMode,
  PatchOperation,
  PatchProblem,
  PatchProblemCode,
  PatchSection,
  PatchWarning,
} from "./document.ts";
export { applyPatchInstructions } from "./instructions.ts";
export type { PatchInvocation } from "./invocation.ts";
export { extractPatch, extractPatchFromCommand } from "./invocation.ts";
export type { ParsePatchOptions } from "./parse.ts";
export { parsePatch } from "./parse.ts";
export type { PatchProgress, PatchProgressEntry } from "./patch-stream.ts";
export { PatchStream } from "./patch-stream.ts";
export type { PatchPlan, PatchSource, PlannedChange, PlanPatchOptions } from "./plan.ts";
export { planPatch } from "./plan.ts";
export type { FileWrite, PatchWorkspace, WorkspaceOptions } from "./workspace.ts";
export { openWorkspace } from "./workspace.ts";
