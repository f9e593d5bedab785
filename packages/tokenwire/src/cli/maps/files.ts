// Maps and other documents in files.

import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { encodeCompactMap, parseMap, serializeMap, type TokenizerMap } from "@tokenwire/core/codec";
import { printJson, readStandardInput, UsageError } from "../output.ts";

/** Bytes of a file, or of standard input for `-`. */
export async function readBytes(file: string): Promise<Uint8Array> {
  if (file === "-") return Buffer.from(await readStandardInput(), "utf8");
  return await readFile(file);
}

export async function readMap(file: string): Promise<TokenizerMap> {
  return parseMap(await readBytes(file));
}

export async function readJson(file: string): Promise<unknown> {
  const text = Buffer.from(await readBytes(file)).toString("utf8");
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${file} is not JSON: ${(error as Error).message}`);
  }
}

/** Facts about a map, as `build` and `convert` print them. */
export function describeMap(map: TokenizerMap, compact = false): Record<string, unknown> {
  const { byte_fallback_start: start, byte_fallback_end: end } = map;
  return {
    id: map.id,
    vocab_size: map.vocab_size,
    encoder: map.encoder ?? "identity",
    merges: map.merges?.length ?? 0,
    byte_fallback: start === undefined ? "none" : `${start}-${end}`,
    special_tokens: Object.keys(map.special_tokens ?? {}).length,
    tool_calling: map.tool_calling?.convention ?? "none",
    hash: hashOf(bytesOf(map, compact)),
  };
}

/** `name: value` lines, or JSON. */
export function printFacts(facts: Readonly<Record<string, unknown>>, json: boolean | undefined): void {
  if (json) printJson(facts);
  else for (const [name, value] of Object.entries(facts)) process.stdout.write(`${name}: ${String(value)}\n`);
}

/** The bytes of a map in either form. */
function bytesOf(map: TokenizerMap, compact: boolean): Uint8Array {
  return compact ? encodeCompactMap(map) : serializeMap(map);
}

/** `sha256:<hex>` of some bytes. */
export function hashOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** Writes exactly the bytes that the printed hash is of. */
export async function writeMap(map: TokenizerMap, file: string, compact = false): Promise<void> {
  await writeFile(file, bytesOf(map, compact));
}
