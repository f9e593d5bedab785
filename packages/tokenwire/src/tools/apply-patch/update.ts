// Applying an Update in default mode: find each section, collect edits, splice them into the file's own lines.

import { bestCandidate, candidateText, isAlreadyApplied, similarLines } from "./diagnose.ts";
import type { PatchLine, PatchProblem, PatchSection, PatchWarning, UpdateOperation } from "./document.ts";
import { type Edit, oldLines, toEdits } from "./edits.ts";
import { LineIndex, type LineMatch } from "./line-index.ts";
import { type FileLine, splitFileLines } from "./lines.ts";
import type { UpdateOutcome } from "./update-reference.ts";

export interface UpdateOptions {
  /** `ensure` (default): the file ends with a newline afterwards. `preserve`: only if it did before. */
  readonly finalNewline?: "ensure" | "preserve";
  /** `warn` (default): the first of several places is taken. `error`: refuse. */
  readonly ambiguity?: "warn" | "error";
}

/** How many candidate places an ambiguity names. */
const candidateLimit = 20;

export function updateText(
  text: string,
  operation: UpdateOperation,
  options: UpdateOptions = {},
): UpdateOutcome<PatchWarning> {
  const bom = text.startsWith("\ufeff") ? "\ufeff" : "";
  const fileLines = splitFileLines(text.slice(bom.length));
  const placer = new SectionPlacer(
    new LineIndex(fileLines.map((line) => line.text)),
    operation.path,
    options,
  );
  for (const section of operation.sections) {
    const problem = placer.place(section);
    if (problem !== undefined) return { problem };
  }
  const result = splice(fileLines, placer.edits, options.finalNewline ?? "ensure");
  return { text: bom + result, fuzz: placer.fuzz, warnings: placer.warnings };
}

class SectionPlacer {
  readonly edits: Edit[] = [];
  readonly warnings: PatchWarning[] = [];
  fuzz = 0;
  readonly #index: LineIndex;
  readonly #path: string;
  readonly #options: UpdateOptions;
  readonly #taken: { readonly start: number; readonly end: number }[] = [];
  #cursor = 0;

  constructor(index: LineIndex, path: string, options: UpdateOptions) {
    this.#index = index;
    this.#path = path;
    this.#options = options;
  }

  /** Adds the section's edits, or says why it has no place. */
  place(section: PatchSection): PatchProblem | undefined {
    for (const header of section.headers) {
      const problem = this.#seekHeader(header, section);
      if (problem !== undefined) return problem;
    }
    if (oldLines(section.lines).length === 0) return this.#insertOnly(section);
    const lines = this.#existing(section);
    if (lines === undefined) return this.#notFound(section);
    const { match, hunk } = lines;
    const problem = this.#checkAmbiguity(section, oldLines(hunk), match);
    if (problem !== undefined) return problem;
    const end = match.index + oldLines(hunk).length;
    this.edits.push(...toEdits(hunk, match.index));
    this.#taken.push({ start: match.index, end });
    this.fuzz += match.fuzz;
    if (match.fuzz > 0) {
      const message = `${this.#path}: the hunk at patch line ${section.patchLine} matched line ${match.index + 1} only after ignoring white space or punctuation.`;
      this.#warn("fuzzy-match", message, section);
    }
    this.#cursor = Math.max(this.#cursor, end);
    return undefined;
  }

  #seekHeader(header: string, section: PatchSection): PatchProblem | undefined {
    const found = this.#index.find([header], this.#cursor);
    const before = this.#index.find([header], 0);
    if (before !== undefined && before.index < this.#cursor) return undefined;
    if (found !== undefined) {
      this.#cursor = found.index + 1;
      this.fuzz += found.fuzz === 0 ? 0 : 1;
      return undefined;
    }
    // The text behind a diff-style "@@ -1,2 +1,2 @@" is a hint that other tools add; it need not occur.
    if (section.lineHint !== undefined) return undefined;
    const similar = similarLines(this.#index, header, 3).map(({ line, text }) => `  ${line}: ${text}`);
    const hint = similar.length > 0 ? `Most similar lines:\n${similar.join("\n")}` : "No line resembles it.";
    return this.#problem(
      "header-not-found",
      `Failed to find context '${header}' in ${this.#path}. ${hint}`,
      section,
    );
  }

