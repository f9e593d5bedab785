// `tokenwire tokenize`: text to IDs, counts or coloured tokens, and IDs back to text.

import type { EncodeOptions, Encoding } from "@tokenwire/core/tokenizer";
import { Command, Option } from "commander";
import { hasColour, readStandardInput, UsageError, writeOut } from "../output.ts";
import { TokenPainter } from "../tokenize/colours.ts";
import { inputsOf, type TokenizeInput } from "../tokenize/input.ts";
import { ProgressBar } from "../tokenize/progress.ts";

interface TokenizeFlags {
  readonly encoding?: string;
  readonly model?: string;
  readonly text?: string;
  readonly count?: boolean;
  readonly json?: boolean;
  readonly colour?: boolean;
  readonly decode?: boolean;
  readonly special: "text" | "allow" | "error";
  readonly limit?: string;
}

const examples = `
Examples:
  $ echo "hello world" | tokenwire tokenize              IDs, with o200k_base
  $ tokenwire tokenize -e cl100k_base --count *.md       tokens of each file, and their sum
  $ tokenwire tokenize -m gpt-4o --json prompt.txt       {"encoding": …, "tokens": …, "ids": […]} per file
  $ tokenwire tokenize --colour README.md                see where the tokens are
  $ tokenwire tokenize --decode 24912 2375               hello world
  $ tokenwire tokenize -t "<|start|>user" -e o200k_harmony --special allow`;

export function tokenizeCommand(): Command {
  return new Command("tokenize")
    .summary("Print token IDs, count or colour them")
    .description(
      "Print the token IDs of files or standard input, count them, colour them, or turn IDs into text.",
    )
    .argument("[files...]", "files to read, - for standard input (the default); with --decode, token IDs")
    .option("-e, --encoding <name>", "encoding (default: o200k_base)")
    .option("-m, --model <name>", "the encoding of this model")
    .option("-t, --text <text>", "tokenize this text")
    .option("-c, --count", "print the number of tokens only")
    .option("--json", "print one JSON object per input")
    .option("--colour", "print the text with its tokens in colours")
    .addOption(new Option("--color").hideHelp().implies({ colour: true }))
    .option("-d, --decode", "turn token IDs into text")
    .option("--limit <tokens>", "exit with 1 if an input has more tokens")
    .addOption(
      new Option("--special <how>", "special tokens in the text: plain text, their ID, or an error")
        .choices(["text", "allow", "error"])
        .default("text"),
    )
    .addHelpText("after", examples)
    .action(tokenize);
}

async function tokenize(files: readonly string[], flags: TokenizeFlags): Promise<void> {
  const modes = (["count", "colour", "decode"] as const).filter((mode) => flags[mode] === true);
  if (modes.length > 1) throw new UsageError(`--${modes[0]} and --${modes[1]} exclude each other.`);
  const encoding = await chooseEncoding(flags);
  if (flags.decode === true) return decode(files, encoding, flags);
  const inputs = inputsOf(files, flags.text);
  const limit = limitOf(flags.limit);
  const progress = new ProgressBar(inputs.reduce((sum, { size }) => sum + (size ?? 0), 0));
  let total = 0;
  try {
    for (const input of inputs) {
      const tokens = await one(input, encoding, flags, progress, inputs.length > 1);
      total += tokens;
      if (tokens > limit) {
        process.stderr.write(`${input.name}: ${tokens} tokens are more than the limit of ${limit}\n`);
        process.exitCode = 1;
      }
    }
  } finally {
    progress.end();
  }
  if (flags.count === true && flags.json !== true && inputs.length > 1) await writeOut(`${total}\ttotal\n`);
}

/** The encoding that the flags name. A wrong name is wrong usage. */
export async function chooseEncoding(flags: { encoding?: string; model?: string }): Promise<Encoding> {
  const { encodingForModel, getEncoding } = await import("@tokenwire/encodings");
  if (flags.encoding !== undefined && flags.model !== undefined) {
    throw new UsageError("--encoding and --model exclude each other.");
  }
  try {
    return flags.model === undefined
      ? getEncoding(flags.encoding ?? "o200k_base")
      : encodingForModel(flags.model);
  } catch (error) {
    const code = (error as { code?: string }).code;
    if (code === "UNKNOWN_ENCODING" || code === "UNSUPPORTED_MODEL")
      throw new UsageError((error as Error).message);
    throw error;
  }
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  if (!/^\d+$/.test(text))
    throw new UsageError(`--limit must be a number of tokens, got ${JSON.stringify(text)}.`);
  return Number(text);
}

const specialOptions: Readonly<Record<TokenizeFlags["special"], EncodeOptions>> = {
  text: { disallowedSpecial: [] },
  allow: { allowedSpecial: "all" },
  error: {},
};

