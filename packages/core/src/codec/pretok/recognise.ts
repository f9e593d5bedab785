// Patterns that a program expresses exactly: those of the well-known tokenizers, and the pre-tokenizers of Hugging Face
// files. Anything else is refused by name; an approximation would give wrong IDs.

import { knownPatterns } from "../../tokenizer/index.ts";
import { CodecError } from "../codec-error.ts";
import type { PreTokOp, PreTokProgram, PreTokStage } from "./program.ts";

const CONTRACTIONS: readonly string[] = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];
/** `(?i:'s)` of a Unicode-folding engine also matches the long s. */
const LONG_S = "'\u017f";

const CI = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const CASED_TITLE =
  "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+";
const CASED_UPPER =
  "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*";
const SPACES = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const GPT2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
const DEEPSEEK =
  "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

const SPACE_OPS: readonly PreTokOp[] = [{ op: "newline_block" }, { op: "trailing_ws" }, { op: "ws_run" }];

export const GPT2_OPS: readonly PreTokOp[] = [
  { op: "literals", patterns: CONTRACTIONS },
  { op: "letters", lead_space: true },
  { op: "numbers", lead_space: true },
  { op: "punct_run", lead_space: true },
  { op: "trailing_ws" },
  { op: "ws_run" },
];

const DEEPSEEK_OPS: readonly PreTokOp[] = [
  { op: "punct_ascii_letters" },
  { op: "letters", lead_other: true, lead_other_class: "l_p_s", body: "L_M" },
  { op: "punct_run", lead_space: true, trailing_newlines: true, charset: "p_s" },
  ...SPACE_OPS,
];

function wordOps(numbers: PreTokOp, unicodeFold: boolean): readonly PreTokOp[] {
  return [
    { op: "literals_ci", patterns: CONTRACTIONS },
    ...(unicodeFold ? [{ op: "literals", patterns: [LONG_S] } as const] : []),
    { op: "letters", lead_other: true },
    numbers,
    { op: "punct_run", lead_space: true, trailing_newlines: true },
    ...SPACE_OPS,
  ];
}

function casedOps(numbers: PreTokOp, trailing: readonly string[] | undefined): readonly PreTokOp[] {
  const suffix = trailing === undefined ? {} : { trailing_ci: trailing };
  return [
    { op: "letters_cased", kind: "title", lead_other: true, ...suffix },
    { op: "letters_cased", kind: "upper", lead_other: true, ...suffix },
    numbers,
    { op: "punct_run", lead_space: true, trailing_chars: "\r\n/" },
    ...SPACE_OPS,
  ];
}

/** `\p{N}` is one digit, `\p{N}{1,K}` up to K, `\p{N}+` any number. */
function numbersOf(pattern: string): PreTokOp | undefined {
  if (pattern === "\\p{N}+") return { op: "numbers" };
  if (pattern === "\\p{N}") return { op: "numbers", max_run: 1 };
  const bounded = /^\\p\{N\}\{1,(\d+)\}$/.exec(pattern);
  return bounded === null ? undefined : { op: "numbers", max_run: Number(bounded[1]) };
}

/** What stands between a prefix and a suffix, or undefined. */
function between(text: string, prefix: string, suffix: string): string | undefined {
  if (text.length < prefix.length + suffix.length || !text.startsWith(prefix) || !text.endsWith(suffix))
    return undefined;
  return text.slice(prefix.length, text.length - suffix.length);
}

/** Raw newlines as escapes, without one outer pair of parentheses. */
function canonicalPattern(pattern: string): string {
  const escaped = pattern.replaceAll("\r", "\\r").replaceAll("\n", "\\n");
  const inner = /^\((?!\?)(.*)\)$/s.exec(escaped)?.[1];
  return inner === undefined ? escaped : inner;
}

function recogniseWith(
  pattern: string,
  prefix: string,
  suffix: string,
  ops: (numbers: PreTokOp) => readonly PreTokOp[],
): readonly PreTokOp[] | undefined {
  const numbers = numbersOf(between(pattern, prefix, suffix) ?? "");
  return numbers === undefined ? undefined : ops(numbers);
}

/** The ops of a recognised alternation, or undefined. */
export function recogniseAlternation(source: string): readonly PreTokOp[] | undefined {
  const pattern = canonicalPattern(source);
  if (pattern === GPT2) return GPT2_OPS;
  if (pattern === DEEPSEEK) return DEEPSEEK_OPS;
  return (
    recogniseWith(
      pattern,
      `${CI}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|`,
      `| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|${SPACES}`,
      (numbers) => wordOps(numbers, false),
    ) ??
    recogniseWith(
      pattern,
      `${CASED_TITLE}${CI}?|${CASED_UPPER}${CI}?|`,
      `| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|${SPACES}`,
      (numbers) => casedOps(numbers, CONTRACTIONS),
    ) ??
    recogniseWith(
      pattern,
      `${CASED_TITLE}|${CASED_UPPER}|`,
      `| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|${SPACES}`,
      (numbers) => casedOps(numbers, undefined),
    )
  );
}

/**
 * The program of a pattern as tiktoken's encodings publish it. These follow the engine that the encodings are defined by,
 * whose `(?i:'s)` folds by Unicode; the op folds ASCII, so the one other spelling is listed.
 */
