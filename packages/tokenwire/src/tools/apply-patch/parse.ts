// The default parser: the published grammar plus what models really write (padded markers, stacked headers, diff-style
// hunk headers, blank lines between sections). Leading white space before a marker is ignored except inside an Update,
// where a leading space means a context line.

import {
  markers,
  type PatchDocument,
  type PatchLine,
  type PatchMode,
  type PatchOperation,
  type PatchProblem,
  type PatchProblemCode,
  type PatchSection,
  type PatchWarning,
} from "./document.ts";
import { splitPatchLines } from "./lines.ts";
import { parseReferencePatch } from "./parse-reference.ts";

export interface ParsePatchOptions {
  readonly mode?: PatchMode;
}

/**
 * Reads a V4A patch. Never throws: a fault is `document.problem`, after the operations that came before it.
 *
 * @example
 * parsePatch("*** Begin Patch\n*** Delete File: a.txt\n*** End Patch").operations;
 * // [{ op: "delete", path: "a.txt", patchLine: 2 }]
 */
export function parsePatch(text: string, options: ParsePatchOptions = {}): PatchDocument {
  if (options.mode === "reference") return parseReferencePatch(text);
  const operations: PatchOperation[] = [];
  const warnings: PatchWarning[] = [];
  try {
    new PatchParser(text, warnings).parse(operations);
    return { mode: "default", operations, warnings };
  } catch (error) {
    if (!(error instanceof PatchFault)) throw error;
    return { mode: "default", operations, warnings, problem: error.problem };
  }
}

class PatchFault {
  readonly problem: PatchProblem;
  constructor(code: PatchProblemCode, message: string, index: number, path?: string) {
    const patchLine = index + 1;
    this.problem = {
      code,
      message: `Patch line ${patchLine}: ${message}`,
      patchLine,
      ...(path === undefined ? {} : { path }),
    };
  }
}

const operationHeader = /^\*\*\* (Add|Delete|Update) File:\s*(.*?)\s*$/;
const diffHeader = /^-(\d+)(?:,\d+)? \+\d+(?:,\d+)?(?: @@(.*))?$/;
const kinds: Readonly<Record<string, PatchLine["kind"]>> = { " ": "keep", "-": "delete", "+": "insert" };

class PatchParser {
  readonly #lines: string[];
  /** Index of the end marker. */
  readonly #end: number;
  #index: number;

