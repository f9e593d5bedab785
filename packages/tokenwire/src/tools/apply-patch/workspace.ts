// A folder that a patch may change and nothing outside it. Paths come from a model: each is checked when it is read and
// once more just before it is written, and a set of changes is written whole or not at all.

import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import {
  chmod,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
} from "node:fs/promises";
import { basename, dirname, isAbsolute, join, normalize, relative, resolve, sep } from "node:path";
import type { PatchProblem, PatchProblemCode } from "./document.ts";
import type { PatchSource } from "./plan.ts";

export interface WorkspaceLimits {
  /** Largest file that is read, in bytes. Default 32 MiB. */
  readonly maxFileBytes?: number;
  /** Most lines of a file. Default 200,000. */
  readonly maxFileLines?: number;
}

export interface WorkspaceOptions extends WorkspaceLimits {
  /** Accept an absolute path that lies inside the root. Default: refuse every absolute path. */
  readonly allowAbsoluteInsideRoot?: boolean;
}

/** The last state wanted of one path: its text, or null for "no file". */
export interface FileWrite {
  readonly path: string;
  readonly text: string | null;
  /** Take the permission bits of this path, if it exists. */
  readonly modeFrom?: string;
}

export interface PatchWorkspace extends PatchSource {
  /** Writes all or nothing. */
  commit(writes: readonly FileWrite[]): Promise<PatchProblem | undefined>;
}

const problem = (code: PatchProblemCode, path: string, message: string): PatchProblem => ({
  code,
  path,
  message,
});
const isMissing = (error: unknown): boolean =>
  errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR";
const errorCode = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** Opens `root`, an existing folder, as a workspace. */
export async function openWorkspace(root: string, options: WorkspaceOptions = {}): Promise<PatchWorkspace> {
  const real = await realpath(root);
  if (!(await stat(real)).isDirectory()) throw new TypeError(`Workspace root is not a folder: ${root}`);
  return new FolderWorkspace(real, options);
}

class FolderWorkspace implements PatchWorkspace {
  readonly #root: string;
  readonly #options: WorkspaceOptions;

  constructor(root: string, options: WorkspaceOptions) {
    this.#root = root;
    this.#options = options;
  }