  #insertOnly(section: PatchSection): PatchProblem | undefined {
    const atEnd = section.endOfFile || section.headers.length === 0;
    const at = atEnd ? this.#index.lines.length : this.#cursor;
    this.edits.push(...toEdits(section.lines, at));
    if (atEnd && !section.endOfFile && this.#index.lines.length > 0) {
      const message = `${this.#path}: the hunk at patch line ${section.patchLine} has no context, so its lines were appended at the end.`;
      this.#warn("appended-at-end", message, section);
    }
    return undefined;
  }

  /** Where the hunk stands; trailing blank context lines are given up one by one if they keep it from matching. */
  #existing(section: PatchSection): { match: LineMatch; hunk: readonly PatchLine[] } | undefined {
    let hunk = section.lines;
    while (true) {
      const match = this.#locate(section, oldLines(hunk));
      if (match !== undefined) return { match, hunk };
      const last = hunk.at(-1);
      if (last?.kind !== "keep" || last.text !== "" || hunk.length === 1) return undefined;
      hunk = hunk.slice(0, -1);
    }
  }

  #locate(section: PatchSection, wanted: readonly string[]): LineMatch | undefined {
    if (section.endOfFile) {
      const start = this.#index.lines.length - wanted.length;
      return start >= this.#cursor ? this.#index.matchAt(wanted, start) : undefined;
    }
    return (
      this.#hinted(section, wanted) ??
      this.#index.find(wanted, this.#cursor) ??
      this.#earlier(section, wanted)
    );
  }

  /** Among several exact places, the one nearest to the line that a diff-style header names. */
  #hinted(section: PatchSection, wanted: readonly string[]): LineMatch | undefined {
    const { lineHint } = section;
    if (lineHint === undefined) return undefined;
    const places = this.#index.findAll(wanted, candidateLimit).filter((place) => place >= this.#cursor);
    const distance = (place: number): number => Math.abs(place + 1 - lineHint);
    const [nearest] = places.sort((a, b) => distance(a) - distance(b));
    return nearest === undefined ? undefined : { index: nearest, fuzz: 0 };
  }

  /** One exact place before the cursor, free of earlier hunks: the sections are merely out of order. */
  #earlier(section: PatchSection, wanted: readonly string[]): LineMatch | undefined {
    if (section.headers.length > 0) return undefined;
    const [place, ...others] = this.#index.findAll(wanted, 2);
    if (place === undefined || others.length > 0) return undefined;
    const end = place + wanted.length;
    if (this.#taken.some((range) => place < range.end && range.start < end)) return undefined;
    const message = `${this.#path}: the hunk at patch line ${section.patchLine} stands before an earlier one in the file.`;
    this.#warn("out-of-order", message, section);
    return { index: place, fuzz: 0 };
  }

  #checkAmbiguity(
    section: PatchSection,
    wanted: readonly string[],
    match: LineMatch,
  ): PatchProblem | undefined {
    if (match.fuzz > 0 || section.endOfFile || section.lineHint !== undefined) return undefined;
    const places = this.#index.findAll(wanted, candidateLimit).filter((place) => place >= this.#cursor);
    if (places.length < 2) return undefined;
    const message = `${this.#path}: the hunk at patch line ${section.patchLine} fits lines ${places.map((place) => place + 1).join(", ")}; add context or an '@@ header' line.`;
    if (this.#options.ambiguity === "error") return this.#problem("ambiguous-match", message, section);
    this.#warn("ambiguous-match", `${message} The first was taken.`, section);
    return undefined;
  }

  #notFound(section: PatchSection): PatchProblem {
    const wanted = oldLines(section.lines);
    if (section.endOfFile && this.#index.find(wanted, this.#cursor) !== undefined) {
      const message = `The hunk is marked '*** End of File', but its lines in ${this.#path} are not the last ones.`;
      return this.#problem("not-at-end-of-file", message, section);
    }
    const applied = isAlreadyApplied(this.#index, section);
    const candidate = bestCandidate(this.#index, wanted, this.#cursor);
    const message = applied
      ? `The changed lines are already in ${this.#path}: this hunk was applied before.`
      : `Failed to find expected lines in ${this.#path}:\n${wanted.join("\n")}\n${candidateText(candidate)}`;
    const problem = this.#problem(applied ? "already-applied" : "context-not-found", message, section);
    return candidate === undefined ? problem : { ...problem, candidate };
  }

  #problem(code: PatchProblem["code"], message: string, { patchLine }: PatchSection): PatchProblem {
    return { code, message: `Patch line ${patchLine}: ${message}`, patchLine, path: this.#path };
  }

  #warn(code: PatchWarning["code"], message: string, { patchLine }: PatchSection): void {
    this.warnings.push({ code, message, patchLine, path: this.#path });
  }
}

/** Kept lines keep their own endings, inserted ones get the ending of the file's first newline. */
function splice(
  lines: readonly FileLine[],
  edits: readonly Edit[],
  finalNewline: "ensure" | "preserve",
): string {
  const preferred = lines.find((line) => line.ending !== "")?.ending || "\n";
  const hadFinalNewline = lines.length === 0 || lines.at(-1)!.ending !== "";
  const out: FileLine[] = [];
  let done = 0;
  // A stable sort: edits at one place stay in the order of the patch.
  for (const { at, remove, insert } of [...edits].sort((a, b) => a.at - b.at)) {
    for (; done < at; done += 1) out.push(lines[done]!);
    for (const text of insert) out.push({ text, ending: preferred });
    done += remove;
  }
  for (; done < lines.length; done += 1) out.push(lines[done]!);
  const last = out.length - 1;
  return out
    .map(({ text, ending }, index) => {
      if (index < last) return text + (ending || preferred);
      return text + (finalNewline === "ensure" || hadFinalNewline ? ending || preferred : "");
    })
    .join("");
}
