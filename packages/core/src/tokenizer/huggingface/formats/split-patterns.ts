// How the pre-tokenizers that GGUF files name cut text: a list of expressions, each applied to the pieces of the one
// before. Source: `tokenizer.ggml.pre` in llama.cpp and the tokenizer.json files of the models.

import { gpt2Pattern } from "../pretokenizers/byte-level.ts";

const contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const spaces = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const symbols = " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*";
const word = "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+";

const llama3 = `${contractions}|${word}|\\p{N}{1,3}|${symbols}|${spaces}`;
const qwen2 = `${contractions}|${word}|\\p{N}|${symbols}|${spaces}`;
const qwen35 = `${contractions}|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|${spaces}`;

const upper = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
const lower = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";

function caseWords(suffix: string): string {
  const start = "[^\\r\\n\\p{L}\\p{N}]?";
  return `${start}${upper}*${lower}+${suffix}|${start}${upper}+${lower}*${suffix}`;
}

const caseSymbols = " ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*";
const tekken = `${caseWords("")}|\\p{N}|${caseSymbols}|${spaces}`;
const o200k = `${caseWords(`${contractions}?`)}|\\p{N}{1,3}|${caseSymbols}|${spaces}`;

const asciiPunctuation = "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~]";
const deepseekWords = `${asciiPunctuation}[A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|${spaces}`;
/** The cuts of DeepSeek V3, which `scanDeepseek` makes in one pass. */
export const deepseek3: readonly string[] = ["\\p{N}{1,3}", "[一-龥぀-ゟ゠-ヿ]+", deepseekWords];

/** The letters with case of an older Unicode version, as DeepSeek's first models list them. */
const casedLetters =
  "A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚ\\x{1e00}-\\x{1f15}\\x{1f18}-\\x{1f1d}\\x{1f20}-\\x{1f45}\\x{1f48}-\\x{1f4d}\\x{1f50}-\\x{1f57}\\x{1f59}\\x{1f5b}\\x{1f5d}\\x{1f5f}-\\x{1f7d}" +
  "\\x{1f80}-\\x{1fb4}\\x{1fb6}-\\x{1fbc}\\x{1fbe}\\x{1fc2}-\\x{1fc4}\\x{1fc6}-\\x{1fcc}\\x{1fd0}-\\x{1fd3}\\x{1fd6}-\\x{1fdb}\\x{1fe0}-\\x{1fec}\\x{1ff2}-\\x{1ff4}\\x{1ff6}-\\x{1ffc}" +
  "\\x{2102}\\x{2107}\\x{210a}-\\x{2113}\\x{2115}\\x{2119}-\\x{211d}\\x{2124}\\x{2126}\\x{2128}\\x{212a}-\\x{212d}\\x{212f}-\\x{2134}\\x{2139}ℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ" +
  "\\x{10400}-\\x{1044f}\\x{104b0}-\\x{104d3}\\x{104d8}-\\x{104fb}\\x{10c80}-\\x{10cb2}\\x{10cc0}-\\x{10cf2}\\x{118a0}-\\x{118df}\\x{1e900}-\\x{1e943}";
const deepseekLlm = [
  "[\\r\\n]",
  `\\s?[${casedLetters}]+`,
  "\\s?[!-/:-~！-／：-～‘-‟\u3000-。]+",
  "\\s+\\z",
  "[一-龥ࠀ-一가-퟿]+",
  "\\p{N}+",
];
const deepseekCoder = ["[\\r\\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", "[一-龥ࠀ-一가-퟿]+", "\\p{N}"];

const notHanUpper = `[${upper}&&[^\\p{Han}]]`;
const notHanLower = `[${lower}&&[^\\p{Han}]]`;
const kimi = [
  [
    "[\\p{Han}]+",
    `[^\\r\\n\\p{L}\\p{N}]?${notHanUpper}*${notHanLower}+${contractions}?`,
    `[^\\r\\n\\p{L}\\p{N}]?${notHanUpper}+${notHanLower}*${contractions}?`,
    "\\p{N}{1,3}",
    symbols,
    spaces,
  ].join("|"),
];

const digitsThenGpt2 = ["\\p{N}", gpt2Pattern];
const notSentence = " ?[^(\\s|.,!?…。，、।۔،)]+";
const poro = [notSentence];

/** The cuts of each family of names. */
const families: readonly (readonly [names: string, patterns: readonly string[]])[] = [
  [
    "llama3 llama-v3 llama-bpe falcon3 falcon-h1 pixtral midm-2.0 lfm2 dbrx smaug-bpe chatglm-bpe glm4 mellum llama4-scout",
    [llama3],
  ],
  ["qwen2 deepseek-r1-qwen stablelm2 hunyuan megrez kormo grok-2 solar-open", [qwen2]],
  ["qwen35", [qwen35]],
  ["deepseek-v3 hunyuan-dense joyai-llm", deepseek3],
  ["deepseek-llm", deepseekLlm],
  ["deepseek-coder", deepseekCoder],
  ["falcon", ["[\\p{P}\\$\\+<=>\\^~\\|`]+", gpt2Pattern, "[0-9][0-9][0-9]"]],
  ["starcoder refact command-r smollm codeshell exaone minerva-7b", digitsThenGpt2],
  [
    "gpt-2 phi-2 jina-es jina-de jina-v1-en jina-v2-es jina-v2-de jina-v2-code roberta-bpe gigachat mpt olmo jais trillion granite-docling a.x-4.0 modern-bert exaone4",
    [gpt2Pattern],
  ],
  ["poro-chat bloom gpt3-finnish", poro],
  ["viking", [notSentence, "\\p{N}"]],
  ["tekken", [tekken]],
  ["gpt-4o llama4 minimax-m2 o200k", [o200k]],
  ["kimi-k2", kimi],
  ["superbpe", ["\\p{N}+", "(?=(\\d{3})+(?!\\d))"]],
  [
    "bailingmoe bailingmoe2 llada-moe",
    [`'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}|${symbols}|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+`],
  ],
  ["seed-coder", [`${contractions}|${word}|\\p{N}| ?[^\\s\\p{L}\\p{N}\\r\\n]+|${spaces}`]],
  ["default", ["[\\p{P}\\$\\+<=>\\^~\\|]+", gpt2Pattern, "\\p{N}+", "[0-9][0-9][0-9]"]],
];

const byName: ReadonlyMap<string, readonly string[]> = new Map(
  families.flatMap(([names, patterns]) => names.split(" ").map((name) => [name, patterns] as const)),
);

/** The expressions of a named pre-tokenizer, or undefined if the name is not known. */
export function splitPatternsOf(name: string): readonly string[] | undefined {
  return byName.get(name);
}

/** All known names. */
export function splitPatternNames(): string[] {
  return [...byName.keys()].sort();
}

/** Kimi K2's pattern, which its rank file comes without. */
export const kimiPattern: string = kimi[0] as string;

/** Names whose models take a piece that is a token as it is, without merging. */
export const wholePieceNames: ReadonlySet<string> = new Set(
  "llama3 llama-v3 llama-bpe falcon3 falcon-h1 pixtral midm-2.0 lfm2 tekken".split(" "),
);

/** Names whose models normalize text to NFC first. */
export const nfcNames: ReadonlySet<string> = new Set(
  "qwen2 deepseek-r1-qwen stablelm2 megrez kormo qwen35 command-r".split(" "),
);
