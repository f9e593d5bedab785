// The published tool's parser, byte for byte, for checking against it and for models tuned on its messages.

import {
  markers,
  type PatchDocument,
  type PatchLine,
  type PatchOperation,
  type PatchProblem,
  type PatchProblemCode,
  type PatchSection,
} from "./document.ts";
import { splitPythonLines, strip } from "./lines.ts";

const fileMarkers = [markers.end, markers.update.trimEnd(), markers.delete.trimEnd(), markers.add.trimEnd()];
const bodyMarkers = [...fileMarkers, markers.endOfFile];
const startsWithAny = (line: string, prefixes: readonly string[]) =>
  prefixes.some((prefix) => line.startsWith(prefix));

class Fault {
  readonly problem: PatchProblem;
  constructor(code: PatchProblemCode, message: string, index: number) {
    this.problem = { code, message, patchLine: index + 1 };
  }
}

export function parseReferencePatch(text: string): PatchDocument {
  const operations: PatchOperation[] = [];
  try {
    new ReferenceParser(text).parse(operations);
    return { mode: "reference", operations, warnings: [] };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { mode: "reference", operations, warnings: [], problem: error.problem };
  }
}

class ReferenceParser {
  readonly #lines: string[];
  #index = 1;

  constructor(text: string) {
    if (!text.startsWith(markers.begin)) {
      throw new Fault("missing-begin", "Patch text must start with *** Begin Patch", 0);
    }
    this.#lines = splitPythonLines(text);
    const last = this.#lines.at(-1)?.replace(/\r+$/, "");
    if (this.#lines.length < 2 || !this.#lines[0]!.startsWith(markers.begin) || last !== markers.end) {
      throw new Fault("missing-end", "Invalid patch text - missing sentinels", this.#lines.length - 1);
    }
  }

  parse(operations: PatchOperation[]): void {
    const seen = new Set<string>();
    while (!this.#line.startsWith(markers.end)) {
      const operation = this.#operation(seen);
      operations.push(operation);
    }
  }

  get #line(): string {
    return this.#lines[this.#index] ?? markers.end;
  }

  #operation(seen: Set<string>): PatchOperation {
    for (const op of ["update", "delete", "add"] as const) {
      const path = this.#line.startsWith(markers[op]) ? this.#line.slice(markers[op].length) : "";
      if (path === "") continue;
      if (seen.has(`${op} ${path}`)) {
        throw new Fault("duplicate-operation", `Duplicate ${op} for file: ${path}`, this.#index);
      }
      seen.add(`${op} ${path}`);
      const patchLine = this.#index + 1;
      this.#index += 1;
      if (op === "delete") return { op, path, patchLine };
      return op === "add" ? { op, path, lines: this.#added(), patchLine } : this.#update(path, patchLine);
    }
    throw new Fault("unknown-header", `Unknown line while parsing: ${this.#line}`, this.#index);
  }

  #added(): string[] {
    const added: string[] = [];
    for (; !startsWithAny(this.#line, fileMarkers); this.#index += 1) {
      if (!this.#line.startsWith("+")) {
        throw new Fault("invalid-line", `Invalid Add File line (missing '+'): ${this.#line}`, this.#index);
      }
      added.push(this.#line.slice(1));
    }
    return added;
  }

  #update(path: string, patchLine: number): PatchOperation {
    let moveTo: string | undefined;
    if (this.#line.startsWith(markers.move)) {
      moveTo = this.#line.slice(markers.move.length);
      this.#index += 1;
    }
    const sections: PatchSection[] = [];
    while (!startsWithAny(this.#line, bodyMarkers)) sections.push(this.#section(sections.length === 0));
    return { op: "update", path, ...(moveTo ? { moveTo } : {}), sections, patchLine };
  }

  #section(first: boolean): PatchSection {
    const patchLine = this.#index + 1;
    const headers: string[] = [];
    if (this.#line.startsWith("@@ ")) {
      const header = this.#line.slice(3);
      if (strip(header) !== "") headers.push(header);
      this.#index += 1;
    } else if (this.#line === "@@") {
      this.#index += 1;
    } else if (!first) {
      throw new Fault("invalid-line", `Invalid line in update section:\n${this.#line}`, this.#index);
    }
    const lines: PatchLine[] = [];
    while (!this.#line.startsWith("@@") && !startsWithAny(this.#line, bodyMarkers) && this.#line !== "***") {
      lines.push(this.#hunkLine());
    }
    if (lines.length === 0 && this.#line !== markers.endOfFile) {
      throw new Fault("empty-section", "Nothing in this section", this.#index);
    }
    const endOfFile = this.#line === markers.endOfFile;
    if (endOfFile) this.#index += 1;
    return { headers, lines, endOfFile, patchLine };
  }

  #hunkLine(): PatchLine {
    const line = this.#line === "" ? " " : this.#line;
    const kind = ({ " ": "keep", "-": "delete", "+": "insert" } as const)[line[0]!];
    if (kind === undefined || line.startsWith("***")) {
      throw new Fault("invalid-line", `Invalid Line: ${line}`, this.#index);
    }
    this.#index += 1;
    return { kind, text: line.slice(1) };
  }
}