/** Tokenizes one input as it is read; returns its number of tokens. */
async function one(
  input: TokenizeInput,
  encoding: Encoding,
  flags: TokenizeFlags,
  progress: ProgressBar,
  isOneOfMany: boolean,
): Promise<number> {
  const encoder = encoding.createEncoder(specialOptions[flags.special]);
  const printer = printerFor(encoding, input.name, flags, isOneOfMany);
  let tokens = 0;
  let bytes = 0;
  const take = async (ids: Uint32Array): Promise<void> => {
    tokens += ids.length;
    const text = printer.ids(ids);
    if (text !== "") await writeOut(text);
  };
  let isDamaged = false;
  await writeOut(printer.begin());
  for await (const chunk of input.chunks()) {
    await take(encoder.push(chunk.text));
    bytes += chunk.bytes;
    isDamaged ||= chunk.isDamaged;
    progress.advance(chunk.bytes, input.name);
  }
  await take(encoder.end());
  await writeOut(printer.end(tokens, bytes));
  if (isDamaged) process.stderr.write(`${input.name}: not all of it is UTF-8; the rest counts as U+FFFD\n`);
  return tokens;
}

/** How one input is printed: before, for each part of its IDs, after. */
interface Printer {
  begin(): string;
  ids(ids: Uint32Array): string;
  end(tokens: number, bytes: number): string;
}

function printerFor(encoding: Encoding, name: string, flags: TokenizeFlags, isOneOfMany: boolean): Printer {
  if (flags.json === true) return jsonPrinter(encoding.name, name, flags.count === true);
  if (flags.count === true) {
    return {
      begin: () => "",
      ids: () => "",
      end: (tokens) => `${tokens}${isOneOfMany ? `\t${name}` : ""}\n`,
    };
  }
  const begin = (): string => (isOneOfMany ? `==> ${name} <==\n` : "");
  if (flags.colour === true) {
    const painter = new TokenPainter(
      encoding,
      hasColour(process.stdout) || process.env["NO_COLOR"] === undefined,
    );
    return { begin, ids: (ids) => painter.paint(ids), end: () => "\n" };
  }
  let separator = "";
  const ids = (part: Uint32Array): string => {
    if (part.length === 0) return "";
    const text = separator + part.join(" ");
    separator = " ";
    return text;
  };
  return { begin, ids, end: () => "\n" };
}

function jsonPrinter(encoding: string, file: string, countOnly: boolean): Printer {
  const head = `{"file":${JSON.stringify(file)},"encoding":${JSON.stringify(encoding)}`;
  const tail = (tokens: number, bytes: number): string => `"tokens":${tokens},"bytes":${bytes}}\n`;
  if (countOnly) return { begin: () => `${head},`, ids: () => "", end: tail };
  let separator = "";
  return {
    begin: () => `${head},"ids":[`,
    ids(part) {
      if (part.length === 0) return "";
      const text = separator + part.join(",");
      separator = ",";
      return text;
    },
    end: (tokens, bytes) => `],${tail(tokens, bytes)}`,
  };
}

/** Integers between white space, commas and brackets. */
function idsOfWords(text: string): number[] {
  const parts = text.split(/[\s,[\]]+/).filter((part) => part !== "");
  const wrong = parts.find((part) => !/^\d+$/.test(part));
  if (wrong !== undefined)
    throw new UsageError(`Not a token ID: ${JSON.stringify(wrong)}. Expected integers.`);
  return parts.map(Number);
}

/** The `ids` of a line that --json printed. */
function idsOfJson(line: string): number[] {
  if (line.trim() === "") return [];
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new UsageError(`Not a line of JSON: ${(error as Error).message}.`);
  }
  const { ids } = value as { ids?: unknown };
  if (Array.isArray(ids)) return ids as number[];
  throw new UsageError(
    `No "ids" in this line: ${line.slice(0, 60)}. Print them with --json, without --count.`,
  );
}

/** Turns IDs, from the arguments or from standard input in any of the forms that this command prints, into text. */
async function decode(words: readonly string[], encoding: Encoding, flags: TokenizeFlags): Promise<void> {
  const text = words.length > 0 ? words.join(" ") : (flags.text ?? (await readStandardInput()));
  const ids = text.trimStart().startsWith("{") ? text.split("\n").flatMap(idsOfJson) : idsOfWords(text);
  const decoded = encoding.decode(ids);
  if (flags.json === true)
    await writeOut(`${JSON.stringify({ encoding: encoding.name, tokens: ids.length, text: decoded })}\n`);
  else await writeOut(decoded.endsWith("\n") || !process.stdout.isTTY ? decoded : `${decoded}\n`);
}