export function programOfTiktokenPattern(pattern: string): PreTokProgram | undefined {
  const bounded: PreTokOp = { op: "numbers", max_run: 3 };
  if (pattern === knownPatterns.gpt2) return { version: 1, ops: GPT2_OPS };
  if (pattern === knownPatterns.cl100k) return { version: 1, ops: wordOps(bounded, true) };
  if (pattern === knownPatterns.voyage3)
    return { version: 1, ops: wordOps({ op: "numbers", max_run: 1 }, true) };
  if (pattern === knownPatterns.o200k)
    return { version: 1, ops: casedOps(bounded, [...CONTRACTIONS, LONG_S]) };
  return undefined;
}

/** What a pre-tokenizer tree becomes. */
export interface CompiledPreTokenizer {
  readonly program?: PreTokProgram;
  readonly pattern?: string;
  readonly addPrefixSpace?: boolean;
}

type Node = Readonly<Record<string, unknown>>;

function refuse(node: Node, why: string): never {
  throw new CodecError(
    "CODEC_UNSUPPORTED",
    `Pre-tokenizer ${String(node["type"])} cannot be expressed as a program: ${why}. Node: ${JSON.stringify(node).slice(0, 160)}`,
  );
}

interface Collected {
  readonly stages: { readonly stage: PreTokStage; readonly pattern: string | undefined }[];
  readonly unrecognised: { readonly node: Node; readonly pattern: string }[];
  nodes: number;
  addPrefixSpace: boolean;
}

/** The stage of a Split pattern, or undefined when no program expresses it. */
function stageOfPattern(pattern: string): PreTokStage | undefined {
  const canonical = canonicalPattern(pattern);
  const numbers = numbersOf(canonical);
  if (numbers?.op === "numbers") {
    const { max_run: maxRun } = numbers;
    return { stage: "digits_isolate", mode: "grouped", ...(maxRun === undefined ? {} : { max_run: maxRun }) };
  }
  if (canonical === "[一-龥\u3040-ゟ゠-ヿ]+") return { stage: "cjk_isolate" };
  if (canonical === "[0-9][0-9][0-9]") return { stage: "digit_triples_isolate" };
  const ops = recogniseAlternation(canonical);
  return ops === undefined ? undefined : { stage: "alternation", ops };
}

function collectSplit(node: Node, into: Collected): void {
  const source = node["pattern"] as Node | undefined;
  const pattern = source?.["Regex"] ?? source?.["String"];
  if (typeof pattern !== "string" || source?.["String"] !== undefined)
    refuse(node, "only regular expressions are supported");
  const stage = stageOfPattern(pattern);
  const isolated = node["behavior"] === "Isolated" && node["invert"] !== true;
  // An inverted "Removed" keeps the matches; these alternations match everything, so it is the same.
  const removed = node["behavior"] === "Removed" && node["invert"] === true && stage?.stage === "alternation";
  if (!isolated && !removed)
    refuse(node, `behavior ${String(node["behavior"])}, invert ${String(node["invert"])}`);
  if (stage === undefined) into.unrecognised.push({ node, pattern });
  else into.stages.push({ stage, pattern: stage.stage === "alternation" ? pattern : undefined });
}

function collect(node: Node, into: Collected): void {
  if (node["type"] === "Sequence") {
    for (const child of node["pretokenizers"] as readonly Node[]) collect(child, into);
    return;
  }
  into.nodes++;
  switch (node["type"]) {
    case "Split":
      collectSplit(node, into);
      break;
    case "Digits":
      into.stages.push({
        stage: {
          stage: "digits_isolate",
          mode: node["individual_digits"] === true ? "individual" : "grouped",
        },
        pattern: undefined,
      });
      break;
    case "Punctuation":
      if (node["behavior"] !== "Contiguous") refuse(node, "only the behavior Contiguous is supported");
      into.stages.push({ stage: { stage: "punctuation_contiguous" }, pattern: undefined });
      break;
    case "ByteLevel":
      into.addPrefixSpace ||= node["add_prefix_space"] === true;
      if (node["use_regex"] !== false)
        into.stages.push({ stage: { stage: "alternation", ops: GPT2_OPS }, pattern: GPT2 });
      break;
    default:
      refuse(node, "no program expresses this node");
  }
}

/**
 * Compiles the `pre_tokenizer` of a Hugging Face tokenizer.json. One alternation becomes a version 1 program with its
 * pattern, several stages a version 2 program; a single unknown expression stays a pattern.
 */
export function compileHFPreTokenizer(tree: unknown): CompiledPreTokenizer {
  if (typeof tree !== "object" || tree === null) return {};
  const found: Collected = { stages: [], unrecognised: [], nodes: 0, addPrefixSpace: false };
  collect(tree as Node, found);
  const space = found.addPrefixSpace ? { addPrefixSpace: true } : {};
  const unknown = found.unrecognised[0];
  if (unknown !== undefined) {
    if (found.stages.length > 0 || found.unrecognised.length > 1)
      refuse(unknown.node, "its pattern is not recognised");
    return { pattern: unknown.pattern, ...space };
  }
  const only = found.stages.length === 1 ? found.stages[0] : undefined;
  if (only?.stage.stage === "alternation") {
    return {
      program: { version: 1, ops: only.stage.ops },
      ...(only.pattern === undefined ? {} : { pattern: canonicalPattern(only.pattern) }),
      ...space,
    };
  }
  if (found.stages.length === 0) return space;
  return { program: { version: 2, stages: found.stages.map(({ stage }) => stage) }, ...space };
}
