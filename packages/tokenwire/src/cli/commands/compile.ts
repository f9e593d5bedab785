// `tokenwire compile`: a tokenizer.json in the form that loads at once.

import { readFile, writeFile } from "node:fs/promises";
import { Command } from "commander";
import { printJson } from "../output.ts";

interface CompileFlags {
  readonly out: string;
  readonly json?: boolean;
}

const examples = `
Examples:
  $ tokenwire compile models/gemma/tokenizer.json -o models/gemma/tokenizer.twt
  $ tokenwire compare tokenizer.twt tokenizer.json README.md      they are the same

A model folder without a tokenizer.json is served with its tokenizer.twt. Compile again after an update of tokenwire.`;

export function compileCommand(): Command {
  return new Command("compile")
    .summary("Make a tokenizer.json quick to load")
    .description("Write a tokenizer.json in a form that loads in a small part of the time.")
    .argument("[file]", "the file to compile", "tokenizer.json")
    .option("-o, --out <file>", "the file to write", "tokenizer.twt")
    .option("--json", "print the sizes as JSON")
    .addHelpText("after", examples)
    .action(compile);
}

async function compile(file: string, { out, json }: CompileFlags): Promise<void> {
  const { compileTokenizerJson, loadTokenizerJson } = await import("@tokenwire/core/tokenizer");
  const source = await readFile(file);
  const compiled = compileTokenizerJson(source);
  const { vocabSize } = loadTokenizerJson(compiled);
  await writeFile(out, compiled);
  const facts = {
    from: file,
    bytes: source.length,
    to: out,
    compiledBytes: compiled.length,
    tokens: vocabSize,
  };
  if (json === true) printJson(facts);
  else
    process.stdout.write(`${out}: ${vocabSize} tokens, ${megabytes(compiled)} from ${megabytes(source)}\n`);
}

function megabytes({ length }: Uint8Array): string {
  return `${(length / 1e6).toFixed(1)} MB`;
}
