// A finished or broken-off run on disk, for those who look at it later.

import { createReadStream, existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { TokenwireError } from "@tokenwire/core";
import type { SampleRecord } from "./types.ts";

/** One line per sample, as it finishes; the first line names the configuration. */
export const samplesFile = "samples.jsonl";

export interface SavedRun {
  /** Its folder, as it was named. */
  readonly name: string;
  /** In the order of the items. */
  readonly records: readonly SampleRecord[];
}

/** Reads the samples of a run. Throws when the folder holds none. */
export async function readRun(folder: string): Promise<SavedRun> {
  const path = join(folder, samplesFile);
  if (!existsSync(path)) {
    throw new TokenwireError(
      "INVALID_ARGUMENT",
      `${folder} is not the folder of a run: it has no ${samplesFile}.`,
    );
  }
  const { records } = await readSamples(path);
  const ordered = [...records.values()].sort((a, b) => a.item - b.item);
  return { name: folder.replace(/(?<=.)\/+$/, ""), records: ordered };
}

/** The configuration that the file names, and its samples by item; a later one replaces an earlier one. */
export async function readSamples(
  path: string,
): Promise<{ readonly configuration: unknown; readonly records: Map<number, SampleRecord> }> {
  const records = new Map<number, SampleRecord>();
  let configuration: unknown;
  let isFirst = true;
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of lines) {
    const value = parseLine(line);
    if (isFirst) configuration = value?.["configuration"];
    // A line cut off by a kill is as good as absent: its sample runs again.
    else if (value !== undefined) records.set(value["item"] as number, value as unknown as SampleRecord);
    isFirst = false;
  }
  return { configuration, records };
}

function parseLine(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
