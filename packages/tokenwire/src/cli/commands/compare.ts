// `tokenwire compare`: two tokenizers on the same text, with every difference shown in context.

import { readFileSync } from "node:fs";
import type { Encoding, Tokenizer } from "@tokenwire/core/tokenizer";
import { Command } from "commander";
import {
  paint,
  printable,
  printJson,
  readStandardInput,
  textOrBytes,
  UsageError,
  writeOut,
} from "../output.ts";
import { type Difference, differencesOf, type PlacedTokens } from "../tokenize/align.ts";
import { chooseEncoding } from "./tokenize.ts";

interface CompareFlags {
  readonly json?: boolean;
  readonly limit: string;
}

const examples = `
Examples:
  $ tokenwire compare cl100k_base o200k_base README.md      how the splits differ
  $ tokenwire compare gpt-4 gpt-4o < prompt.txt             models stand for their encodings
  $ tokenwire compare ./tokenizer.json o200k_base a.txt     a Hugging Face file against an encoding
  $ tokenwire compare cl100k_base o200k_base a.txt --json | jq .differences

Exits with 0 if both cut the text into the same tokens, 1 if not.`;

export function compareCommand(): Command {
  return new Command("compare")
    .summary("Show where two tokenizers differ")
    .description("Tokenize a text with two tokenizers and show every place where they cut it differently.")
    .argument("<first>", "encoding, model name, or path of a tokenizer.json or .twt")
    .argument("<second>", "the other one")
    .argument("[file]", "file to read, - for standard input (the default)")
    .option("--json", "print as JSON")
    .option("--limit <n>", "print at most this many differences", "20")
    .addHelpText("after", examples)
    .action(compare);
}

async function compare(
  firstName: string,
  secondName: string,
  file: string | undefined,
  flags: CompareFlags,
): Promise<void> {
  if (!/^\d+$/.test(flags.limit))
    throw new UsageError(`--limit must be a number, got ${JSON.stringify(flags.limit)}.`);
  const [first, second] = [await load(firstName), await load(secondName)];
  const given = file === undefined || file === "-" ? await readStandardInput() : readFileSync(file, "utf8");
  // Places are those of one text, so both read what the one that normalizes makes of it.
  const form = normalizationOf(first) ?? normalizationOf(second);
  const text = form === undefined ? given : given.normalize(form);
  if (text !== given)
    process.stderr.write(`compared after normalization to ${form}, which one of the two applies\n`);
  const bytes = new TextEncoder().encode(text);
  const a = place(first, text);
  const b = place(second, text);
  const differences = differencesOf(
    a,
    b,
    bytes.length,
    (i, j) => a.starts[i] === b.starts[j] && endOf(a, i, bytes) === endOf(b, j, bytes),
  );
  if (differences.length > 0) process.exitCode = 1;
  const shown = differences.slice(0, Number(flags.limit));
  const summary = {
    bytes: bytes.length,
    first: side(firstName, a),
    second: side(secondName, b),
    differing: differences.length,
  };
  if (flags.json === true) {
    printJson({ ...summary, differences: shown.map((difference) => toJson(difference, a, b, bytes)) });
    return;
  }
  for (const difference of shown) await writeOut(`${describe(difference, a, b, bytes)}\n`);
  if (shown.length < differences.length)
    await writeOut(`… and ${differences.length - shown.length} more\n\n`);
  const ratio = a.ids.length === 0 ? 1 : b.ids.length / a.ids.length;
  await writeOut(
    `${firstName}: ${a.ids.length} tokens; ${secondName}: ${b.ids.length} tokens (× ${ratio.toFixed(3)}); ${differences.length} places differ\n`,
  );
}

async function load(name: string): Promise<Tokenizer> {
  if (name.endsWith(".json") || name.endsWith(".twt")) {
    const { loadTokenizerJson } = await import("@tokenwire/core/tokenizer");
    return loadTokenizerJson(readFileSync(name));
  }
  const { listEncodingNames } = await import("@tokenwire/encodings");
  const isEncoding = (listEncodingNames() as string[]).includes(name);
  return chooseEncoding(isEncoding ? { encoding: name } : { model: name });
}

function normalizationOf(tokenizer: Tokenizer): "NFC" | undefined {
  return (tokenizer as Partial<Encoding>).normalization;
}

/** The text's tokens with the byte at which each starts: that of an encoding from its token lengths. */
function place(tokenizer: Tokenizer, text: string): PlacedTokens {
  const ids = tokenizer.encodeOrdinary(text);
  const starts = new Uint32Array(ids.length);
  let at = 0;
  for (const [i, id] of ids.entries()) {
    starts[i] = at;
    at += lengthIn(tokenizer, id);
  }
  return { ids, starts };
}

function lengthIn(tokenizer: Tokenizer, id: number): number {
  const encoding = tokenizer as Partial<Encoding>;
  return encoding.decodeSingleTokenBytes === undefined
    ? tokenizer.decodeBytes([id]).length
    : encoding.decodeSingleTokenBytes.call(tokenizer, id).length;
}

function endOf(tokens: PlacedTokens, index: number, bytes: Uint8Array): number {
  return index + 1 < tokens.ids.length ? tokens.starts[index + 1]! : bytes.length;
}

function side(name: string, { ids }: PlacedTokens): { readonly name: string; readonly tokens: number } {
  return { name, tokens: ids.length };
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The tokens of a range as text. */
function partsOf(tokens: PlacedTokens, [from, to]: readonly [number, number], bytes: Uint8Array): string[] {
  return Array.from({ length: to - from }, (_, i) =>
    textOrBytes(bytes.subarray(tokens.starts[from + i], endOf(tokens, from + i, bytes))),
  );
}

function idsOf({ ids }: PlacedTokens, [from, to]: readonly [number, number]): number[] {
  return Array.from({ length: to - from }, (_, i) => ids[from + i]!);
}

function toJson(difference: Difference, a: PlacedTokens, b: PlacedTokens, bytes: Uint8Array): object {
  const { startByte, endByte, first, second } = difference;
  return {
    startByte,
    text: decoder.decode(bytes.subarray(startByte, endByte)),
    first: { ids: idsOf(a, first), tokens: partsOf(a, first, bytes) },
    second: { ids: idsOf(b, second), tokens: partsOf(b, second, bytes) },
  };
}

const CONTEXT = 24;

function describe(difference: Difference, a: PlacedTokens, b: PlacedTokens, bytes: Uint8Array): string {
  const { startByte, endByte, first, second } = difference;
  const line = bytes.subarray(0, startByte).reduce((count, byte) => count + (byte === 10 ? 1 : 0), 1);
  const clean = (text: string): string => printable(text).replaceAll("\n", "⏎").replaceAll("\t", "→");
  const before = clean(decoder.decode(bytes.subarray(Math.max(0, startByte - CONTEXT), startByte)));
  const after = clean(decoder.decode(bytes.subarray(endByte, endByte + CONTEXT)));
  const middle = paint("bold", clean(decoder.decode(bytes.subarray(startByte, endByte))));
  const row = (tokens: PlacedTokens, range: readonly [number, number]): string =>
    `${partsOf(tokens, range, bytes).map(clean).join(paint("dim", "|"))}  ${paint("dim", idsOf(tokens, range).join(" "))}`;
  return `line ${line}, byte ${startByte}: ${paint("dim", before)}${middle}${paint("dim", after)}\n  - ${row(a, first)}\n  + ${row(b, second)}\n`;
}
