// Maps of Hugging Face tokenizer.json files. What a map cannot express is refused or goes to `ext`; nothing is dropped.

import { CodecError } from "../codec-error.ts";
import { compileHFPreTokenizer } from "../pretok/recognise.ts";
import type {
  MapAddedToken,
  MapExtension,
  MapNormalizer,
  TokenizerMap,
  ToolCallingBlock,
} from "./tokenizer-map.ts";
import { makeMap } from "./tokenizer-map.ts";
import { deriveToolCalling, templateText } from "./tool-calling.ts";

export interface ConvertHFOptions {
  readonly id: string;
  readonly version?: string;
  readonly publishedAt?: string;
  /** The parsed `tokenizer_config.json`, for the chat template and the names of special tokens. */
  readonly tokenizerConfig?: unknown;
  readonly convention?: ToolCallingBlock["convention"];
  readonly markers?: { readonly start: string; readonly end: string };
  /** Write the `ext` block. Default: true. */
  readonly ext?: boolean;
  readonly source?: MapExtension["source"];
}

type Node = Readonly<Record<string, unknown>>;

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The node and everything inside its sequences, in order. */
function flatten(tree: unknown, listName: string): Node[] {
  if (!isNode(tree)) return [];
  const children = tree[listName];
  if (tree["type"] === "Sequence" && Array.isArray(children)) {
    return children.flatMap((child) => flatten(child, listName));
  }
  return [tree];
}

function refuse(what: string, node: unknown): never {
  throw new CodecError(
    "CODEC_UNSUPPORTED",
    `${what} cannot be expressed in a dialect map: ${JSON.stringify(node).slice(0, 160)}`,
  );
}

/** What the parts of the file say together. */
interface Facts {
  readonly normalizers: Node[];
  readonly preTokenizers: Node[];
  readonly decoders: Node[];
  readonly model: Node;
}

const find = (nodes: readonly Node[], type: string): Node | undefined =>
  nodes.find((node) => node["type"] === type);

function detectEncoder({
  decoders,
  preTokenizers,
  normalizers,
  model,
}: Facts): "byte_level" | "metaspace" | undefined {
  if (find(decoders, "ByteLevel") || find(preTokenizers, "ByteLevel")) return "byte_level";
  if (find(decoders, "Metaspace") || find(preTokenizers, "Metaspace")) return "metaspace";
  const legacy = normalizers.some((node) => node["type"] === "Replace" && node["content"] === "▁");
  return legacy || model["byte_fallback"] === true ? "metaspace" : undefined;
}

function metaspaceOf({ preTokenizers, normalizers }: Facts): NonNullable<MapExtension["metaspace"]> {
  const node = find(preTokenizers, "Metaspace");
  if (node !== undefined) {
    const replacement = typeof node["replacement"] === "string" ? node["replacement"] : "▁";
    const scheme = node["prepend_scheme"];
    const legacy = node["add_prefix_space"] === false ? "never" : "always";
    const prepend = scheme === "always" || scheme === "first" || scheme === "never" ? scheme : legacy;
    return { prepend, replacement };
  }
  return { prepend: find(normalizers, "Prepend") ? "always" : "never", replacement: "▁" };
}

const UNICODE_FORMS: Readonly<
  Record<string, "nfc" | "nfd" | "nfkc" | "nfkd" | "lowercase" | "strip_accents">
> = {
  NFC: "nfc",
  NFD: "nfd",
  NFKC: "nfkc",
  NFKD: "nfkd",
  Lowercase: "lowercase",
  StripAccents: "strip_accents",
};

