// The profile of a GGUF file, from its metadata. Only the beginning of the file is read.

import { open } from "node:fs/promises";
import { basename } from "node:path";
import { type GgufFile, readGguf } from "@tokenwire/core/gguf";
import { type HuggingFaceTokenizer, loadGgufTokenizer } from "@tokenwire/core/tokenizer";
import { chatPartsOf } from "./chat-format.ts";
import { bosOf } from "./folder.ts";
import { createHarmonyProfile } from "./harmony.ts";
import { Derivations, type ResolvedProfile } from "./resolved-profile.ts";
import { ggufSamplingDefaults } from "./sampling-defaults.ts";
import { ggufSpecialTokens } from "./special-tokens.ts";
import { collectStopTokens, type NamedStops } from "./stop-tokens.ts";
import { ggufTemplates } from "./template-files.ts";
import { markerTest } from "./tokenizer-files.ts";

export interface GgufProfileOptions {
  /** The name clients use. Default: `general.name`, or the name of the file. */
  readonly id?: string;
}

type Metadata = GgufFile["metadata"];

/**
 * The profile that a GGUF file's metadata describes: tokenizer, chat templates, stop tokens, context length.
 *
 * @throws TokenwireError INVALID_GGUF for a damaged file, UNSUPPORTED_TOKENIZER for an unknown kind of tokenizer
 */
export async function profileFromGguf(
  path: string,
  options: GgufProfileOptions = {},
): Promise<ResolvedProfile> {
  const { metadata } = await readGgufHead(path);
  const id = options.id ?? text(metadata, "general.name") ?? basename(path, ".gguf");
  const derivations = new Derivations();
  if (text(metadata, "general.architecture") === "gpt-oss")
    return harmonyGguf(id, path, metadata, derivations);
  const templates = ggufTemplates(metadata);
  const templateTexts = [...templates.values()].map((source) => source.text);
  const tokenizer = loadGgufTokenizer(metadata, { name: id, isMarker: markerTest(templateTexts) });
  const kind = `${text(metadata, "tokenizer.ggml.model")}, ${text(metadata, "tokenizer.ggml.pre") ?? "no pre-tokenizer named"}`;
  derivations.note("tokenizer", tokenizer, "tokenizer.ggml.*", `${kind}, ${tokenizer.vocabSize} tokens`);
  const specialTokens = ggufSpecialTokens(metadata, (token) => tokenizer.tokenOf(token));
  const chat = chatPartsOf(
    `${id} ${text(metadata, "general.architecture") ?? ""}`,
    templates,
    specialTokens,
    derivations,
  );
  const stopTokenIds = collectStopTokens(
    tokenizer,
    eosIds(metadata, tokenizer),
    templates.get("default")?.text,
    derivations,
  );
  const defaultSampling = ggufSamplingDefaults(metadata, derivations);
  const bosTokenId = bosOf(tokenizer, derivations);
  const owner = text(metadata, "general.organization");
  return {
    id,
    source: path,
    tokenizer,
    ...chat,
    stopTokenIds,
    contextLength: contextLength(metadata, derivations),
    ...(defaultSampling && { defaultSampling }),
    ...(bosTokenId !== undefined && { bosTokenId }),
    ...(owner !== undefined && { ownedBy: owner }),
    derivations: derivations.list,
  };
}

function harmonyGguf(
  id: string,
  path: string,
  metadata: Metadata,
  derivations: Derivations,
): ResolvedProfile {
  derivations.note("format", "harmony", "general.architecture: gpt-oss");
  derivations.note("tokenizer", "o200k_harmony", "built in for the harmony format");
  const profile = createHarmonyProfile({ id, contextLength: contextLength(metadata, derivations) });
  return {
    ...profile,
    source: path,
    derivations: derivations.list,
    templates: new Map(),
    templateSources: new Map(),
  };
}

const firstRead = 4 * 1024 * 1024;

/** Reads as much of the file as its header needs, doubling until it is enough. */
export async function readGgufHead(path: string): Promise<GgufFile> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    for (let length = Math.min(firstRead, size); ; length = Math.min(length * 2, size)) {
      const bytes = new Uint8Array(length);
      const { bytesRead } = await file.read(bytes, 0, length, 0);
      const head = readGguf(bytes.subarray(0, bytesRead), { fileSize: size });
      if (head !== undefined) return head;
    }
  } finally {
    await file.close();
  }
}

function text(metadata: Metadata, key: string): string | undefined {
  const value = metadata.get(key);
  return typeof value === "string" && value !== "" ? value : undefined;
}

function contextLength(metadata: Metadata, derivations: Derivations): number {
  const key = `${text(metadata, "general.architecture") ?? "llama"}.context_length`;
  const value = metadata.get(key);
  if (typeof value === "number" && value > 0) return derivations.note("context length", value, key);
  return derivations.note("context length", 4096, `default, as ${key} is absent`);
}

function eosIds(metadata: Metadata, tokenizer: HuggingFaceTokenizer): NamedStops[] {
  return ["eos_token_id", "eot_token_id", "eom_token_id"].map((name) => {
    const id = metadata.get(`tokenizer.ggml.${name}`);
    const known = typeof id === "number" && tokenizer.tokenOf(id) !== undefined;
    return { ids: known ? [id] : [], from: `tokenizer.ggml.${name}` };
  });
}
