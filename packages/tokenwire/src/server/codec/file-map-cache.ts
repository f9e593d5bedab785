// Maps on disk, by hash. What is stored are the bytes that were fetched; they are verified again on every read, so a
// damaged or exchanged file is fetched anew instead of trusted.

import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CodecError, type MapCache, TokenizerMap, verifyMapBytes } from "@tokenwire/core/codec";

/** Hash at the end of a cache key. Keys without one are not cached: nothing could verify them. */
const PINNED = /#sha256:([0-9a-f]{64})$/;

/** A cache for `loadMap` and `discoverMap` in a folder that is created when needed. */
export class FileMapCache implements MapCache {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async get(key: string): Promise<TokenizerMap | undefined> {
    const hex = PINNED.exec(key)?.[1];
    if (hex === undefined) return undefined;
    const file = this.#file(hex);
    let bytes: Uint8Array;
    try {
      bytes = await readFile(file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
    try {
      await verifyMapBytes(bytes, `sha256:${hex}`, { url: file });
      return TokenizerMap.fromJson(bytes);
    } catch (error) {
      if (error instanceof CodecError) return undefined;
      throw error;
    }
  }

  async set(key: string, _map: TokenizerMap, bytes?: Uint8Array): Promise<void> {
    const hex = PINNED.exec(key)?.[1];
    if (hex === undefined || bytes === undefined) return;
    await mkdir(this.#folder, { recursive: true });
    // Readers must never see half a file.
    const part = join(this.#folder, `.${hex}.${randomUUID()}`);
    await writeFile(part, bytes);
    await rename(part, this.#file(hex));
  }

  #file(hex: string): string {
    return join(this.#folder, `${hex}.json`);
  }
}
