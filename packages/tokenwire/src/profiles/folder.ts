// The profile of a model folder as Hugging Face lays it out.

import { basename, resolve } from "node:path";
import type { JsonObject } from "@tokenwire/core/json";
import { HuggingFaceTokenizer, type Tokenizer } from "@tokenwire/core/tokenizer";
import { chatPartsOf } from "./chat-format.ts";
import { readContextLength } from "./context-length.ts";
import { createHarmonyProfile } from "./harmony.ts";
import { stringField, tokenIdsField } from "./json-fields.ts";
import { ModelFiles } from "./model-files.ts";
import { Derivations, type ResolvedProfile } from "./resolved-profile.ts";
import { readSamplingDefaults } from "./sampling-defaults.ts";
import { namedSpecialTokens } from "./special-tokens.ts";
import { collectStopTokens, type NamedStops } from "./stop-tokens.ts";
import { readTemplates } from "./template-files.ts";
import { readTokenizer } from "./tokenizer-files.ts";

export interface FolderProfileOptions {
  /** The name clients use. Default: the name of the folder. */
  readonly id?: string;
  readonly ownedBy?: string;
}

interface FolderConfigs {
  readonly config: JsonObject;
  readonly generation: JsonObject;
  readonly tokenizerConfig: JsonObject;
  readonly specialTokensMap: JsonObject;
}

/**
 * Reads `config.json`, `generation_config.json`, `tokenizer_config.json`, the tokenizer and the chat templates of a
 * folder. Only the tokenizer is required.
 *
 * @throws TokenwireError INVALID_PROFILE naming the file and what is wrong with it
 */
export async function profileFromFolder(
  folder: string,
  options: FolderProfileOptions = {},
): Promise<ResolvedProfile> {
  const files = new ModelFiles(resolve(folder));
  const id = options.id ?? basename(files.folder);
  const configs: FolderConfigs = {
    config: await files.object("config.json"),
    generation: await files.object("generation_config.json"),
    tokenizerConfig: await files.object("tokenizer_config.json"),
    specialTokensMap: await files.object("special_tokens_map.json"),
  };
  const derivations = new Derivations();
  const owner = options.ownedBy === undefined ? {} : { ownedBy: options.ownedBy };
  if (stringField(configs.config, "model_type") === "gpt_oss") {
    return harmonyFolder(id, files, configs, derivations, owner);
  }
  const templates = await readTemplates(files, configs.tokenizerConfig);
  const specialTokens = namedSpecialTokens(configs.tokenizerConfig, configs.specialTokensMap);
  const templateTexts = [...templates.values()].map(({ text }) => text);
  const source = { files, name: id, tokenizerConfig: configs.tokenizerConfig, templateTexts };
  const tokenizer = await readTokenizer(source, derivations);
  const chat = chatPartsOf(modelHint(id, configs.config), templates, specialTokens, derivations);
  const stopTokenIds = collectStopTokens(
    tokenizer,
    namedStops(configs, specialTokens, tokenizer),
    templates.get("default")?.text,
    derivations,
  );
  const contextLength = readContextLength(configs.config, configs.tokenizerConfig, derivations);
  const defaultSampling = readSamplingDefaults(configs.generation, "generation_config.json", derivations);
  const bosTokenId = bosOf(tokenizer, derivations);
  return {
    id,
    source: files.folder,
    tokenizer,
    ...chat,
    stopTokenIds,
    contextLength,
    ...(defaultSampling && { defaultSampling }),
    ...(bosTokenId !== undefined && { bosTokenId }),
    ...owner,
    derivations: derivations.list,
  };
}

function harmonyFolder(
  id: string,
  files: ModelFiles,
  { config, generation, tokenizerConfig }: FolderConfigs,
  derivations: Derivations,
  owner: { readonly ownedBy?: string },
): ResolvedProfile {
  derivations.note("format", "harmony", "config.json: model_type gpt_oss");
  derivations.note("tokenizer", "o200k_harmony", "built in for the harmony format");
  const contextLength = readContextLength(config, tokenizerConfig, derivations);
  const defaultSampling = readSamplingDefaults(generation, "generation_config.json", derivations);
  const profile = createHarmonyProfile({
    id,
    contextLength,
    ...(defaultSampling && { defaultSampling }),
    ...owner,
  });
  return {
    ...profile,
    source: files.folder,
    derivations: derivations.list,
    templates: new Map(),
    templateSources: new Map(),
  };
}

/** What parsers are chosen by: the name, the model type and the architectures. */
function modelHint(id: string, config: JsonObject): string {
  const architectures = config.get("architectures");
  const listed = Array.isArray(architectures) ? architectures.filter((name) => typeof name === "string") : [];
  return [id, stringField(config, "model_type") ?? "", ...listed].filter(Boolean).join(" ");
}

function namedStops(
  { config, generation }: FolderConfigs,
  specialTokens: Readonly<Record<string, string>>,
  tokenizer: Tokenizer,
): NamedStops[] {
  const eos = tokenizer.specialTokens.get(specialTokens["eos_token"] ?? "");
  return [
    { ids: tokenIdsField(generation, "eos_token_id"), from: "generation_config.json: eos_token_id" },
    { ids: tokenIdsField(config, "eos_token_id"), from: "config.json: eos_token_id" },
    { ids: eos === undefined ? [] : [eos], from: "tokenizer_config.json: eos_token" },
  ];
}

/** The token that the tokenizer puts before a text, where it does. */
export function bosOf(tokenizer: Tokenizer, derivations: Derivations): number | undefined {
  if (!(tokenizer instanceof HuggingFaceTokenizer)) return undefined;
  const [first, ...rest] = tokenizer.encodeDetailed("").ids;
  if (first === undefined || rest.length > 0) return undefined;
  return derivations.note(
    "BOS token",
    first,
    "the tokenizer's post-processor",
    `${first} ${tokenizer.tokenOf(first)}`,
  );
}
