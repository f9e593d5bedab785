// Which model uses which encoding: tiktoken's table and prefixes, and the further names that bpe-openai knows.

import { didYouMean, type Encoding, encodingOfModel, TokenwireError } from "@tokenwire/core/tokenizer/packed";
import type { EncodingName } from "./definitions.ts";
import { getEncoding } from "./registry.ts";

const modelsOf: Readonly<Partial<Record<EncodingName, string>>> = {
  o200k_base:
    "o1 o3 o4-mini gpt-5 gpt-4.1 gpt-4o gpt-4o-mini gpt-4.1-mini gpt-4o-128k gpt-4.1-128k o200k_base",
  cl100k_base:
    "gpt-4 gpt-3.5-turbo gpt-3.5 gpt-35-turbo davinci-002 babbage-002 text-embedding-ada-002 text-embedding-3-small " +
    "text-embedding-3-large gpt-3.5-turbo-0301 gpt-3.5-turbo-0401 gpt-3.5-turbo-0125 gpt-4-0314 gpt-4-0613 gpt-4-32k " +
    "cl100k_base",
  p50k_base:
    "text-davinci-003 text-davinci-002 code-davinci-002 code-davinci-001 code-cushman-002 code-cushman-001 " +
    "davinci-codex cushman-codex p50k_base",
  p50k_edit: "text-davinci-edit-001 code-davinci-edit-001 p50k_edit",
  r50k_base:
    "text-davinci-001 text-curie-001 text-babbage-001 text-ada-001 davinci curie babbage ada " +
    "text-similarity-davinci-001 text-similarity-curie-001 text-similarity-babbage-001 text-similarity-ada-001 " +
    "text-search-davinci-doc-001 text-search-curie-doc-001 text-search-babbage-doc-001 text-search-ada-doc-001 " +
    "code-search-babbage-code-001 code-search-ada-code-001 r50k_base",
  gpt2: "gpt2 gpt-2",
  o200k_harmony: "gpt-oss-20b gpt-oss-120b o200k_harmony",
  voyage3_base: "voyage-3 voyage3_base",
};

const exact: ReadonlyMap<string, EncodingName> = new Map(
  (Object.entries(modelsOf) as [EncodingName, string][]).flatMap(([encoding, models]) =>
    models.split(" ").map((model) => [model, encoding] as const),
  ),
);

/** Tried in this order: `ft:gpt-4o` must come before `ft:gpt-4`. `gpt-5` has no dash, so gpt-5.1 matches as well. */
const prefixes: readonly (readonly [prefix: string, encoding: EncodingName])[] = [
  ["o1-", "o200k_base"],
  ["o3-", "o200k_base"],
  ["o4-mini-", "o200k_base"],
  ["gpt-5", "o200k_base"],
  ["gpt-4.5-", "o200k_base"],
  ["gpt-4.1-", "o200k_base"],
  ["chatgpt-4o-", "o200k_base"],
  ["gpt-4o-", "o200k_base"],
  ["gpt-4-", "cl100k_base"],
  ["gpt-3.5-turbo-", "cl100k_base"],
  ["gpt-35-turbo-", "cl100k_base"],
  ["gpt-oss-", "o200k_harmony"],
  ["ft:gpt-4o", "o200k_base"],
  ["ft:gpt-4", "cl100k_base"],
  ["ft:gpt-3.5-turbo", "cl100k_base"],
  ["ft:davinci-002", "cl100k_base"],
  ["ft:babbage-002", "cl100k_base"],
];

/** UNSUPPORTED_MODEL: no encoding is known for a model name. */
export class UnsupportedModelError extends TokenwireError {
  readonly model: string;
  /** The names that are known, sorted. Names that begin with a known prefix are supported as well. */
  readonly supportedModels: readonly string[];

  constructor(model: string) {
    const supported = listSupportedModels();
    super(
      "UNSUPPORTED_MODEL",
      `Model ${JSON.stringify(model)} is not supported: could not automatically map it to an encoding.${didYouMean(model, supported)} Use getEncoding() to name the encoding itself. Supported models: ${supported.join(", ")}`,
    );
    this.name = "UnsupportedModelError";
    this.model = model;
    this.supportedModels = supported;
  }
}

/** Model names with an encoding, sorted. */
export function listSupportedModels(): string[] {
  return [...exact.keys()].sort();
}

function find(model: string): EncodingName | undefined {
  return (
    exact.get(model) ?? exact.get(model.toLowerCase()) ?? byPrefix(model) ?? byPrefix(model.toLowerCase())
  );
}

function byPrefix(model: string): EncodingName | undefined {
  return prefixes.find(([prefix]) => model.startsWith(prefix))?.[1];
}

/**
 * Name of the encoding that a model uses: `encodingNameForModel("gpt-4o-mini")` is `"o200k_base"`. Exact names come
 * before prefixes, the name as given before its lower-case form. Raises UNSUPPORTED_MODEL.
 */
export function encodingNameForModel(model: string): EncodingName {
  const name = find(String(model));
  if (name === undefined) throw new UnsupportedModelError(String(model));
  return name;
}

const encodings: Map<string, Encoding> = new Map();
/** Names with a known prefix are without number: fine-tuned models. */
const MOST_KEPT = 256;

/**
 * The encoding that a model uses, without waiting; see `getEncoding`, whose tables it shares. A metrics hook hears the
 * model's name. Calls with the same name return the same object. Raises UNSUPPORTED_MODEL.
 */
export function encodingForModel(model: string): Encoding {
  const known = encodings.get(model);
  if (known !== undefined) return known;
  const encoding = encodingOfModel(getEncoding(encodingNameForModel(model)), model);
  if (encodings.size >= MOST_KEPT) encodings.clear();
  encodings.set(model, encoding);
  return encoding;
}
