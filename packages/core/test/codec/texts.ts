// Texts on which tokenizers disagree with naive cutting.

export const texts: readonly string[] = [
  "Hello, world! The quick brown fox jumps over the lazy dog.",
  "def add(a, b):\n    return a + b  # sum\n\n\nclass Foo(Bar):\n\tpass\n",
  "IT'S I'll we'Re 'tis x'l'l it'ſ",
  "日本語のテキスト、漢字とABCかな混じり。日本ABC 日本ABCd DEF日",
  "👩‍👩‍👧 emoji 😀😀 e\u0301\u0301 \u0301x ไทยไทย 한국어 Ünïcödé",
  "   leading   and \t\t trailing \r\n \n\n  ",
  "\u0085\u00a0\ufeff\u3000 x",
  "1234567890 12 3 ٣٤٥ ½ Ⅷ",
  "https://example.com/a/b?c=d&e=f//\n// ---- ==== !!??",
  "camelCaseIdentifierWithABCAndHTTPServer snake_case_identifier",
  "aGVsbG8gd29ybGQhIFRoaXMgaXMgYSBsb25nIGJhc2U2NCBzdHJpbmcgd2l0aG91dCBzcGFjZXM",
  "the".repeat(120),
  "永遠の森を歩く人々の物語が語り継がれて".repeat(14),
  "АБВГДежзийклмнопрстуфхцчшщъыьэюя".repeat(8),
  "!".repeat(300),
  "🦄".repeat(90),
];
