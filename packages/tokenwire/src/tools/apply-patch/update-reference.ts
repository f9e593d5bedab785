// Applying an Update as the published tool does, its misplacements included.

import type { PatchProblem, PatchSection, UpdateOperation } from "./document.ts";
import { type Edit, oldLines, toEdits } from "./edits.ts";
import { LineIndex, type LineMatch } from "./line-index.ts";
import { passes, referencePasses } from "./lines.ts";

export type UpdateOutcome<Warning = never> =
  | { readonly text: string; readonly fuzz: number; readonly warnings: readonly Warning[] }
  | { readonly problem: PatchProblem };

export function updateReference(text: string, operation: UpdateOperation): UpdateOutcome {
  const index = new LineIndex(text.split("\n"));
  const edits: Edit[] = [];
  let cursor = 0;
  let fuzz = 0;
  for (const section of operation.sections) {
    const header = seekHeader(index, section.headers[0], cursor);
    cursor = header.index;
    const wanted = oldLines(section.lines);
    const match = locate(index, wanted, cursor, section);
    if (match === undefined) {
      const where = section.endOfFile ? "EOF context" : "context";
      const message = `Invalid ${where} at ${cursor}:\n${wanted.join("\n")}`;
      return {
        problem: { code: "context-not-found", message, patchLine: section.patchLine, path: operation.path },
      };
    }
    edits.push(...toEdits(section.lines, match.index));
    fuzz += header.fuzz + match.fuzz;
    cursor = match.index + wanted.length;
  }
  return splice(index.lines, edits, fuzz, operation);
}

/** Moves past the header unless it stands before the cursor already; one that stands nowhere changes nothing. */
function seekHeader(index: LineIndex, header: string | undefined, cursor: number): LineMatch {
  if (header === undefined) return { index: cursor, fuzz: 0 };
  for (const [pass, fuzz] of [[0, 0] as const, [2, 1] as const]) {
    const normalise = passes[pass]!.normalise;
    const wanted = normalise(header);
    if (index.lines.slice(0, cursor).some((line) => normalise(line) === wanted)) continue;
    const found = index.lines.findIndex((line, k) => k >= cursor && normalise(line) === wanted);
    if (found !== -1) return { index: found + 1, fuzz };
  }
  return { index: cursor, fuzz: 0 };
}

function locate(
  index: LineIndex,
  wanted: readonly string[],
  cursor: number,
  section: PatchSection,
): LineMatch | undefined {
  if (!section.endOfFile) return index.find(wanted, cursor, referencePasses);
  const atEnd = index.find(wanted, Math.max(0, index.lines.length - wanted.length), referencePasses);
  if (atEnd !== undefined) return atEnd;
  const anywhere = index.find(wanted, cursor, referencePasses);
  return anywhere && { index: anywhere.index, fuzz: anywhere.fuzz + 10_000 };
}

function splice(
  lines: readonly string[],
  edits: readonly Edit[],
  fuzz: number,
  { path, patchLine }: UpdateOperation,
): UpdateOutcome {
  const out: string[] = [];
  let done = 0;
  for (const { at, remove, insert } of edits) {
    const fault =
      at > lines.length
        ? `${path}: chunk.orig_index ${at} exceeds file length`
        : done > at
          ? `${path}: overlapping chunks at ${done} > ${at}`
          : undefined;
    if (fault !== undefined)
      return { problem: { code: "overlapping-chunks", message: fault, patchLine, path } };
    for (; done < at; done += 1) out.push(lines[done]!);
    for (const line of insert) out.push(line);
    done += remove;
  }
  for (; done < lines.length; done += 1) out.push(lines[done]!);
  return { text: out.join("\n"), fuzz, warnings: [] };
}
