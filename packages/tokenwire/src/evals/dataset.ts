// Loading an eval's data: from a file, or from its published address when downloads are allowed. The SHA-256 is always
// computed, so that a run records what it was made from.

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { TokenwireError } from "@tokenwire/core";
import type { DatasetSource } from "./types.ts";

export interface DatasetOptions {
  /** Files, or addresses, to use instead of the published addresses, in the same order. */
  readonly files?: readonly string[];
  /** Hex SHA-256 to insist on, in the same order. */
  readonly sha256?: readonly string[];
  /** Allow the network. Default: false. */
  readonly download?: boolean;
  readonly signal?: AbortSignal;
}

export interface LoadedDataset {
  readonly texts: readonly string[];
  /** Hex SHA-256 of each file. */
  readonly hashes: readonly string[];
}

export async function loadDataset(
  sources: readonly DatasetSource[],
  options: DatasetOptions = {},
): Promise<LoadedDataset> {
  const { files = [], sha256 = [], download = false, signal } = options;
  const count = Math.max(sources.length, files.length);
  const loaded = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const name = files[index] ?? sources[index]?.url ?? "";
      const isAddress = /^https?:\/\//i.test(name);
      if (name === "")
        throw new TokenwireError("INVALID_DATASET", "The dataset is not shipped. Name the file.");
      if (isAddress && !download) {
        throw new TokenwireError(
          "INVALID_DATASET",
          `The dataset is not shipped. Name a local copy of ${name}, or allow downloads.`,
        );
      }
      const bytes = isAddress ? await fetchBytes(name, signal) : await readBytes(name);
      const hash = createHash("sha256").update(bytes).digest("hex");
      const expected = sha256[index] ?? sources[index]?.sha256;
      if (expected !== undefined && expected.toLowerCase() !== hash) {
        throw new TokenwireError("INVALID_DATASET", `${name} has SHA-256 ${hash}; expected ${expected}.`);
      }
      const text = new TextDecoder().decode(bytes);
      if (/^\s*<(?:!doctype|html)/i.test(text))
        throw new TokenwireError("INVALID_DATASET", `${name} is an HTML page, not a data file.`);
      return { text, hash };
    }),
  );
  return { texts: loaded.map(({ text }) => text), hashes: loaded.map(({ hash }) => hash) };
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new TokenwireError(
      "INVALID_DATASET",
      `Cannot read the dataset ${file}: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

async function fetchBytes(url: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const response = await fetch(url, signal === undefined ? {} : { signal });
  if (!response.ok)
    throw new TokenwireError("INVALID_DATASET", `${url} answered with HTTP status ${response.status}.`);
  return new Uint8Array(await response.arrayBuffer());
}