/** Normalizers as a map lists them. For metaspace, those that only write spaces as `▁` are part of the encoder. */
function normalizersOf({ normalizers }: Facts, encoder: string | undefined): MapNormalizer[] {
  const steps: MapNormalizer[] = [];
  for (const node of normalizers) {
    const type = String(node["type"]);
    const form = Object.hasOwn(UNICODE_FORMS, type) ? UNICODE_FORMS[type] : undefined;
    const metaspace = encoder === "metaspace" && (node["content"] === "▁" || node["prepend"] === "▁");
    if (form !== undefined) steps.push({ type: form });
    else if (metaspace) continue;
    else if (type === "Prepend") steps.push({ type: "prepend", text: String(node["prepend"]) });
    else if (type === "Replace" && isNode(node["pattern"]) && typeof node["pattern"]["String"] === "string") {
      steps.push({ type: "replace", from: node["pattern"]["String"], to: String(node["content"]) });
    } else refuse(`Normalizer ${type}`, node);
  }
  return steps;
}

function mergesOf(model: Node): string[] | undefined {
  const merges = model["merges"];
  if (!Array.isArray(merges)) return undefined;
  return merges.map((merge: unknown) => (Array.isArray(merge) ? merge.join(" ") : String(merge)));
}

function byteFallbackOf(vocab: ReadonlyMap<string, number>): number[] | undefined {
  const ids: number[] = [];
  for (let byte = 0; byte < 256; byte++) {
    const id = vocab.get(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
    if (id === undefined) return undefined;
    ids.push(id);
  }
  return ids;
}

function addedTokensOf(json: Node): MapAddedToken[] {
  const list = Array.isArray(json["added_tokens"]) ? (json["added_tokens"] as readonly Node[]) : [];
  return list.map((entry) => ({
    id: Number(entry["id"]),
    content: String(entry["content"]),
    special: entry["special"] === true,
    normalized: entry["normalized"] === true,
    lstrip: entry["lstrip"] === true,
    rstrip: entry["rstrip"] === true,
    single_word: entry["single_word"] === true,
  }));
}

/** Spaces that decoding drops at each end of a text. */
function stripsOf(
  { decoders }: Facts,
  encoder: string | undefined,
): { readonly strip_left: number; readonly strip_right: number } | undefined {
  if (encoder !== "metaspace") return undefined;
  const strip = find(decoders, "Strip");
  if (strip !== undefined)
    return { strip_left: Number(strip["start"] ?? 0), strip_right: Number(strip["stop"] ?? 0) };
  const metaspace = find(decoders, "Metaspace");
  const scheme = metaspace?.["prepend_scheme"];
  const strips = metaspace !== undefined && scheme !== "never" && metaspace["add_prefix_space"] !== false;
  return { strip_left: strips ? 1 : 0, strip_right: 0 };
}

/** Name of the token in a `tokenizer_config.json` field, which is text or an object with `content`. */
function tokenName(config: unknown, field: string): string | undefined {
  const value = isNode(config) ? config[field] : undefined;
  if (typeof value === "string") return value;
  return isNode(value) && typeof value["content"] === "string" ? value["content"] : undefined;
}

function extensionOf(
  facts: Facts,
  encoder: "byte_level" | "metaspace" | undefined,
  vocab: ReadonlyMap<string, number>,
  added: readonly MapAddedToken[],
  addPrefixSpace: boolean,
  options: ConvertHFOptions,
): MapExtension {
  const normalizers = normalizersOf(facts, encoder);
  const unknown =
    typeof facts.model["unk_token"] === "string" ? vocab.get(facts.model["unk_token"]) : undefined;
  const fallback = byteFallbackOf(vocab);
  const scattered = fallback?.some((id, byte) => id !== fallback[0]! + byte);
  const strips = stripsOf(facts, encoder);
  const bos = vocab.get(tokenName(options.tokenizerConfig, "bos_token") ?? "");
  const eos = vocab.get(tokenName(options.tokenizerConfig, "eos_token") ?? "");
  const type = facts.model["type"];
  return {
    schema: 1,
    ...(options.source === undefined ? {} : { source: options.source }),
    max_id: Math.max(...vocab.values()),
    ...(type === "Unigram" || type === "WordPiece"
      ? { model: type === "Unigram" ? "unigram" : "wordpiece" }
      : {}),
    ...(unknown === undefined ? {} : { unk_id: unknown }),
    ...(facts.model["ignore_merges"] === true ? { ignore_merges: true } : {}),
    ...(normalizers.length > 0 ? { normalizers } : {}),
    ...(encoder === "metaspace" ? { metaspace: metaspaceOf(facts) } : {}),
    ...(addPrefixSpace ? { add_prefix_space: true } : {}),
    ...(strips === undefined ? {} : { decoder: strips }),
    ...(added.length > 0 ? { added_tokens: added } : {}),
    ...(scattered && fallback ? { byte_fallback_ids: fallback } : {}),
    ...(bos === undefined ? {} : { bos_id: bos }),
    ...(eos === undefined ? {} : { eos_ids: [eos] }),
  };
}

function vocabularyOf(model: Node, added: readonly MapAddedToken[]): Map<string, number> {
  const listed = model["vocab"];
  const vocab = new Map<string, number>();
  if (isNode(listed)) for (const [key, id] of Object.entries(listed)) vocab.set(key, Number(id));
  else if (Array.isArray(listed)) {
    for (const [id, entry] of listed.entries())
      vocab.set(String(Array.isArray(entry) ? entry[0] : entry), id);
  } else throw new CodecError("CODEC_BAD_MAP", "tokenizer.json has no model.vocab.");
  for (const { content, id } of added) vocab.set(content, id);
  return vocab;
}

/**
 * A map from a parsed `tokenizer.json`. Parts that a map cannot express raise CODEC_UNSUPPORTED, naming the part.
 *
 * @example
 * convertHFTokenizer(JSON.parse(text), { id: "qwen/qwen2", tokenizerConfig });
 */
export function convertHFTokenizer(json: unknown, options: ConvertHFOptions): TokenizerMap {
  if (!isNode(json) || !isNode(json["model"]))
    throw new CodecError("CODEC_BAD_MAP", "tokenizer.json has no model.vocab.");
  const facts: Facts = {
    normalizers: flatten(json["normalizer"], "normalizers"),
    preTokenizers: flatten(json["pre_tokenizer"], "pretokenizers"),
    decoders: flatten(json["decoder"], "decoders"),
    model: json["model"],
  };
  const added = addedTokensOf(json);
  const vocab = vocabularyOf(facts.model, added);
  const encoder = detectEncoder(facts);
  const pretok = encoder === "byte_level" ? compileHFPreTokenizer(json["pre_tokenizer"]) : {};
  const merges = mergesOf(facts.model);
  const fallback = byteFallbackOf(vocab);
  const contiguous = fallback?.every((id, byte) => id === fallback[0]! + byte);
  const specials = new Map(added.filter(({ special }) => special).map(({ content, id }) => [content, id]));
  const tools = deriveToolCalling(
    (token) => vocab.get(token),
    templateText(options.tokenizerConfig),
    options,
  );
  for (const [name, id] of Object.entries(tools?.specials ?? {})) specials.set(name, id);
  return makeMap({
    id: options.id,
    version: options.version ?? "2",
    vocab_size: 1 + Math.max(...vocab.values()),
    vocab: Object.fromEntries(vocab),
    ...(encoder === undefined ? {} : { encoder }),
    ...(merges === undefined ? {} : { merges }),
    ...(pretok.pattern === undefined ? {} : { pre_tokenizer_pattern: pretok.pattern }),
    ...(pretok.program === undefined ? {} : { pre_tokenizer_program: pretok.program }),
    ...(fallback && contiguous
      ? { byte_fallback_start: fallback[0]!, byte_fallback_end: fallback[255]! }
      : {}),
    ...(specials.size > 0 ? { special_tokens: Object.fromEntries(specials) } : {}),
    ...(tools === undefined ? {} : { tool_calling: tools.block }),
    ...(options.publishedAt === undefined ? {} : { published_at: options.publishedAt }),
    ...(options.ext === false
      ? {}
      : { ext: extensionOf(facts, encoder, vocab, added, pretok.addPrefixSpace ?? false, options) }),
  });
}
