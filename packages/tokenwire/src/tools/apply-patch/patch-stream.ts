// A patch as it arrives, for display: which files it touches so far. It is applied only when it is complete.

import { markers, type PatchDocument } from "./document.ts";
import { type ParsePatchOptions, parsePatch } from "./parse.ts";

/** One file operation seen so far. */
export interface PatchProgressEntry {
  readonly op: "add" | "delete" | "update";
  readonly path: string;
  readonly added: number;
  readonly removed: number;
}

export interface PatchProgress {
  /** In the order of the patch; the last one may still grow. */
  readonly operations: readonly PatchProgressEntry[];
}

/** Accepts a patch in any cut; `end()` equals `parsePatch` of the whole. */
export class PatchStream {
  readonly #options: ParsePatchOptions;
  readonly #chunks: string[] = [];
  readonly #operations: { op: PatchProgressEntry["op"]; path: string; added: number; removed: number }[] = [];
  #partialLine = "";

  constructor(options: ParsePatchOptions = {}) {
    this.#options = options;
  }

  push(text: string): PatchProgress {
    this.#chunks.push(text);
    const lines = (this.#partialLine + text).split("\n");
    this.#partialLine = lines.pop()!;
    for (const line of lines) this.#line(line.replace(/\r$/, ""));
    return { operations: this.#operations.map((operation) => ({ ...operation })) };
  }

  end(): PatchDocument {
    return parsePatch(this.#chunks.join(""), this.#options);
  }

  #line(line: string): void {
    const current = this.#operations.at(-1);
    const header = current?.op === "update" ? line : line.trim();
    for (const op of ["add", "delete", "update"] as const) {
      if (!header.startsWith(markers[op])) continue;
      this.#operations.push({ op, path: header.slice(markers[op].length).trim(), added: 0, removed: 0 });
      return;
    }
    if (current === undefined) return;
    if (line.startsWith("+")) current.added += 1;
    else if (line.startsWith("-") && current.op === "update") current.removed += 1;
  }
}
