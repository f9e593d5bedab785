// `tokenwire maps build | convert`: maps from the original tokenizers.

import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { TokenizerMap, ToolCallingBlock } from "@tokenwire/core/codec";
import { Command, Option } from "commander";
import { UsageError } from "../output.ts";
import { describeMap, printFacts, readBytes, readJson, writeMap } from "./files.ts";

interface BuildFlags {
  readonly id?: string;
  readonly out?: string;
  readonly token?: string;
  readonly convention?: ToolCallingBlock["convention"];
  readonly start?: string;
  readonly end?: string;
  readonly revision: string;
  readonly ext: boolean;
  readonly compact?: boolean;
  readonly json?: boolean;
}

interface ConvertFlags extends Omit<BuildFlags, "revision" | "token"> {
  readonly id: string;
  readonly tokenizerConfig?: string;
  readonly tiktoken?: boolean;
  readonly pattern?: string;
  readonly specials?: string;
}

const conventions = ["llama3", "qwen25", "phi4", "mistral_nemo", "deepseek_v3", "deepseek_r1", "custom"];

function conventionOption(): Option {
  return new Option(
    "--convention <name>",
    "how the model marks tool calls (default: as its template shows)",
  ).choices(conventions);
}

function markersOf({ start, end }: Pick<BuildFlags, "start" | "end">): {
  markers?: { start: string; end: string };
} {
  if (start === undefined && end === undefined) return {};
  if (start === undefined || end === undefined) throw new UsageError("--start and --end go together.");
  return { markers: { start, end } };
}

function conversionOf(
  flags: BuildFlags | ConvertFlags,
): { convention?: ToolCallingBlock["convention"]; ext: boolean } & ReturnType<typeof markersOf> {
  return {
    ...(flags.convention !== undefined && { convention: flags.convention }),
    ext: flags.ext,
    ...markersOf(flags),
  };
}

async function fromHub(model: string, id: string, flags: BuildFlags): Promise<TokenizerMap> {
  const { FetchFailure, fetchAndConvert } = await import("@tokenwire/core/codec");
  const token = flags.token ?? process.env["HF_TOKEN"];
  const endpoint = process.env["HF_ENDPOINT"];
  try {
    return await fetchAndConvert(model, {
      id,
      revision: flags.revision,
      ...(token !== undefined && { token }),
      ...(endpoint !== undefined && { endpoint }),
      ...conversionOf(flags),
    });
  } catch (error) {
    if (!(error instanceof FetchFailure)) throw error;
    const { status } = error;
    throw status === 401 || status === 403 ? new UsageError(`${error.message} (--token, HF_TOKEN)`) : error;
  }
}

async function build(model: string, flags: BuildFlags): Promise<void> {
  const { listEncodingNames, getEncoding } = await import("@tokenwire/encodings");
  const encoding = listEncodingNames().find((name) => name === model);
  const id = flags.id ?? (encoding ? `openai/${encoding}` : model.toLowerCase());
  const { mapFromEncoding } = await import("@tokenwire/core/codec");
  const map = encoding
    ? mapFromEncoding(getEncoding(encoding), { id, ext: flags.ext })
    : await fromHub(model, id, flags);
  const out = flags.out ?? `${id.replaceAll("/", "_")}.json`;
  await writeMap(map, out, flags.compact);
  printFacts({ ...describeMap(map, flags.compact), file: out }, flags.json);
}

async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ?? false;
}

async function fromTiktoken(file: string, flags: ConvertFlags): Promise<TokenizerMap> {
  if (flags.pattern === undefined)
    throw new UsageError("--tiktoken needs --pattern, the regular expression of the encoding.");
  const { convertTiktoken } = await import("@tokenwire/core/codec");
  const ranks: [Uint8Array, number][] = [];
  for (const line of Buffer.from(await readBytes(file))
    .toString("latin1")
    .split("\n")) {
    const [token, rank] = line.trim().split(" ");
    if (token !== undefined && token !== "" && rank !== undefined)
      ranks.push([Buffer.from(token, "base64"), Number(rank)]);
  }
  const specialTokens =
    flags.specials === undefined ? {} : ((await readJson(flags.specials)) as Record<string, number>);
  return convertTiktoken({ ranks, pattern: flags.pattern, specialTokens }, { id: flags.id, ext: flags.ext });
}

async function fromTokenizerJson(file: string, flags: ConvertFlags): Promise<TokenizerMap> {
  const { convertHFTokenizer } = await import("@tokenwire/core/codec");
  const sibling = join(dirname(file), "tokenizer_config.json");
  const config = flags.tokenizerConfig ?? (file !== "-" && (await isFile(sibling)) ? sibling : undefined);
  return convertHFTokenizer(await readJson(file), {
    id: flags.id,
    ...(config !== undefined && { tokenizerConfig: await readJson(config) }),
    ...conversionOf(flags),
  });
}

async function convert(file: string, flags: ConvertFlags): Promise<void> {
  const map = flags.tiktoken ? await fromTiktoken(file, flags) : await fromTokenizerJson(file, flags);
  const out = flags.out ?? `${flags.id.replaceAll("/", "_")}.json`;
  await writeMap(map, out, flags.compact);
  printFacts({ ...describeMap(map, flags.compact), file: out }, flags.json);
}

function withConversionOptions(command: Command): Command {
  return command
    .option("--out <file>", "where to write (default: the id with _ for /, and .json)")
    .addOption(conventionOption())
    .option("--start <token>", "start marker of the convention custom")
    .option("--end <token>", "end marker of the convention custom")
    .option("--no-ext", "leave out the ext block, for readers that refuse unknown keys")
    .option("--compact", "write the binary form instead of JSON")
    .option("--json", "print facts as JSON");
}

export function buildCommand(): Command {
  return withConversionOptions(
    new Command("build")
      .description("Build a map from a bundled encoding or a Hugging Face model")
      .argument("<model>", "encoding such as o200k_base, or model such as Qwen/Qwen2.5-7B-Instruct")
      .option("--id <id>", "id of the map (default: openai/<encoding>, or the model in lower case)")
      .option("--token <token>", "hub access token (also HF_TOKEN)")
      .option("--revision <name>", "branch, tag or commit", "main"),
  )
    .addHelpText(
      "after",
      `
Examples:
  $ tokenwire maps build o200k_base
  $ tokenwire maps build Qwen/Qwen2.5-7B-Instruct --id qwen/qwen2.5 --out qwen.json`,
    )
    .action((model: string, flags: BuildFlags) => build(model, flags));
}

export function convertCommand(): Command {
  return withConversionOptions(
    new Command("convert")
      .description("Convert a tokenizer.json or a tiktoken rank file")
      .argument("<file>", "the file; - reads standard input")
      .requiredOption("--id <id>", "id of the map, such as acme/tiny")
      .option("--tokenizer-config <file>", "tokenizer_config.json (default: the one beside the file)")
      .option("--tiktoken", "the file holds base64 tokens and ranks")
      .option("--pattern <regex>", "pre-tokenizer pattern of a rank file")
      .option("--specials <file>", "JSON object of special tokens of a rank file"),
  )
    .addHelpText(
      "after",
      `
Examples:
  $ tokenwire maps convert tokenizer.json --id acme/tiny
  $ tokenwire maps convert ranks.tiktoken --tiktoken --pattern "$PATTERN" --id acme/ranks`,
    )
    .action((file: string, flags: ConvertFlags) => convert(file, flags));
}
