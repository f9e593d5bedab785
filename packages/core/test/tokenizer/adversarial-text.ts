// Text that is dense in what tokenizers get wrong: contractions, white space of every kind, mixed case, marks, digits
// of many scripts, emoji sequences, look-alikes of special tokens. Fixed seeds make every run the same.

/** A small, fast generator of numbers in [0, 1): mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const fragments: readonly string[] = [
  "'s",
  "'S",
  "'t",
  "'re",
  "'RE",
  "'Ve",
  "'m",
  "'ll",
  "'lL",
  "'d",
  "'\u017f",
  "'",
  "''",
  "'x",
  "don't",
  "I'LL",
  "can'ts",
  " ",
  "  ",
  "   ",
  "\n",
  "\r\n",
  "\r",
  "\t",
  "\v",
  "\f",
  "\u001c",
  "\u0085",
  "\u00a0",
  "\u1680",
  "\u2028",
  "\u3000",
  "\u200b",
  "\ufeff",
  "\n\n",
  " \n ",
  "\t\t",
  "\r\r\n",
  "hello",
  " world",
  "Hello",
  "HELLO",
  "iPhone",
  "camelCase",
  "HTTPResponse",
  "snake_case",
  "aB",
  "Ab",
  "ABc",
  "abC",
  "\ufb01",
  "\u00df",
  "\u0130",
  "\u0131",
  "\u01c5",
  "\u02b0",
  "\u00aa",
  "\uff71",
  "\u01c4x",
  "\u1e9e",
  "日本語",
  "中文",
  "ひらがな",
  "カタカナ",
  "한국어",
  "العربية",
  "हिन्दी",
  "ไทย",
  "עִבְרִית",
  "Ελληνικά",
  "Русский",
  "\u0301",
  "\u20dd",
  "\u093f",
  "É",
  "E\u0301",
  "e\u0301\u0302",
  "\u0301a",
  " \u0301",
  "\u0301A",
  "1",
  "12",
  "123",
  "1234",
  "12345678",
  "٣",
  "१२३",
  "½",
  "²",
  "①",
  "Ⅷ",
  "3.14",
  "1,000",
  "𝐀",
  "𝒃",
  "𝟙",
  "👍",
  "👍🏽",
  "👨‍👩‍👧‍👦",
  "🇩🇪",
  "🏴‍☠️",
  "\u{10ffff}",
  "\ue000",
  "☃",
  "€",
  ".",
  ",",
  "!",
  "?",
  "...",
  "//",
  "/\n",
  "...\n\n",
  "()",
  "{}",
  "[]",
  "<",
  ">",
  "--",
  "==",
  "!=\n",
  "$",
  "#",
  "@",
  "_",
  "<|endoftext|>",
  "<|",
  "|>",
  "<|im_start|>",
  "<|endofprompt|>",
  "\0",
  "\u0007",
  "\u007f",
  "\u0080",
  "aaaaaaaaaaaaaaaa",
  "\n\n\n\n\n\n",
  "                ",
  "^^^^^^^^",
  "0000000000",
  "getElementById",
  "__init__",
  "https://example.com/a?b=c",
  "\ud83d",
  "\udc4d",
];

/** One string of 1 to 14 fragments; about one in five parts is a random character instead. */
export function adversarialText(random: () => number): string {
  let text = "";
  for (let parts = 1 + Math.floor(random() * 14); parts > 0; parts--) {
    const kind = random();
    if (kind < 0.8) text += fragments[Math.floor(random() * fragments.length)];
    else if (kind < 0.9) text += String.fromCharCode(Math.floor(random() * 0x3000));
    else text += randomScalar(random);
  }
  return text;
}

function randomScalar(random: () => number): string {
  const value = Math.floor(random() * (0x110000 - 0x800));
  return String.fromCodePoint(value < 0xd800 ? value : value + 0x800);
}

/** For each assigned stretch of Unicode, every code point in the places where its class matters. */
export function* everyCodePoint(): Generator<string> {
  for (const [first, last] of [
    [0, 0xd7ff],
    [0xe000, 0x32000],
    [0xe0000, 0xe01ff],
  ] as const) {
    for (let code = first; code <= last; code++) {
      const c = String.fromCodePoint(code);
      yield `a${c}B ${c}c1${c}2 !${c}?  ${c}${c}`;
    }
  }
}
