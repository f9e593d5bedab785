import {
  BPETokenizer,
  detokenize,
  makeMap,
  serializeMap,
  staticTranslationTable,
  TokenizerMap,
  Translator,
  translate,
} from "@tokenwire/core/codec";
import { describe, expect, it } from "vitest";
import { encodingMap, randomMetaspaceMap } from "./maps.ts";
import { programs } from "./programs.ts";
import { random } from "./random.ts";
import { texts } from "./texts.ts";

const rounds = Number(process.env["TOKENWIRE_FUZZ"] ?? 1000) / 1000;

/** IDs in calls of random sizes up to `most`. */
function streamed(
  translator: Translator,
  ids: readonly number[],
  most: number,
  next: (below: number) => number,
): number[] {
  const out: number[] = [];
  for (let at = 0; at < ids.length; ) {
    const size = 1 + next(most);
    out.push(...translator.translate(ids.slice(at, at + size), { partial: true }));
    at += size;
  }
  out.push(...translator.finish());
  return out;
}

function mixture(next: (below: number) => number): string {
  let text = "";
  for (let count = 1 + next(6); count > 0; count--) {
    const source = texts[next(texts.length)]!;
    const from = next(source.length);
    text += source.slice(from, from + 1 + next(120)).replace(/\p{Surrogate}/gu, "");
  }
  return text;
}

