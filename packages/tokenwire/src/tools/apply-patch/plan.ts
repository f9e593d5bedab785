// A patch as the file changes it would make. Reads files, writes nothing: the whole patch is computed before the first
// write, so a fault anywhere leaves every file as it was.

import { createTwoFilesPatch } from "diff";
import type {
  AddOperation,
  PatchDocument,
  PatchOperation,
  PatchProblem,
  PatchProblemCode,
  PatchWarning,
  UpdateOperation,
} from "./document.ts";
import { type UpdateOptions, updateText } from "./update.ts";
import { updateReference } from "./update-reference.ts";

/** Where a patch reads from: a folder, a map in memory, anything. Paths are relative and checked by the source. */
export interface PatchSource {
  /** The file's text; undefined when there is no such file. A fault (a folder, not UTF-8, …) is a `PatchProblem`. */
  readFile(path: string): Promise<string | undefined | PatchProblem>;
  /** The path in the form under which two spellings of one file are equal, or why it is refused. */
  resolvePath(path: string): Promise<{ readonly path: string } | PatchProblem>;
  /** Names near a missing path, for the error message. */
  nearNames?(path: string): Promise<readonly string[]>;
}

export interface PlanPatchOptions extends UpdateOptions {
  /** `overwrite` (default) or `error` when an Add names a file that exists. */
  readonly onAddExisting?: "overwrite" | "error";
}

/** One file's change. `oldText` undefined: created; `newText` undefined: removed. */
export interface PlannedChange {
  readonly op: "add" | "delete" | "update";
  readonly path: string;
  /** Where a moved file was. */
  readonly oldPath?: string;
  readonly oldText?: string;
  readonly newText?: string;
  readonly overwritten: boolean;
  readonly fuzz: number;
  /** Unified diff. */
  readonly diff: string;
  readonly added: number;
  readonly removed: number;
}

export interface PatchPlan {
  readonly changes: readonly PlannedChange[];
  readonly warnings: readonly PatchWarning[];
  readonly fuzz: number;
  /** When present, nothing may be written. */
  readonly problem?: PatchProblem;
}

/** Computes what `document` changes. Faults are `plan.problem`. */
export async function planPatch(
  document: PatchDocument,
  source: PatchSource,
  options: PlanPatchOptions = {},
): Promise<PatchPlan> {
  const planner = new Planner(document, source, options);
  const problem = await planner.run();
  const { changes, warnings } = planner;
  const fuzz = changes.reduce((sum, change) => sum + change.fuzz, 0);
  return { changes, warnings, fuzz, ...(problem === undefined ? {} : { problem }) };
}

const isProblem = (value: unknown): value is PatchProblem =>
  typeof value === "object" && value !== null && "code" in value;

class Planner {
  readonly changes: PlannedChange[] = [];
  readonly warnings: PatchWarning[];
  readonly #document: PatchDocument;
  readonly #source: PatchSource;
  readonly #options: PlanPatchOptions;
  /** Files as the patch has left them so far, by resolved path; null is "removed". */
  readonly #tree = new Map<string, string | null>();

  constructor(document: PatchDocument, source: PatchSource, options: PlanPatchOptions) {
    this.#document = document;
    this.#source = source;
    this.#options = options;
    this.warnings = [...document.warnings];
  }

