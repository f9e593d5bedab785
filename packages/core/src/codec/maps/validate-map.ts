// The rules of the map format. Unknown keys are ignored: minor versions of the protocol only add.

import { TokenizerMapValidationError } from "./map-error.ts";
import type { TokenizerMap } from "./tokenizer-map.ts";

const MAX_ID = 4_294_967_295;
const CONVENTIONS = ["llama3", "qwen25", "phi4", "mistral_nemo", "deepseek_v3", "deepseek_r1", "custom"];
const HASH = /^sha256:[0-9a-f]{64}$/;

type Fields = Record<string, unknown>;

function fail(message: string): never {
  throw new TokenizerMapValidationError(message);
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isId(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_ID;
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 60);
}

function checkVocab(vocab: unknown): boolean {
  if (vocab === undefined) return false;
  if (!isObject(vocab)) fail(`vocab must be an object, got ${show(vocab)}.`);
  let entries = 0;
  for (const key of Object.keys(vocab)) {
    entries++;
    if (!isId(vocab[key]))
      fail(`vocab[${show(key)}] must be an integer from 0 to ${MAX_ID}, got ${show(vocab[key])}.`);
  }
  return entries > 0;
}

function checkTokens(tokens: unknown): boolean {
  if (tokens === undefined) return false;
  if (!isObject(tokens)) fail(`tokens must be an object, got ${show(tokens)}.`);
  let entries = 0;
  for (const key of Object.keys(tokens)) {
    entries++;
    if (!/^(0|[1-9]\d*)$/.test(key) || !isId(Number(key)))
      fail(`tokens has the key ${show(key)}, which is not an ID.`);
    if (typeof tokens[key] !== "string") fail(`tokens[${key}] must be a string, got ${show(tokens[key])}.`);
  }
  return entries > 0;
}

/**
 * The two sides of a merge. They are joined by one space; when a side has spaces of its own, the split is the one whose
 * sides and concatenation are all in the vocabulary.
 */
export function splitMerge(merge: string, isToken: (token: string) => boolean): [string, string] | undefined {
  const first = merge.indexOf(" ");
  if (first > 0 && first < merge.length - 1 && merge.indexOf(" ", first + 1) < 0) {
    return [merge.slice(0, first), merge.slice(first + 1)];
  }
  const splits: [string, string][] = [];
  for (let at = merge.indexOf(" ", 1); at >= 0 && at < merge.length - 1; at = merge.indexOf(" ", at + 1)) {
    const left = merge.slice(0, at);
    const right = merge.slice(at + 1);
    if (isToken(left) && isToken(right) && isToken(left + right)) splits.push([left, right]);
  }
  return splits.length === 1 ? splits[0] : undefined;
}

function checkMerges(merges: unknown, vocab: unknown): void {
  if (merges === undefined) return;
  if (!Array.isArray(merges)) fail(`merges must be an array of strings, got ${show(merges)}.`);
  const isToken = (token: string): boolean => isObject(vocab) && Object.hasOwn(vocab, token);
  for (const [index, merge] of merges.entries()) {
    if (typeof merge !== "string") fail(`merges[${index}] must be a string, got ${show(merge)}.`);
    if (splitMerge(merge, isToken) === undefined) {
      fail(`merges[${index}] must be two tokens joined by one space, got ${show(merge)}.`);
    }
  }
}

function checkByteFallback(start: unknown, end: unknown): void {
  if (start === undefined && end === undefined) return;
  if (!isId(start) || !isId(end))
    fail("byte_fallback_start and byte_fallback_end must both be IDs, or both be absent.");
  if (end - start !== 255) fail(`byte_fallback_end - byte_fallback_start must be 255, got ${end - start}.`);
}

function checkSpecials(specials: unknown): void {
  if (specials === undefined) return;
  if (!isObject(specials)) fail(`special_tokens must be an object, got ${show(specials)}.`);
  for (const [name, id] of Object.entries(specials)) {
    if (!isId(id))
      fail(`special_tokens[${show(name)}] must be an integer from 0 to ${MAX_ID}, got ${show(id)}.`);
  }
}

function checkEnum(value: unknown, accepted: readonly string[], where: string): void {
  if (typeof value !== "string" || !accepted.includes(value)) {
    fail(`${where} must be one of ${accepted.join(", ")}, got ${show(value)}.`);
  }
}

function checkToolCalling(block: unknown, specials: unknown): void {
  if (block === undefined) return;
  if (!isObject(block)) fail(`tool_calling must be an object, got ${show(block)}.`);
  checkEnum(block["convention"], CONVENTIONS, "tool_calling.convention");
  checkEnum(block["args_format"], ["json", "python_args"], "tool_calling.args_format");
  checkEnum(block["result_format"], ["text", "json"], "tool_calling.result_format");
  const markers = block["markers"];
  for (const side of ["start", "end"]) {
    const name = isObject(markers) ? markers[side] : undefined;
    if (typeof name !== "string" || name === "" || !isObject(specials) || !Object.hasOwn(specials, name)) {
      fail(`tool_calling.markers.${side} must be a key of special_tokens, got ${show(name)}.`);
    }
  }
}

function checkDictionaries(entries: unknown): void {
  if (entries === undefined) return;
  if (!Array.isArray(entries)) fail(`zstd_dictionaries must be an array, got ${show(entries)}.`);
  for (const [index, entry] of entries.entries()) {
    const where = `zstd_dictionaries[${index}]`;
    if (!isObject(entry)) fail(`${where} must be an object.`);
    checkEnum(entry["format"], ["msgpack", "protobuf"], `${where}.format`);
    if (typeof entry["url"] !== "string" || entry["url"] === "") fail(`${where}.url must be a string.`);
    if (typeof entry["hash"] !== "string" || !HASH.test(entry["hash"])) {
      fail(`${where}.hash must be sha256: and 64 lowercase hex digits, got ${show(entry["hash"])}.`);
    }
  }
}

/**
 * Asserts that `value` is a dialect map. Its pre-tokenizer program is checked when a tokenizer is built, so that a
 * client that only decodes can use maps whose program it does not know.
 */
export function validateMap(value: unknown): asserts value is TokenizerMap {
  if (!isObject(value)) fail(`a map must be an object, got ${show(value)}.`);
  for (const field of ["id", "version"]) {
    if (typeof value[field] !== "string" || value[field] === "") {
      fail(`${field} must be a non-empty string, got ${show(value[field])}.`);
    }
  }
  const size = value["vocab_size"];
  if (!Number.isInteger(size) || (size as number) < 1)
    fail(`vocab_size must be an integer of at least 1, got ${show(size)}.`);
  const hasVocab = checkVocab(value["vocab"]);
  const hasTokens = checkTokens(value["tokens"]);
  if (!hasVocab && !hasTokens) fail("a map must have vocab or tokens with at least one entry.");
  if (value["encoder"] !== undefined) checkEnum(value["encoder"], ["byte_level", "metaspace"], "encoder");
  checkMerges(value["merges"], value["vocab"]);
  checkByteFallback(value["byte_fallback_start"], value["byte_fallback_end"]);
  checkSpecials(value["special_tokens"]);
  checkToolCalling(value["tool_calling"], value["special_tokens"]);
  checkDictionaries(value["zstd_dictionaries"]);
}