describe("Translator", () => {
  it.each([
    ["r50k_base", "cl100k_base"],
    ["cl100k_base", "o200k_base"],
    ["o200k_base", "r50k_base"],
    ["p50k_base", "o200k_base"],
  ] as const)("%s → %s: any way of cutting gives the ids of the whole text", (fromName, toName) => {
    const from = encodingMap(fromName);
    const to = encodingMap(toName);
    const source = new BPETokenizer(from);
    const target = new BPETokenizer(to);
    const translator = new Translator(from, to);
    const next = random(fromName.length + toName.length);
    const inputs = [...texts, ...Array.from({ length: 30 * rounds }, () => mixture(next))];
    for (const text of inputs) {
      const ids = source.encode(text);
      const expected = target.encode(detokenize(from, ids));
      for (const most of [1, 3, 17]) expect(streamed(translator, ids, most, next)).toEqual(expected);
    }
  });

  it.each(Object.keys(programs))("the target program %s", (name) => {
    const from = encodingMap("r50k_base");
    const { ext: _, ...rest } = encodingMap("cl100k_base");
    const to = makeMap({ ...rest, id: `test/${name}`, pre_tokenizer_program: programs[name] });
    const source = new BPETokenizer(from);
    const target = new BPETokenizer(to);
    const translator = new Translator(from, to);
    const next = random(name.length);
    for (const text of [...texts, ...Array.from({ length: 8 * rounds }, () => mixture(next))]) {
      const ids = source.encode(text);
      const expected = target.encode(text);
      for (const most of [1, 9]) expect(streamed(translator, ids, most, next)).toEqual(expected);
    }
  });

  it.each(["always", "first", "never"] as const)(
    "metaspace targets with random merges, prepend %s",
    (prepend) => {
      const from = encodingMap("r50k_base");
      const source = new BPETokenizer(from);
      const next = random(prepend.length);
      for (let round = 0; round < 10 * rounds; round++) {
        const to = randomMetaspaceMap(next, prepend);
        const translator = new Translator(from, to);
        let text = "";
        const alphabet = [" ", " ", "a", "b", "c", "日", "é", "x"];
        for (let length = next(400); length > 0; length--) text += alphabet[next(alphabet.length)];
        const ids = source.encode(text);
        expect(streamed(translator, ids, 5, next)).toEqual(new BPETokenizer(to).encode(text));
        expect(detokenize(to, new BPETokenizer(to).encode(text))).toBe(
          prepend === "first" && text.startsWith(" ") ? text.slice(1) : text,
        );
        translator.reset();
      }
    },
  );

  it("normalises what can no longer change", () => {
    const from = encodingMap("r50k_base");
    const to = makeMap({
      ...encodingMap("cl100k_base"),
      id: "test/nfc",
      ext: { normalizers: [{ type: "nfc" }] },
    });
    const text = "Cafe\u0301 re\u0301sume\u0301 \u1112\u1161\u11ab e\u0301e\u0327\u0301";
    const ids = new BPETokenizer(from).encode(text);
    const expected = new BPETokenizer(encodingMap("cl100k_base")).encode(text.normalize("NFC"));
    expect(new BPETokenizer(to).encode(text)).toEqual(expected);
    expect(streamed(new Translator(from, to), ids, 1, random(1))).toEqual(expected);
  });

  it("holds little back, with and without spaces", () => {
    const from = encodingMap("r50k_base");
    const to = encodingMap("cl100k_base");
    const translator = new Translator(from, to);
    let rendered = 0;
    for (const id of new BPETokenizer(from).encode("永遠の森を歩く人々の物語".repeat(60))) {
      const out = translator.translate([id], { partial: true });
      rendered += detokenize(to, out).length;
    }
    // 720 characters of 3 bytes; the longest token of cl100k is 128 bytes, and a quarter more may wait.
    expect(rendered).toBeGreaterThan(720 - 54);
  });

  it("leaves special tokens out, maps them by name, or refuses them", () => {
    const from = encodingMap("r50k_base");
    const to = encodingMap("cl100k_base");
    const eot = 50256;
    const ids = [...new BPETokenizer(from).encode("Hello"), eot, ...new BPETokenizer(from).encode(" world")];
    const target = new BPETokenizer(to);
    expect(translate(from, to, ids)).toEqual(target.encode("Hello world"));
    const mapped = new Translator(from, to, { specialTokens: "map" });
    expect(streamed(mapped, ids, 1, random(2))).toEqual([
      ...target.encode("Hello"),
      100257,
      ...target.encode(" world"),
    ]);
    expect(() => translate(from, to, ids, { specialTokens: "error" })).toThrow(/<\|endoftext\|> \(50256\)/);
  });

  it("recognises special tokens in text only when asked, however they are cut", () => {
    const from = encodingMap("r50k_base");
    const to = encodingMap("cl100k_base");
    const text = "a<|endoftext|>b<|endof<|endoftext|>";
    const ids = new BPETokenizer(from).encode(text);
    const target = new BPETokenizer(to);
    expect(streamed(new Translator(from, to), ids, 2, random(3))).toEqual(target.encode(text));
    const allowed = new Translator(from, to, { allowedSpecial: ["<|endoftext|>"] });
    const expected = target.encode(text, { allowedSpecial: "all" });
    expect(expected.filter((id) => id === 100257)).toHaveLength(2);
    expect(streamed(allowed, ids, 1, random(4))).toEqual(expected);
  });

  it("bounds what waits for more text", () => {
    const from = encodingMap("r50k_base");
    const translator = new Translator(from, encodingMap("cl100k_base"), { maxBufferedChars: 1000 });
    const spaces = new BPETokenizer(from).encode(" ".repeat(1500));
    expect(() => translator.translate(spaces, { partial: true })).toThrow(/maxBufferedChars/);
  });

  it("waits for the end where only an expression says how to cut", () => {
    const { pre_tokenizer_program: _, ...rest } = encodingMap("r50k_base");
    const to = makeMap({ ...rest, id: "test/pattern", pre_tokenizer_pattern: "\\p{L}+|\\s+|[^\\s\\p{L}]+" });
    expect(() => new BPETokenizer(to)).toThrow(/allowUntrustedPattern/);
    const from = encodingMap("cl100k_base");
    const ids = new BPETokenizer(from).encode("some words here");
    const expected = new BPETokenizer(to, { allowUntrustedPattern: true }).encode("some words here");
    const exact = new Translator(from, to, { allowUntrustedPattern: true });
    expect(exact.translate(ids, { partial: true })).toEqual([]);
    expect(exact.finish()).toEqual(expected);
    const quick = new Translator(from, to, { allowUntrustedPattern: true, exact: false });
    expect(quick.translate(ids, { partial: true }).length).toBeGreaterThan(0);
  });
});

describe("staticTranslationTable", () => {
  it("encodes each source id alone", () => {
    const from = TokenizerMap.fromJson(
      serializeMap({
        id: "a/b",
        version: "2",
        vocab_size: 4,
        vocab: { Hello: 0, x: 1, "": 2, s: 3 },
        special_tokens: { s: 3 },
      }),
    );
    const to = encodingMap("cl100k_base");
    expect([...staticTranslationTable(from, to)]).toEqual([
      [0, [9906]],
      [1, [87]],
    ]);
  });
});