  async run(): Promise<PatchProblem | undefined> {
    // The published tool opens every file to change before it parses, so a missing file is reported first.
    if (this.#document.mode === "reference") {
      for (const operation of this.#document.operations) {
        const opened = operation.op === "add" ? "" : await this.#existing(operation);
        if (typeof opened === "object") return opened;
      }
    }
    if (this.#document.problem !== undefined) return this.#document.problem;
    for (const operation of this.#document.operations) {
      const problem = await this.#apply(operation);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  async #apply(operation: PatchOperation): Promise<PatchProblem | undefined> {
    if (operation.op === "add") return this.#add(operation);
    const text = await this.#existing(operation);
    if (isProblem(text)) return text;
    if (operation.op === "update") return this.#update(operation, text);
    return this.#record({ op: "delete", path: operation.path, oldText: text, fuzz: 0 });
  }

  async #add(operation: AddOperation): Promise<PatchProblem | undefined> {
    const existing = await this.#read(operation.path);
    if (isProblem(existing)) return existing;
    if (existing !== undefined && this.#options.onAddExisting === "error") {
      return problemAt(operation, "file-exists", `Cannot add ${operation.path}: the file exists already.`);
    }
    const body = operation.lines.join("\n");
    const newText = this.#document.mode === "reference" || operation.lines.length === 0 ? body : `${body}\n`;
    const old = existing === undefined ? {} : { oldText: existing };
    return this.#record({ op: "add", path: operation.path, newText, fuzz: 0, ...old });
  }

  async #update(operation: UpdateOperation, text: string): Promise<PatchProblem | undefined> {
    const outcome =
      this.#document.mode === "reference"
        ? updateReference(text, operation)
        : updateText(text, operation, this.#options);
    if ("problem" in outcome) return outcome.problem;
    this.warnings.push(...outcome.warnings);
    const newText = operation.sections.length === 0 ? text : outcome.text;
    const { moveTo } = operation;
    if (moveTo === undefined) {
      return this.#record({ op: "update", path: operation.path, oldText: text, newText, fuzz: outcome.fuzz });
    }
    const target = await this.#read(moveTo);
    if (isProblem(target)) return target;
    const change = { op: "update" as const, path: moveTo, oldPath: operation.path, oldText: text, newText };
    return this.#record({ ...change, fuzz: outcome.fuzz }, target !== undefined);
  }

  async #existing(operation: PatchOperation): Promise<string | PatchProblem> {
    const text = await this.#read(operation.path);
    if (text !== undefined) return text;
    if (this.#document.mode === "reference") {
      return { ...problemAt(operation, "file-not-found", ""), message: operation.path };
    }
    const near = (await this.#source.nearNames?.(operation.path)) ?? [];
    const hint = near.length > 0 ? ` Near names: ${near.join(", ")}.` : "";
    const verb = operation.op === "delete" ? "delete" : "update";
    return problemAt(operation, "file-not-found", `Cannot ${verb} ${operation.path}: no such file.${hint}`);
  }

  async #read(path: string): Promise<string | undefined | PatchProblem> {
    const resolved = await this.#source.resolvePath(path);
    if (isProblem(resolved)) return resolved;
    const known = this.#tree.get(resolved.path);
    if (known !== undefined) return known ?? undefined;
    const text = await this.#source.readFile(path);
    if (typeof text === "string") this.#tree.set(resolved.path, text);
    return text;
  }

  async #record(
    change: Omit<PlannedChange, "diff" | "added" | "removed" | "overwritten">,
    targetExists = false,
  ): Promise<PatchProblem | undefined> {
    const { path, oldPath, oldText = "", newText = "" } = change;
    for (const [name, text] of [[oldPath, null] as const, [path, change.newText ?? null] as const]) {
      if (name === undefined) continue;
      const resolved = await this.#source.resolvePath(name);
      if (isProblem(resolved)) return resolved;
      this.#tree.set(resolved.path, text);
    }
    const diff = createTwoFilesPatch(oldPath ?? path, path, oldText, newText, "", "", { context: 3 });
    const count = (sign: string): number =>
      diff.split("\n").filter((line) => line.startsWith(sign) && !line.startsWith(sign.repeat(3))).length;
    this.changes.push({
      ...change,
      overwritten: targetExists || (change.op === "add" && change.oldText !== undefined),
      diff,
      added: count("+"),
      removed: count("-"),
    });
    return undefined;
  }
}

function problemAt(operation: PatchOperation, code: PatchProblemCode, message: string): PatchProblem {
  const { patchLine, path } = operation;
  return { code, message: `Patch line ${patchLine}: ${message}`, patchLine, path };
}
