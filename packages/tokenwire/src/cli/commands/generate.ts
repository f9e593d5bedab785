// `tokenwire generate`: one completion to standard output, token by token.

import { readFile } from "node:fs/promises";
import { Command, Option } from "commander";
import type { GenerationPlan, ModelProfile } from "../../protocol/index.ts";
import type { ServedModel } from "../../server/index.ts";
import { openServedModel } from "../model.ts";
import { environmentOption, integerOption, listOption, numberOption } from "../options.ts";
import { printable, printJson, readStandardInput, UsageError, writeOut } from "../output.ts";
import { tokenRepr } from "../token-text.ts";

interface GenerateFlags {
  readonly profile?: string;
  readonly prompt?: string;
  readonly tokens?: string;
  readonly harmony?: boolean;
  readonly encoding?: string;
  readonly contextLength?: number;
  readonly temperature: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly seed?: number;
  readonly limit: number;
  readonly stop?: readonly string[];
  readonly logprobs: number;
  readonly format: "lines" | "text" | "json" | "ids";
}

interface GeneratedToken {
  readonly id: number;
  readonly logprob: number | undefined;
}

async function readIds(file: string, profile: ModelProfile): Promise<number[]> {
  const text = file === "-" ? await readStandardInput() : await readFile(file, "utf8");
  const ids = text.split(/[\s,[\]]+/).filter((part) => part !== "");
  return ids.map((part) => {
    const id = Number(part);
    if (!/^\d+$/.test(part) || id >= profile.tokenizer.vocabSize) {
      throw new UsageError(`--tokens: "${part}" is not a token id of ${profile.tokenizer.name}.`);
    }
    return id;
  });
}

async function promptOf(flags: GenerateFlags, profile: ModelProfile): Promise<Uint32Array> {
  const { renderPrompt } = await import("../../protocol/index.ts");
  if (flags.tokens !== undefined) return Uint32Array.from(await readIds(flags.tokens, profile));
  const text = flags.prompt === "-" ? await readStandardInput() : (flags.prompt ?? "How are you?");
  if (!flags.harmony) return profile.tokenizer.encodeOrdinary(text);
  return renderPrompt(profile, {
    messages: [{ role: "user", content: text }],
    tools: [],
    toolChoice: { mode: "none" },
    parallelToolCalls: true,
    responseFormat: { type: "text" },
    field: "messages",
  }).tokenIds;
}

async function toPlan(flags: GenerateFlags, model: ServedModel): Promise<GenerationPlan> {
  const { toGenerationPlan } = await import("../../protocol/index.ts");
  const hasLogprobs = model.info.capabilities.logprobs.maxTop > 0;
  return toGenerationPlan({
    profile: model.profile,
    limits: model.info,
    promptIds: await promptOf(flags, model.profile),
    sampling: {
      temperature: flags.temperature,
      ...(flags.topP !== undefined && { topP: flags.topP }),
      ...(flags.topK !== undefined && { topK: flags.topK }),
      ...(flags.seed !== undefined && { seed: flags.seed }),
      ...(flags.limit > 0 && { maxTokens: flags.limit }),
      ignoreEos: false,
      stop: flags.stop ?? [],
      stopTokenIds: [],
      includeStop: false,
      skipSpecialTokens: true,
    },
    ...(hasLogprobs && { topLogprobs: flags.logprobs }),
    promptField: "prompt",
  });
}

/** Runs the engine; every token is handed on as it comes. Ends at a stop string, which is matched on the text. */
async function* tokensOf(model: ServedModel, plan: GenerationPlan): AsyncGenerator<GeneratedToken> {
  const { newId, StopMatcher } = await import("../../protocol/index.ts");
  const stops = new StopMatcher(plan.stop.strings);
  const decoder = model.profile.tokenizer.createDecoder();
  for await (const event of model.engine.generate({ ...plan, requestId: newId("cmpl-") })) {
    if (event.type === "finish" && event.error) throw event.error;
    if (event.type !== "delta") continue;
    for (const [index, id] of event.tokenIds.entries()) {
      yield { id, logprob: event.logprobs?.[index]?.logprob };
      if (stops.push(decoder.push([id])).stop !== undefined) return;
    }
  }
}

