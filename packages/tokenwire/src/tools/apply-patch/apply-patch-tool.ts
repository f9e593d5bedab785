// apply_patch as a tool.

import { ToolDescription, ToolNamespaceConfig } from "@tokenwire/core/harmony";
import type { Tool, ToolCall, ToolEvent } from "../tool.ts";
import { type ApplyPatchOptions, applyPatch } from "./apply-patch.ts";
import { extractPatch } from "./invocation.ts";

export interface ApplyPatchToolOptions extends ApplyPatchOptions {
  /** Ask a person before a patch is written. Default: true; a dry run never asks. */
  readonly needsApproval?: boolean;
  /** `string` (default): the bare-string schema that gpt-oss was trained with. `object`: `{patch}`. */
  readonly schema?: "string" | "object";
}

const schemas = {
  string: {
    type: "string",
    description: "Formatted patch code",
    default: "*** Begin Patch\n*** End Patch\n",
  },
  object: { type: "object", properties: { patch: { type: "string" } }, required: ["patch"] },
} as const;

/** Makes the tool over one folder. */
export function createApplyPatchTool(options: ApplyPatchToolOptions): Tool {
  const { needsApproval = true, schema = "string", dryRun = false } = options;
  const description = new ToolDescription("apply_patch", "Patch a file", schemas[schema]);
  return {
    name: "apply_patch",
    namespace: new ToolNamespaceConfig("functions", undefined, [description]),
    concurrency: "serial",
    needsApproval: () => needsApproval && !dryRun,
    preview: (call) => preview(call, options),
    async *call(call, { signal }): AsyncGenerator<ToolEvent> {
      const invocation = extractPatch(call.arguments);
      if ("error" in invocation) {
        yield { type: "result", text: invocation.error, failed: true };
        return;
      }
      signal.throwIfAborted();
      const { ok, message, files } = await applyPatch(invocation.patch, options);
      yield { type: "result", text: message, failed: !ok, details: { files } };
    },
  };
}

/** The changes as a unified diff, or why the patch would fail. */
async function preview(call: ToolCall, options: ApplyPatchToolOptions): Promise<string> {
  const invocation = extractPatch(call.arguments);
  if ("error" in invocation) return invocation.error;
  const { ok, message, files } = await applyPatch(invocation.patch, { ...options, dryRun: true });
  return ok ? files.map((change) => change.diff).join("\n") : message;
}
