// The files of a model folder, read with limits: only names below the folder, only files, never too large.

import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { type JsonObject, type JsonValue, parseJson } from "@tokenwire/core/json";
import { invalidProfile } from "./profile-error.ts";

const largestFile = 512 * 1024 * 1024;
const largestText = 16 * 1024 * 1024;

/** Files of one model. Names use `/` and are relative to the folder. */
export class ModelFiles {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** The bytes of a file, or undefined if there is none. */
  async bytes(name: string, limit: number = largestFile): Promise<Uint8Array | undefined> {
    const path = join(this.folder, name);
    const found = await stat(path).catch(absent);
    if (found === undefined || !found.isFile()) return undefined;
    if (found.size > limit) throw invalidProfile(path, `has ${found.size} bytes; at most ${limit} are read.`);
    const file = await open(path);
    try {
      return await file.readFile();
    } finally {
      await file.close();
    }
  }

  /** The text of a file byte for byte, or undefined. Raises INVALID_PROFILE if it is not UTF-8. */
  async text(name: string): Promise<string | undefined> {
    const bytes = await this.bytes(name, largestText);
    if (bytes === undefined) return undefined;
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch (cause) {
      throw invalidProfile(join(this.folder, name), "is not UTF-8.", cause);
    }
  }

  /** The parsed JSON of a file, or undefined. */
  async json(name: string): Promise<JsonValue | undefined> {
    const bytes = await this.bytes(name, largestText);
    if (bytes === undefined) return undefined;
    try {
      return parseJson(bytes);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw invalidProfile(join(this.folder, name), reason, cause);
    }
  }

  /** As `json`, for files whose content must be an object; empty where there is no file. */
  async object(name: string): Promise<JsonObject> {
    const value = (await this.json(name)) ?? new Map<string, JsonValue>();
    if (!(value instanceof Map)) throw invalidProfile(join(this.folder, name), "is not a JSON object.");
    return value;
  }

  /** Names of the files in a folder below this one; none if it does not exist. */
  async list(folder = ""): Promise<string[]> {
    const entries = await readdir(join(this.folder, folder), { withFileTypes: true }).catch(absent);
    const files = (entries ?? []).filter((entry) => entry.isFile() || entry.isSymbolicLink());
    return files.map((entry) => entry.name).sort();
  }
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
  throw error;
}