  constructor(text: string, warnings: PatchWarning[]) {
    this.#lines = splitPatchLines(text);
    this.#index = this.#lines.findIndex((line) => line.trim() !== "");
    const begin = this.#lines[this.#index]?.trim() ?? "";
    if (!begin.startsWith(markers.begin)) {
      throw new PatchFault(
        "missing-begin",
        `The first line of the patch must be '${markers.begin}', got ${JSON.stringify(begin.slice(0, 80))}.`,
        Math.max(0, this.#index),
      );
    }
    if (begin !== markers.begin) {
      const message = `Text after '${markers.begin}' was ignored.`;
      warnings.push({ code: "begin-suffix", message, patchLine: this.#index + 1 });
    }
    this.#end = this.#lines.findLastIndex((line) => line.trim() !== "");
    const last = this.#lines[this.#end]!.trim();
    if (last !== markers.end || this.#end === this.#index) {
      throw new PatchFault(
        "missing-end",
        `The last line of the patch must be '${markers.end}', got ${JSON.stringify(last.slice(0, 80))}.`,
        this.#end,
      );
    }
    this.#index += 1;
  }

  parse(operations: PatchOperation[]): void {
    const added = new Set<string>();
    this.#skipBlank();
    while (this.#index < this.#end) {
      const operation = this.#operation();
      if (operation.op === "add" && added.has(operation.path)) {
        const message = `Duplicate add for file: ${operation.path}`;
        throw new PatchFault("duplicate-operation", message, operation.patchLine - 1, operation.path);
      }
      if (operation.op === "add") added.add(operation.path);
      operations.push(operation);
      this.#skipBlank();
    }
    if (operations.length === 0) throw new PatchFault("no-changes", "No files were modified.", this.#end);
  }

  get #line(): string {
    return this.#lines[this.#index]!;
  }

  get #open(): boolean {
    return this.#index < this.#end;
  }

  #skipBlank(): void {
    while (this.#open && this.#line.trim() === "") this.#index += 1;
  }

  #operation(): PatchOperation {
    const header = operationHeader.exec(this.#line.trim());
    const [, verb = "", path = ""] = header ?? [];
    if (path === "") {
      throw new PatchFault(
        "unknown-header",
        `'${this.#line.trim()}' is not a valid hunk header. Valid hunk headers: '*** Add File: {path}', ` +
          "'*** Delete File: {path}', '*** Update File: {path}'",
        this.#index,
      );
    }
    const patchLine = this.#index + 1;
    this.#index += 1;
    if (verb === "Delete") return { op: "delete", path, patchLine };
    return verb === "Add"
      ? { op: "add", path, lines: this.#added(path), patchLine }
      : this.#update(path, patchLine);
  }

  #added(path: string): string[] {
    const added: string[] = [];
    while (this.#open && !operationHeader.test(this.#line.trim())) {
      const line = this.#line;
      const blank = line.trim() === "" || line.trim() === markers.endOfFile;
      if (!blank && !line.startsWith("+")) {
        const message = `Invalid Add File line (missing '+'): ${line}`;
        throw new PatchFault("invalid-line", message, this.#index, path);
      }
      if (!blank) added.push(line.slice(1));
      this.#index += 1;
    }
    return added;
  }

  #update(path: string, patchLine: number): PatchOperation {
    let moveTo: string | undefined;
    const move = this.#open ? this.#line.trim() : "";
    if (move.startsWith(markers.move)) {
      moveTo = move.slice(markers.move.length).trim();
      this.#index += 1;
    }
    const sections: PatchSection[] = [];
    this.#skipBlank();
    while (this.#open && !operationHeader.test(this.#line)) {
      sections.push(this.#section(path, sections.length === 0));
      this.#skipBlank();
    }
    if (sections.length === 0 && !moveTo) {
      throw new PatchFault("no-changes", `Update file hunk for path '${path}' is empty`, patchLine - 1, path);
    }
    return { op: "update", path, ...(moveTo ? { moveTo } : {}), sections, patchLine };
  }

  #section(path: string, first: boolean): PatchSection {
    const patchLine = this.#index + 1;
    const headers: string[] = [];
    let lineHint: number | undefined;
    while (this.#open && /^@@(\s|$)/.test(this.#line)) {
      const header = this.#line.slice(3);
      const diff = diffHeader.exec(header.trim());
      if (diff !== null) lineHint = Number(diff[1]);
      const text = diff === null ? header : (diff[2] ?? "").replace(/^ /, "");
      if (text.trim() !== "") headers.push(text);
      this.#index += 1;
    }
    if (!first && this.#index === patchLine - 1) {
      const message = `expected '@@' or a file header, got ${JSON.stringify(this.#line.slice(0, 120))}.`;
      throw new PatchFault("invalid-line", message, this.#index, path);
    }
    const lines = this.#hunk(path);
    const endOfFile = this.#open && this.#line.trimEnd() === markers.endOfFile;
    if (endOfFile) this.#index += 1;
    if (lines.length === 0 && !endOfFile) {
      throw new PatchFault(
        "empty-section",
        "Nothing in this section: it has no lines after '@@'.",
        patchLine - 1,
        path,
      );
    }
    return { headers, ...(lineHint === undefined ? {} : { lineHint }), lines, endOfFile, patchLine };
  }

  #hunk(path: string): PatchLine[] {
    const lines: PatchLine[] = [];
    while (this.#open && !this.#line.startsWith("@@") && !this.#line.startsWith("***")) {
      const line = this.#line === "" ? " " : this.#line;
      const kind = kinds[line[0]!];
      if (kind === undefined) {
        const message = `Invalid Line: ${line}\nLines of a hunk start with ' ' (keep), '-' (delete) or '+' (insert).`;
        throw new PatchFault("invalid-line", message, this.#index, path);
      }
      lines.push({ kind, text: line.slice(1) });
      this.#index += 1;
    }
    return lines;
  }
}
