// `tokenwire maps well-known` and its twin for policies: the files of discovery, written as they must be served.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Command } from "commander";
import { UsageError } from "../output.ts";
import { hashOf, readBytes } from "./files.ts";

interface PublishFlags {
  readonly url?: string;
  readonly inline?: boolean;
  readonly outDir: string;
}

async function writeDeep(file: string, content: Uint8Array | string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
  process.stdout.write(`wrote ${file}\n`);
}

function pretty(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function checkTarget({ url, inline }: PublishFlags): void {
  if ((url === undefined) === (inline !== true))
    throw new UsageError("Give either --url, where the file is served, or --inline.");
  if (url !== undefined && !/^https?:\/\//.test(url))
    throw new UsageError(`--url: "${url}" is not an http or https address.`);
}

/** The index with the entry of this id replaced, sorted by id. A file that is not an index is never overwritten. */
async function updateIndex(file: string, entry: { readonly id: string }): Promise<void> {
  let text: string | undefined;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const index = text === undefined ? { codec_version: "0.2", maps: [] } : parseIndex(text, file);
  const maps = [...index.maps.filter(({ id }) => id !== entry.id), entry].sort((a, b) =>
    a.id < b.id ? -1 : 1,
  );
  await writeDeep(file, pretty({ ...index, maps }));
}

function parseIndex(text: string, file: string): { maps: { id: string }[] } {
  const fail = (): never => {
    throw new UsageError(`${file} is not an index; it was left as it is.`);
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    fail();
  }
  const maps = (value as { maps?: unknown } | null)?.maps;
  if (!Array.isArray(maps) || maps.some((entry) => typeof entry?.id !== "string")) fail();
  return value as { maps: { id: string }[] };
}

export function wellKnownCommand(): Command {
  return new Command("well-known")
    .description("Write a map's discovery files")
    .requiredOption("--map <file>", "map file")
    .option("--url <address>", "where the map is served: a pointer is written, and the index updated")
    .option("--inline", "publish the map itself")
    .option("--out-dir <folder>", "folder that is served at /", ".")
    .addHelpText(
      "after",
      "\nExamples:\n  $ tokenwire maps well-known --map map.json --url https://cdn.example/map.json --out-dir public",
    )
    .action(async (flags: PublishFlags & { map: string }) => {
      checkTarget(flags);
      const { checkPublishableId, parseMap } = await import("@tokenwire/core/codec");
      const bytes = await readBytes(flags.map);
      const id = checkPublishableId(parseMap(bytes).id);
      const base = join(flags.outDir, ".well-known", "codec");
      const file = join(base, "maps", `${id}.json`);
      if (flags.inline) {
        await writeDeep(file, bytes);
        return;
      }
      const pointer = { id, url: flags.url, hash: hashOf(bytes) };
      await writeDeep(file, pretty(pointer));
      await updateIndex(join(base, "index.json"), pointer);
    });
}

export function policiesWellKnownCommand(): Command {
  return new Command("policies-well-known")
    .description("Write a safety policy's discovery files")
    .requiredOption("--descriptor <file>", "policy file")
    .option("--url <address>", "where the policy is served: a pointer is written")
    .option("--inline", "publish the policy itself")
    .option("--out-dir <folder>", "folder that is served at /", ".")
    .addHelpText(
      "after",
      "\nExamples:\n  $ tokenwire maps policies-well-known --descriptor policy.json --inline --out-dir public",
    )
    .action(async (flags: PublishFlags & { descriptor: string }) => {
      checkTarget(flags);
      const { checkPublishableId, parseSafetyPolicy, safetyPolicyCanonicalBytes } = await import(
        "@tokenwire/core/codec"
      );
      const policy = parseSafetyPolicy(await readBytes(flags.descriptor));
      const id = checkPublishableId(policy.id);
      const bytes = safetyPolicyCanonicalBytes(policy);
      const hash = hashOf(bytes);
      const base = join(flags.outDir, ".well-known", "codec", "policies");
      await writeDeep(join(base, `${id}.json`), flags.inline ? bytes : pretty({ id, url: flags.url, hash }));
      await writeDeep(join(base, "sha256", `${hash.slice("sha256:".length)}.json`), bytes);
    });
}