  async resolvePath(path: string): Promise<{ readonly path: string } | PatchProblem> {
    const refused = this.#refuse(path);
    if (refused !== undefined)
      return problem("path-outside-root", path, `${JSON.stringify(path)}: ${refused}`);
    const real = await realpathOfNearest(resolve(this.#root, path));
    const inside = relative(this.#root, real);
    if (inside === "" || inside.startsWith("..") || isAbsolute(inside)) {
      return problem(
        "path-outside-root",
        path,
        `${JSON.stringify(path)} leads outside the workspace folder.`,
      );
    }
    if (inside.split(sep).some((part) => part.toLowerCase() === ".git")) {
      return problem("path-outside-root", path, `${JSON.stringify(path)}: a .git folder is never changed.`);
    }
    return { path: real };
  }

  #refuse(path: string): string | undefined {
    if (path.trim() === "") return "the path is empty.";
    if (path.includes("\0")) return "the path contains NUL.";
    if (/^[A-Za-z]:/.test(path) || path.startsWith("\\\\"))
      return "drive letters and network paths are refused.";
    if (path.split(/[/\\]/).includes(".."))
      return "'..' is refused; write the path from the workspace folder.";
    if (!isAbsolute(path)) return undefined;
    const inside = normalize(path).startsWith(this.#root + sep);
    return this.#options.allowAbsoluteInsideRoot && inside
      ? undefined
      : "absolute paths are refused; write it relative.";
  }

  async readFile(path: string): Promise<string | undefined | PatchProblem> {
    const resolved = await this.resolvePath(path);
    if ("code" in resolved) return resolved;
    const { maxFileBytes = 32 << 20, maxFileLines = 200_000 } = this.#options;
    try {
      const info = await stat(resolved.path);
      if (!info.isFile()) return problem("not-a-file", path, `${path} is not a regular file.`);
      if (info.size > maxFileBytes) {
        return problem(
          "too-large",
          path,
          `${path} has ${info.size} bytes; at most ${maxFileBytes} are read.`,
        );
      }
      const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
        await readFile(resolved.path),
      );
      const lines = text.split("\n").length;
      if (lines <= maxFileLines) return text;
      return problem("too-large", path, `${path} has ${lines} lines; at most ${maxFileLines} are read.`);
    } catch (error) {
      if (isMissing(error)) return undefined;
      if (error instanceof TypeError) return problem("not-utf8", path, `${path} is not UTF-8 text.`);
      return problem("io-error", path, `Cannot read ${path}: ${(error as Error).message}`);
    }
  }

  async nearNames(path: string): Promise<readonly string[]> {
    const folder = dirname(path);
    const wanted = basename(path).toLowerCase();
    const shared = (name: string): number =>
      [...wanted].filter((letter) => name.toLowerCase().includes(letter)).length;
    const names = await readdir(resolve(this.#root, folder)).catch(() => []);
    return names
      .map((name) => ({ name, score: shared(name) / Math.max(name.length, wanted.length) }))
      .filter(({ score }) => score > 0.5)
      .sort((a, b) => b.score - a.score)
      .slice(0, 3)
      .map(({ name }) => (folder === "." ? name : join(folder, name)));
  }

  async commit(writes: readonly FileWrite[]): Promise<PatchProblem | undefined> {
    const transaction = new Transaction();
    let current = "";
    try {
      for (const { path, text, modeFrom } of writes) {
        current = path;
        if (text === null) continue;
        const target = await this.#target(path);
        const mode = modeFrom === undefined ? undefined : await modeOf(await this.#target(modeFrom));
        await transaction.stage(target, text, mode);
      }
      for (const { path, text } of writes) {
        current = path;
        // Looked up again: a link may have been put into the path since it was staged.
        const target = await this.#target(path);
        await (text === null ? transaction.remove(target) : transaction.replace(target));
      }
      await transaction.finish();
      return undefined;
    } catch (error) {
      await transaction.rollback();
      if (error instanceof Refused) return error.problem;
      return problem(
        "io-error",
        current,
        `Cannot write ${current}: ${(error as Error).message}. Nothing was changed.`,
      );
    }
  }

  async #target(path: string): Promise<string> {
    const resolved = await this.resolvePath(path);
    if ("code" in resolved) throw new Refused(resolved);
    return resolved.path;
  }
}

class Refused {
  readonly problem: PatchProblem;
  constructor(refusal: PatchProblem) {
    this.problem = refusal;
  }
}

/** Resolves links in the part of the path that exists, and appends the rest. */
async function realpathOfNearest(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
    // A dangling link would be followed by a later write: resolve what it names instead of the link.
    const link = await lstat(path).catch(() => undefined);
    if (link?.isSymbolicLink()) return join(sep, "dangling-link");
    const parent = dirname(path);
    return parent === path ? path : join(await realpathOfNearest(parent), basename(path));
  }
}

async function modeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.mode;
}

/** Files written beside their targets, renamed into place, and put back when something fails. */
class Transaction {
  readonly #staged = new Map<string, string>();
  readonly #createdFolders: string[] = [];
  /** How to undo, newest last. */
  readonly #undo: (() => Promise<void>)[] = [];
  readonly #backups: string[] = [];

  async stage(target: string, text: string, mode: number | undefined): Promise<void> {
    await this.#createFolder(dirname(target));
    const temporary = besideName(target);
    const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW;
    const file = await open(temporary, flags, 0o666);
    this.#staged.set(target, temporary);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    const kept = mode ?? (await modeOf(target));
    if (kept !== undefined) await chmod(temporary, kept & 0o7777);
  }

  async replace(target: string): Promise<void> {
    const temporary = this.#staged.get(target);
    if (temporary === undefined) throw new Error(`the path changed while it was written: ${target}`);
    const existing = await lstat(target).catch(() => undefined);
    if (existing !== undefined && !existing.isFile()) throw new Error("the target is not a regular file");
    if (existing === undefined) this.#undo.push(() => rm(target, { force: true }));
    else await this.#backUp(target);
    await rename(temporary, target);
    this.#staged.delete(target);
  }

  async remove(target: string): Promise<void> {
    await this.#backUp(target);
    await rm(target);
  }

  async finish(): Promise<void> {
    await Promise.all(this.#backups.map((path) => rm(path, { force: true })));
  }

  async rollback(): Promise<void> {
    for (const undo of this.#undo.reverse()) await undo();
    for (const temporary of this.#staged.values()) await rm(temporary, { force: true });
    for (const folder of this.#createdFolders.reverse()) await rmdir(folder).catch(() => undefined);
    await this.finish();
  }

  /** Keeps the old bytes beside the file; the target itself stays in place, so a kill never leaves it missing. */
  async #backUp(target: string): Promise<void> {
    const backup = besideName(target);
    const { mode } = await stat(target);
    const file = await open(backup, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, mode & 0o7777);
    this.#backups.push(backup);
    try {
      await file.writeFile(await readFile(target));
    } finally {
      await file.close();
    }
    this.#undo.push(() => rename(backup, target));
  }

  async #createFolder(folder: string): Promise<void> {
    const missing: string[] = [];
    for (let path = folder; (await lstat(path).catch(() => undefined)) === undefined; path = dirname(path)) {
      missing.push(path);
    }
    for (const path of missing.reverse()) {
      await mkdir(path);
      this.#createdFolders.push(path);
    }
  }
}

const besideName = (target: string): string =>
  join(dirname(target), `.${basename(target)}.${randomUUID()}.patch`);