/** The engine's model, its texts in the encoding that was asked for. */
async function openModelFor(spec: string, flags: GenerateFlags): Promise<ServedModel> {
  const { encoding, profile, contextLength } = flags;
  const { getEncoding } = await import("@tokenwire/encodings");
  // An unknown name is refused before an engine is opened.
  const tokenizer =
    encoding === undefined ? undefined : getEncoding(encoding as Parameters<typeof getEncoding>[0]);
  const model = await openServedModel({ engine: spec, profile, contextLength });
  return tokenizer === undefined ? model : { ...model, profile: { ...model.profile, tokenizer } };
}

async function run(spec: string, flags: GenerateFlags): Promise<void> {
  const model = await openModelFor(spec, flags);
  const { dumpsFloat } = await import("@tokenwire/core/json");
  try {
    const plan = await toPlan(flags, model);
    const { tokenizer } = model.profile;
    const decoder = tokenizer.createDecoder({ skipSpecialTokens: flags.harmony !== true });
    const ids: number[] = [];
    const logprobs: (number | null)[] = [];
    for await (const { id, logprob } of tokensOf(model, plan)) {
      ids.push(id);
      logprobs.push(logprob ?? null);
      if (flags.format === "text") await writeOut(printable(decoder.push([id])));
      if (flags.format === "ids") await writeOut(`${id}\n`);
      if (flags.format === "lines") {
        const shown = logprob === undefined ? "None" : dumpsFloat(logprob);
        await writeOut(`Generated token: ${tokenRepr(tokenizer.decodeBytes([id]))}, logprob: ${shown}\n`);
      }
    }
    if (flags.format === "text") await writeOut(`${printable(decoder.end())}\n`);
    if (flags.format === "json") {
      printJson({
        text: tokenizer.decode(ids, { skipSpecialTokens: flags.harmony !== true }),
        ids,
        logprobs,
      });
    }
  } finally {
    await model.engine.close();
  }
}

const examples = `
Examples:
  $ tokenwire generate -p "Once upon a time" -l 20
  $ tokenwire generate --harmony -p "What is 2 plus 3?" --format text
  $ echo "200006 1428" | tokenwire generate --tokens - --format ids`;

export function generateCommand(): Command {
  return new Command("generate")
    .description("One completion to standard output")
    .argument("[engine]", "engine: embedded, or another one that serve takes (default: embedded)")
    .addOption(
      environmentOption("--profile <folder>", "folder or GGUF file with tokenizer and chat template"),
    )
    .option("-p, --prompt <text>", 'text to continue; - reads standard input (default: "How are you?")')
    .option("--tokens <file>", "prompt as token ids, from a file or - for standard input")
    .option("--harmony", "render the prompt as a user turn of a conversation")
    .option("--encoding <name>", "encoding of the prompt and the output (default: the model's)")
    .option("--context-length <n>", "most tokens of prompt and output", integerOption(1, 100_000_000))
    .addOption(
      new Option("-t, --temperature <number>", "0 always takes the likeliest token")
        .argParser(numberOption(0, 2))
        .default(0),
    )
    .addOption(new Option("--top-p <number>", "nucleus sampling").argParser(numberOption(0.000_001, 1)))
    .addOption(
      new Option("--top-k <n>", "sample from the n likeliest").argParser(integerOption(1, 1_000_000)),
    )
    .addOption(
      new Option("--seed <number>", "repeats a sampled text").argParser(integerOption(0, 2 ** 53 - 1)),
    )
    .addOption(
      new Option("-l, --limit <n>", "most tokens; 0 generates to the end")
        .argParser(integerOption(0, 1_000_000))
        .default(0),
    )
    .addOption(new Option("--stop <text>", "end after this text; repeatable").argParser(listOption))
    .addOption(
      new Option("--logprobs <n>", "alternatives asked from the engine")
        .argParser(integerOption(0, 20))
        .default(0),
    )
    .addOption(
      new Option("--format <format>", "what is printed")
        .choices(["lines", "text", "json", "ids"])
        .default("lines"),
    )
    .addHelpText("after", examples)
    .action((spec: string | undefined, flags: GenerateFlags) =>
      run(spec ?? process.env["TOKENWIRE_ENGINE"] ?? "embedded", flags),
    );
}
