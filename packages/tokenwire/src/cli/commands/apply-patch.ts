// `tokenwire apply-patch`: what the tool of the same name does, by hand.

import { readFile } from "node:fs/promises";
import { Command, Option } from "commander";
import type { PatchMode, PatchResult } from "../../tools/index.ts";
import { paint, printable, printJson, readStandardInput, UsageError } from "../output.ts";

interface ApplyPatchFlags {
  readonly root: string;
  readonly dryRun?: boolean;
  readonly mode: PatchMode;
  readonly json?: boolean;
}

const examples = `
Examples:
  $ tokenwire apply-patch change.patch              apply it to this folder, whole or not at all
  $ cat change.patch | tokenwire apply-patch --root src --dry-run
  $ tokenwire apply-patch change.patch --json       every file with its diff, warnings, or what is wrong

A patch:
  *** Begin Patch
  *** Update File: hello.txt
  @@
  -hello
  +good morning
  *** End Patch`;

export function applyPatchCommand(): Command {
  return new Command("apply-patch")
    .description("Apply a patch as models write them (V4A)")
    .argument("[file]", "file with the patch; - or none reads standard input", "-")
    .option("--root <folder>", "folder that may be changed; nothing outside it can", ".")
    .option("-n, --dry-run", "show the changes and write nothing")
    .addOption(
      new Option("--mode <mode>", "reference: exactly as gpt-oss reads patches")
        .choices(["default", "reference"])
        .default("default"),
    )
    .option("--json", "print the result as JSON")
    .addHelpText("after", examples)
    .action(run);
}

async function run(file: string, { root, dryRun = false, mode, json }: ApplyPatchFlags): Promise<void> {
  const { applyPatch, extractPatch } = await import("../../tools/index.ts");
  const invocation = extractPatch(file === "-" ? await readStandardInput() : await readPatch(file));
  if ("error" in invocation) throw new UsageError(invocation.error);
  const result = await applyPatch(invocation.patch, { root, dryRun, mode });
  if (!result.ok) process.exitCode = 1;
  if (json) printJson(result);
  else show(result, dryRun);
}

async function readPatch(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new UsageError(`Cannot read the patch ${file}: ${(error as Error).message}`);
  }
}

function show({ ok, message, files }: PatchResult, dryRun: boolean): void {
  if (!ok) {
    process.stderr.write(`${paint("red", "error:", process.stderr)} ${printable(message)}\n`);
    return;
  }
  if (!dryRun) {
    process.stdout.write(`${printable(message)}\n`);
    return;
  }
  for (const { diff } of files) process.stdout.write(`${colouredDiff(printable(diff))}\n`);
}

function colouredDiff(diff: string): string {
  return diff
    .split("\n")
    .map((line) => {
      if (/^(?:---|\+\+\+|===)/.test(line)) return paint("bold", line);
      if (line.startsWith("+")) return paint("green", line);
      return line.startsWith("-") ? paint("red", line) : line;
    })
    .join("\n");
}
