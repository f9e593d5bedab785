// A located hunk as edits: how many lines go and which come, at which line of the file.

import type { PatchLine } from "./document.ts";

export interface Edit {
  /** 0-based line of the file before which `insert` goes and from which `remove` lines go. */
  readonly at: number;
  readonly remove: number;
  readonly insert: readonly string[];
}

/** The lines of a hunk that must be in the file. */
export function oldLines(lines: readonly PatchLine[]): string[] {
  return lines.filter((line) => line.kind !== "insert").map((line) => line.text);
}

/** Edits of a hunk found at `index`: deletes and inserts between two kept lines are one edit. */
export function toEdits(lines: readonly PatchLine[], index: number): Edit[] {
  const edits: Edit[] = [];
  let offset = 0;
  let remove = 0;
  let insert: string[] = [];
  const close = (): void => {
    if (remove > 0 || insert.length > 0) edits.push({ at: index + offset - remove, remove, insert });
    remove = 0;
    insert = [];
  };
  for (const { kind, text } of lines) {
    if (kind === "keep") close();
    if (kind === "delete") remove += 1;
    if (kind === "insert") insert.push(text);
    else offset += 1;
  }
  close();
  return edits;
}
