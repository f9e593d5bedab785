// `tokenwire maps validate | hash | preview`: what a map is and whether it works.

import type { TokenizerMap } from "@tokenwire/core/codec";
import { Command } from "commander";
import { printable, printJson } from "../output.ts";
import { hashOf, printFacts, readBytes, readMap } from "./files.ts";

/** Texts on which a pattern and the program beside it must agree. */
const samples = [
  "Hello, world! It's 12345 o'clock.",
  "  leading\n\n trailing  \t",
  "日本語 ABCdef naïve e\u0301 👩‍👩‍👧 \u0085\u00a0",
  "https://example.com/a?b=c // don't DON'T",
];

async function disagreement(map: TokenizerMap): Promise<string | undefined> {
  const { pre_tokenizer_pattern: pattern, pre_tokenizer_program: program, ...rest } = map;
  if (pattern === undefined || program === undefined || map.merges === undefined) return undefined;
  const { BPETokenizer } = await import("@tokenwire/core/codec");
  const byProgram = new BPETokenizer({ ...rest, pre_tokenizer_program: program });
  const byPattern = new BPETokenizer(
    { ...rest, pre_tokenizer_pattern: pattern },
    { allowUntrustedPattern: true },
  );
  const text = samples.find(
    (sample) => String(byProgram.encode(sample)) !== String(byPattern.encode(sample)),
  );
  return text && `The program and the pattern give different IDs for ${JSON.stringify(text)}.`;
}

/** What is legal but wrong or suspicious. */
async function lint(map: TokenizerMap): Promise<string[]> {
  const notes: string[] = [];
  const ids = [...Object.values(map.vocab ?? {}), ...Object.values(map.special_tokens ?? {})];
  let largest = 0;
  for (const id of ids) largest = Math.max(largest, id);
  if (map.vocab && largest >= map.vocab_size)
    notes.push(`vocab_size is ${map.vocab_size}, but the largest ID is ${largest}.`);
  const vocab = map.vocab ?? {};
  const unknown = (map.merges ?? []).filter(
    (merge) => !merge.split(" ").every((side) => Object.hasOwn(vocab, side)),
  );
  if (unknown.length > 0)
    notes.push(
      `${unknown.length} merges name tokens that are not in vocab, such as ${JSON.stringify(unknown[0])}.`,
    );
  if (map.encoder === "byte_level" && map.pre_tokenizer_program === undefined)
    notes.push("There is no pre_tokenizer_program; clients need a Unicode regex engine.");
  const differs = await disagreement(map);
  if (differs !== undefined) notes.push(differs);
  return notes;
}

export function validateCommand(): Command {
  return new Command("validate")
    .description("Check a map against the format, and note what looks wrong")
    .argument("<map>", "map file; - reads standard input")
    .option("--json", "print the result as JSON")
    .addHelpText("after", "\nExamples:\n  $ tokenwire maps validate openai_o200k_base.json")
    .action(async (file: string, flags: { json?: boolean }) => {
      const map = await readMap(file);
      const notes = await lint(map);
      if (flags.json) printJson({ id: map.id, valid: true, notes });
      else process.stdout.write(`${map.id}: valid\n${notes.map((note) => `note: ${note}\n`).join("")}`);
    });
}

export function hashCommand(): Command {
  return new Command("hash")
    .description("Print the hash of a map file")
    .argument("<map>", "map file; - reads standard input")
    .option("--canonical", "hash the bytes that tokenwire would write, not those of the file")
    .addHelpText("after", "\nExamples:\n  $ tokenwire maps hash openai_o200k_base.json")
    .action(async (file: string, flags: { canonical?: boolean }) => {
      const { hashMap } = await import("@tokenwire/core/codec");
      const hash = flags.canonical ? hashMap(await readMap(file)) : hashOf(await readBytes(file));
      process.stdout.write(`${hash}\n`);
    });
}

export function previewCommand(): Command {
  return new Command("preview")
    .description("Encode and decode a text with a map")
    .argument("<map>", "map file; - reads standard input")
    .option("--text <text>", "text to encode", "Hello, world! This is a Codec tokenizer dialect map.")
    .option("--allow-pattern", "run a regular expression of the map that is not a known one")
    .option("--json", "print the result as JSON")
    .addHelpText("after", '\nExamples:\n  $ tokenwire maps preview map.json --text "naïve café"')
    .action(async (file: string, flags: { text: string; allowPattern?: boolean; json?: boolean }) => {
      const { detokenize, tokenize } = await import("@tokenwire/core/codec");
      const map = await readMap(file);
      const ids = tokenize(map, flags.text, { allowUntrustedPattern: flags.allowPattern ?? false });
      const roundTrip = detokenize(map, ids);
      const facts = { ids, count: ids.length, round_trip: roundTrip, exact: roundTrip === flags.text };
      printFacts(
        flags.json ? facts : { ...facts, ids: ids.join(" "), round_trip: printable(roundTrip) },
        flags.json,
      );
    });
}
