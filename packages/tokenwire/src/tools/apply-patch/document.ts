// What a patch says, as data, and how faults in it are reported. A patch is model output: faults are values, never
// exceptions.

/** `default`: exact with the wanted repairs. `reference`: the published gpt-oss tool, byte for byte. */
export type PatchMode = "default" | "reference";

export interface PatchLine {
  readonly kind: "keep" | "delete" | "insert";
  readonly text: string;
}

/** One group of hunk lines and what says where it goes. */
export interface PatchSection {
  /** Lines to search for, one after the other, before the hunk is looked for. */
  readonly headers: readonly string[];
  /** 1-based line number in the old file from a `-n,n +n,n` header: ranks candidates, never more. */
  readonly lineHint?: number;
  readonly lines: readonly PatchLine[];
  /** The hunk must end where the file ends. */
  readonly endOfFile: boolean;
  /** 1-based line of the patch where the section starts. */
  readonly patchLine: number;
}

export interface AddOperation {
  readonly op: "add";
  readonly path: string;
  readonly lines: readonly string[];
  readonly patchLine: number;
}

export interface DeleteOperation {
  readonly op: "delete";
  readonly path: string;
  readonly patchLine: number;
}

export interface UpdateOperation {
  readonly op: "update";
  readonly path: string;
  readonly moveTo?: string;
  readonly sections: readonly PatchSection[];
  readonly patchLine: number;
}

export type PatchOperation = AddOperation | DeleteOperation | UpdateOperation;

export type PatchProblemCode =
  | "already-applied"
  | "ambiguous-match"
  | "context-not-found"
  | "duplicate-operation"
  | "empty-section"
  | "file-exists"
  | "file-not-found"
  | "header-not-found"
  | "invalid-arguments"
  | "invalid-line"
  | "io-error"
  | "missing-begin"
  | "missing-end"
  | "no-changes"
  | "not-a-file"
  | "not-at-end-of-file"
  | "not-utf8"
  | "overlapping-chunks"
  | "path-outside-root"
  | "too-large"
  | "unknown-header";

/** How the first differing line of the best candidate differs. */
export type LineDifference =
  | "trailing-space"
  | "indent"
  | "tabs-vs-spaces"
  | "unicode-punctuation"
  | "case"
  | "different"
  | "past-end";

/** The place in the file that the hunk most resembles. */
export interface PatchCandidate {
  /** 1-based line of the file where the hunk would start. */
  readonly line: number;
  readonly matchingLines: number;
  readonly firstDifference?: {
    /** 1-based line of the file. */
    readonly line: number;
    readonly expected: string;
    readonly actual: string;
    readonly kind: LineDifference;
  };
  /** Real lines of the file around the place, `{line, text}`. */
  readonly excerpt: readonly { readonly line: number; readonly text: string }[];
}

export interface PatchProblem {
  readonly code: PatchProblemCode;
  /** Complete text for the model: what was wrong, where, and what is really there. */
  readonly message: string;
  readonly patchLine?: number;
  readonly path?: string;
  readonly candidate?: PatchCandidate;
}

export interface PatchWarning {
  readonly code: "ambiguous-match" | "appended-at-end" | "begin-suffix" | "fuzzy-match" | "out-of-order";
  readonly message: string;
  readonly patchLine?: number;
  readonly path?: string;
}

/** A parsed patch. With a `problem`, `operations` holds what came before the fault. */
export interface PatchDocument {
  readonly mode: PatchMode;
  readonly operations: readonly PatchOperation[];
  readonly warnings: readonly PatchWarning[];
  readonly problem?: PatchProblem;
}

export const markers = {
  begin: "*** Begin Patch",
  end: "*** End Patch",
  add: "*** Add File: ",
  delete: "*** Delete File: ",
  update: "*** Update File: ",
  move: "*** Move to: ",
  endOfFile: "*** End of File",
} as const;
