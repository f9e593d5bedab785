// Texts that provoke tokenizers: fragments of many scripts, white space of all kinds, look-alikes of special tokens.

const fragments = [
  "'s",
  "'S",
  "'ll",
  "'Ve",
  "'",
  "''",
  "'ſ",
  "don't",
  "I'M",
  " ",
  "  ",
  "   ",
  "\n",
  "\n\n",
  "\r\n",
  "\t",
  " \t ",
  "\u000b",
  "\u000c",
  "\u001c",
  "\u0085",
  "\u00a0",
  "\u1680",
  "\u2028",
  "\u3000",
  "\u200b",
  "\ufeff",
  "hello",
  "Hello",
  "WORLD",
  "iPhone",
  "camelCase",
  "HTTPResponse",
  "the",
  "ﬁ",
  "ß",
  "İ",
  "ı",
  "ǅ",
  "ʰ",
  "ª",
  "ｱ",
  "Straße",
  "naïve",
  "cafe\u0301",
  "É",
  "E\u0301",
  "ΟΔΥΣΣΕΥΣ",
  "中文字符",
  "我想在",
  "日本語",
  "カタカナ",
  "ひらがな",
  "ー",
  "한국어",
  "العربية",
  "हिन्दी",
  "ไทย",
  "שָׁלוֹם",
  "Русский",
  "\u0301",
  "\u20dd",
  "\u093f",
  "0",
  "12",
  "345",
  "6789",
  "１２",
  "½",
  "²",
  "①",
  "Ⅷ",
  "٣",
  "𝐇𝐞",
  "👍",
  "👨‍👩‍👧‍👦",
  "🇩🇪",
  "🏳️‍🌈",
  "😁",
  "\u{10ffff}",
  "\ue000",
  "//",
  "/\n",
  "...\n\n",
  "!!",
  "?!",
  "_",
  "__init__",
  "$",
  "€",
  "+=",
  "<=",
  "^",
  "~",
  "`",
  "``",
  "|",
  "<|endoftext|>",
  "<|",
  "|>",
  "<s>",
  "</s>",
  "▁",
  "▁▁",
  "Ġ",
  "\u0000",
  "\u0007",
  "\u007f",
  "aaaaaaaaaaaaaaaa",
  "----------",
  "(",
  ")",
  "[",
  "]",
  "[CLS]",
  "<0x41>",
  "##ing",
  "http://example.com/a?b=c&d",
  "user_name",
  "3.14",
  "1,000",
  "－",
  "、",
  "。",
  "～",
  "“quoted”",
  "…",
];

function randomSource(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * `count` texts of 1 to 14 fragments; `extra` are mixed in now and then. One fragment in ten is a random character, of
 * any script if `anyCharacter`.
 */
export function generateTexts(
  count: number,
  extra: readonly string[] = [],
  seed = 1,
  anyCharacter = true,
): string[] {
  const random = randomSource(seed);
  const pick = (list: readonly string[]): string => list[Math.floor(random() * list.length)] ?? "";
  const randomCharacter = (): string => {
    const code = Math.floor(random() * (anyCharacter ? (random() < 0.5 ? 0x3000 : 0x20000) : 0x500));
    return code >= 0xd800 && code < 0xe000 ? "x" : String.fromCodePoint(code);
  };
  return Array.from({ length: count }, () => {
    let text = "";
    for (let left = 1 + Math.floor(random() * 14); left > 0; left--) {
      if (random() < 0.1) text += randomCharacter();
      else if (extra.length > 0 && random() < 0.08) text += pick(extra);
      else text += pick(fragments);
      if (random() < 0.3) text += " ";
    }
    return text;
  });
}
