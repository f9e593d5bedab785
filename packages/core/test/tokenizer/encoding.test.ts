import {
  createEncoding,
  Encoding,
  extendEncoding,
  knownPatterns,
  parseTiktoken,
  replaceSpecialTokens,
  SimpleBytePairEncoding,
  SpecialTokenError,
  serialiseTiktoken,
  setMetricsHook,
  type TokenizerMetrics,
} from "@tokenwire/core/tokenizer";
import { getEncoding } from "@tokenwire/encodings";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { adversarialText, seededRandom } from "./adversarial-text.ts";

const cl100k = getEncoding("cl100k_base");
const o200k = getEncoding("o200k_base");
const edit = getEncoding("p50k_edit");

describe("special tokens", () => {
  const text = "<|endoftext|> hello <|fim_prefix|> there <|fim_middle|>";
  const [eot, prefix, middle] = ["<|endoftext|>", "<|fim_prefix|>", "<|fim_middle|>"].map((token) =>
    edit.encodeSingleToken(token),
  ) as [number, number, number];

  it.each([
    [[], []],
    [["<|endoftext|>"], [eot]],
    [["<|fim_prefix|>"], [prefix]],
    [
      ["<|endoftext|>", "<|fim_middle|>"],
      [eot, middle],
    ],
    ["all" as const, [eot, prefix, middle]],
  ])("allows exactly %j", (allowedSpecial, expected) => {
    const ids = edit.encode(text, { allowedSpecial, disallowedSpecial: [] });
    expect([...ids].filter((id) => edit.isSpecialToken(id))).toEqual(expected);
    expect(edit.decode(ids)).toBe(text);
    expect(edit.count(text, { allowedSpecial })).toBe(ids.length);
  });

  it("raises tiktoken's text for the leftmost disallowed one", () => {
    let error: unknown;
    try {
      edit.encode(`ab ${text}`, { allowedSpecial: ["<|endoftext|>"] });
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(SpecialTokenError);
    expect(error).toMatchObject({ code: "SPECIAL_TOKEN_IN_TEXT", token: "<|fim_prefix|>", index: 23 });
    expect((error as Error).message).toBe(
      "Encountered text corresponding to disallowed special token '<|fim_prefix|>'.\n" +
        "If you want this text to be encoded as a special token, pass it to `allowed_special`, e.g. `allowed_special={'<|fim_prefix|>', ...}`.\n" +
        "If you want this text to be encoded as normal text, disable the check for this token by passing `disallowed_special=(enc.special_tokens_set - {'<|fim_prefix|>'})`.\n" +
        "To disable this check for all special tokens, pass `disallowed_special=()`.\n",
    );
  });

  it("checks an explicit disallowed set as given, even for strings that are no tokens", () => {
    expect(() => cl100k.encode("a secret", { disallowedSpecial: ["secret"] })).toThrow("'secret'");
    expect(() =>
      cl100k.encode("<|endoftext|>", { allowedSpecial: "all", disallowedSpecial: ["<|endoftext|>"] }),
    ).toThrow();
    expect([...cl100k.encode("<|fim_prefix|>", { disallowedSpecial: ["<|endoftext|>"] })]).toHaveLength(7);
  });

  it("never raises in count", () => {
    expect(cl100k.count("<|endoftext|>")).toBe(cl100k.encodeOrdinary("<|endoftext|>").length);
    expect(cl100k.count("<|endoftext|>", { allowedSpecial: "all" })).toBe(1);
  });

  it("encodes text before a special token as a text of its own", () => {
    const ids = cl100k.encode("a  <|endoftext|>  b", { allowedSpecial: "all" });
    expect([...ids]).toEqual([...cl100k.encode("a  "), 100257, ...cl100k.encode("  b")]);
  });

  it("prefers the longest of two that start together", () => {
    const longer = extendEncoding(cl100k, {
      name: "longer",
      specialTokens: { "<|a|>": 100_300, "<|a|><|b|>": 100_301 },
    });
    expect([...longer.encode("<|a|><|b|>", { allowedSpecial: "all" })]).toEqual([100_301]);
    expect(longer.vocabSize).toBe(100_302);
    expect(cl100k.specialTokens.has("<|a|>")).toBe(false);
  });

  it("finds tokens whatever characters they have", () => {
    const names = ["[INST]", "a.b", "(?:x)", "$^", "c:\\d\n", "|", "＜｜a｜＞", "\ud83d"];
    const specialTokens = Object.fromEntries(names.map((name, i) => [name, 100_300 + i]));
    const odd = extendEncoding(cl100k, { name: "odd", specialTokens });
    const ids = odd.encode(`axb ${names.join(" ")}`, { allowedSpecial: "all" });
    expect([...ids].filter((id) => id >= 100_300)).toEqual(names.map((_, i) => 100_300 + i));
    expect(() => odd.encode("axb INST")).not.toThrow();
    expect(() => odd.encode("x\n c:\\d\n")).toThrow("special token 'c:\\\\d\\n'.");
  });

  it("explains a string given instead of a list", () => {
    expect(() => cl100k.encode("x", { allowedSpecial: "<|endoftext|>" as "all" })).toThrow(
      /Did you mean \["<\|endoftext\|>"\]/,
    );
  });
});

describe("offsets", () => {
  it.each([
    ["hello world<|endoftext|> green cow", [0, 5, 11, 24, 30]],
    ["我非常渴望与人工智能一起工作", [0, 1, 2, 3, 3, 4, 4, 5, 6, 7, 8, 8, 9, 10, 11, 12, 13]],
    ["நடிகர் சூர்யா", [0, 0, 1, 1, 2, 3, 4, 4, 5, 6, 7, 8, 8, 9, 9, 10, 11, 12, 12]],
    [" Ġ除", [0, 1]],
  ])("%s", (text, expected) => {
    const ids = cl100k.encode(text, { allowedSpecial: "all" });
    const decoded = cl100k.decodeWithOffsets(ids);
    expect(decoded.text).toBe(text);
    expect([...decoded.offsets]).toEqual(expected);
  });

  it("are, for each token, the length of what the tokens before it decode to", () => {
    const text = "a👍🏽 é日本\u{1f468}\u200d\u{1f469}";
    const { ids, offsets } = cl100k.encodeWithOffsets(text);
    const bytes = new TextEncoder().encode(text);
    const byteOffsets = cl100k.encodeWithOffsets(text, { unit: "byte" }).offsets;
    for (const [i, offset] of offsets.entries()) {
      const before = new TextDecoder().decode(cl100k.decodeBytes(ids.subarray(0, i))).replace(/\ufffd+$/, "");
      expect(text.slice(0, offset)).toBe(before);
      expect(new TextDecoder().decode(bytes.subarray(0, byteOffsets[i]))).toBe(before);
    }
  });

  it("refuse bytes that are not text", () => {
    expect(() => cl100k.decodeWithOffsets([9468])).toThrow(/Invalid UTF-8 at byte 0/);
  });
});

describe("decoding", () => {
  it("names the ID and its place", () => {
    for (const [ids, shown] of [
      [[15339, 100256], "100256 at index 1 is not in cl100k_base"],
      [[-1], "-1 at index 0 is not a token ID"],
      [[Number.NaN], "NaN at index 0"],
      [[1.5], "1.5 at index 0"],
      [[2 ** 33], "8589934592 at index 0"],
      [[undefined as unknown as number], "undefined at index 0"],
    ] as const) {
      expect(() => cl100k.decode(ids)).toThrow(`Invalid token for decoding: ${shown}`);
    }
    expect(() => cl100k.decode("15339" as never)).toThrow(/ids must be an array/);
    expect(() => edit.decode([50_285])).toThrow("50285");
  });

  it("replaces or refuses invalid UTF-8 and keeps a byte order mark", () => {
    expect(cl100k.decode([9468, 239])).toBe("\ufffd");
    expect(() => cl100k.decode([9468, 239], { errors: "strict" })).toThrow(/Invalid UTF-8/);
    expect(cl100k.decode(cl100k.encode("\ufeffa"))).toBe("\ufeffa");
  });

  it("leaves special tokens out on request", () => {
    const ids = [15339, 100257, 1917];
    expect(cl100k.decode(ids)).toBe("hello<|endoftext|> world");
    expect(cl100k.decode(ids, { skipSpecialTokens: true })).toBe("hello world");
    const decoder = cl100k.createDecoder({ skipSpecialTokens: true });
    expect(decoder.push(ids) + decoder.end()).toBe("hello world");
  });

  it("streams to the same text at every cut", () => {
    const random = seededRandom(11);
    for (let round = 0; round < 200; round++) {
      const ids = Uint32Array.from({ length: 12 }, () => Math.floor(random() * 199_998));
      const whole = o200k.decode(ids);
      for (let cut = 0; cut <= ids.length; cut++) {
        const decoder = o200k.createDecoder();
        expect(decoder.push(ids.subarray(0, cut)) + decoder.push(ids.subarray(cut)) + decoder.end()).toBe(
          whole,
        );
      }
      const decoder = o200k.createDecoder();
      expect(Array.from(ids, (id) => decoder.push([id])).join("") + decoder.end()).toBe(whole);
    }
  });
});

describe("round trips", () => {
  it("encodes every token's bytes back to its ID", () => {
    for (const name of ["r50k_base", "cl100k_base", "voyage3_base"]) {
      const encoding = getEncoding(name);
      for (let id = 0; id < encoding.vocabSize; id += 7) {
        if (encoding.isSpecialToken(id) || (name === "cl100k_base" && id >= 100_256)) continue;
        expect(encoding.encodeSingleToken(encoding.decodeSingleTokenBytes(id))).toBe(id);
      }
    }
    expect(() => cl100k.encodeSingleToken("hello world")).toThrow(
      /No single token of cl100k_base is "hello world"/,
    );
  });

  it.each(["^", "0", "a", "'s", " ", "\n"])("%j repeated", (unit) => {
    for (const text of [unit.repeat(10_000), ` ${unit.repeat(10_000)}`, `${unit.repeat(10_000)}\n`]) {
      for (const encoding of [cl100k, o200k, edit]) expect(encoding.decode(encoding.encode(text))).toBe(text);
    }
  });

  it("encodes bytes that are not text", () => {
    expect([...cl100k.encodeBytes(Uint8Array.of(0x20, 0xec, 0x8b, 0xa4, 0xed))]).toEqual([62085]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect([...cl100k.decodeBytes(cl100k.encodeBytes(bytes))]).toEqual([...bytes]);
      }),
      { seed: 3, numRuns: 500 },
    );
  });

  it("treats lone surrogates as U+FFFD", () => {
    expect([...cl100k.encode("\ud83d")]).toEqual([...cl100k.encode("\ufffd")]);
  });

  it("rejects what is not a string", () => {
    expect(() => cl100k.encode(undefined as never)).toThrow("text must be a string, got undefined");
    expect(() => cl100k.count(12 as never)).toThrow("text must be a string, got");
  });
});

describe("wrong arguments", () => {
  const counter = o200k.createCounter();
  // Typed as callers in plain JavaScript are: not at all.
  const wrong = (value: unknown): never => value as never;

  it.each<readonly [what: string, call: () => unknown, message: string]>([
    [
      "a text for a list",
      () => o200k.encodeBatch(wrong("ab")),
      'texts must be an array of strings, got "ab". For one text use encode().',
    ],
    ["a text for bytes", () => o200k.encodeBytes(wrong("ab")), 'bytes must be a Uint8Array, got "ab"'],
    [
      "a limit that is none",
      () => o200k.countUpTo("ab", Number.NaN),
      "limit must be a number of tokens, got NaN",
    ],
    ["no limit", () => o200k.countUpTo("ab", wrong(undefined)), "limit must be a number of tokens"],
    [
      "maxTokens",
      () => o200k.encode("ab", { maxTokens: Number.NaN }),
      "maxTokens must be a number of tokens",
    ],
    ["no size of chunks", () => o200k.splitByTokens("ab", wrong(undefined)), "maxTokens must be an integer"],
    [
      "a way to decode",
      () => o200k.decode([64], { errors: wrong("ignore") }),
      'must be "replace" or "strict"',
    ],
    ["what to count", () => counter.append(wrong(3)), "text must be a string, got"],
    ["what to encode", () => o200k.createEncoder().push(wrong(null)), "text must be a string, got null"],
    ["a hook", () => setMetricsHook(wrong("no")), "metrics hook must be a function"],
  ])("%s", (_, call, message) => {
    expect(call).toThrow(message);
    expect(call).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  it("names the byte that a vocabulary lacks", () => {
    const ranks = parseTiktoken("YQ== 0\nYg== 1\nYWI= 2\n");
    const small = createEncoding({ name: "small", pattern: "\\w+", ranks, specialTokens: {} });
    expect(() => small.encode("abc")).toThrow("no token for byte 0x63");
  });

  it("refuses to extend with the ID of an ordinary token, but not with a free one", () => {
    const extend = (id: number) => () => extendEncoding(edit, { name: "x", specialTokens: { "<|x|>": id } });
    expect(extend(50_255)).toThrow("which an ordinary token of p50k_edit has already");
    // A gap in the vocabulary.
    expect(extend(50_256)).not.toThrow();
    expect(extend(-1)).toThrow('the ID of "<|x|>" must be an integer from 0 to 2147483647, got -1');
  });
});

describe("limits and splitting", () => {
  const text = "The quick brown fox 👩‍👩‍👧‍👦 jumps über 日本語のテキスト.\n\n".repeat(300);

  it("counts up to a limit", () => {
    const count = o200k.count(text);
    expect(o200k.countUpTo(text, count)).toBe(count);
    expect(o200k.countUpTo(text, count - 1)).toBeUndefined();
    expect(o200k.countUpTo("", 0)).toBe(0);
    expect(() => o200k.encode(text, { maxTokens: 10 })).toThrow(`Input produces ${count} tokens`);
  });

  it("encodes to a limit, never inside a character", () => {
    const ids = o200k.encode(text);
    for (const limit of [0, 1, 5, 6, 7, 8, 9, 500]) {
      const head = o200k.encodeToLimit(text, limit);
      expect(head.length).toBeLessThanOrEqual(limit);
      expect([...head]).toEqual([...ids.subarray(0, head.length)]);
      expect(text.startsWith(o200k.decode(head, { errors: "strict" }))).toBe(true);
    }
  });

  it.each([
    [1, 0],
    [7, 0],
    [50, 10],
    [64, 63],
  ])("splits into chunks of %i tokens, %i overlapping", (maxTokens, overlap) => {
    const part = text.slice(0, 2000);
    const chunks = o200k.splitByTokens(part, { maxTokens, overlap });
    if (overlap === 0) expect(chunks.join("")).toBe(part);
    for (const chunk of chunks) {
      expect(part.includes(chunk)).toBe(true);
      if ([...chunk].length > 1) expect(o200k.count(chunk)).toBeLessThanOrEqual(maxTokens);
    }
    expect(part.endsWith(chunks.at(-1)!)).toBe(true);
    const { head, tail } = o200k.splitAtTokens(part, maxTokens);
    expect(head + tail).toBe(part);
  });

  it("rejects impossible limits", () => {
    expect(() => o200k.splitByTokens(text, { maxTokens: 0 })).toThrow(
      "maxTokens must be an integer of at least 1",
    );
    expect(() => o200k.splitByTokens(text, { maxTokens: 5, overlap: 5 })).toThrow(
      "overlap must be less than maxTokens",
    );
  });
});

describe("growing text", () => {
  it("counts as one call on the whole would, with rollback", () => {
    const random = seededRandom(5);
    for (const encoding of [cl100k, o200k, edit]) {
      const counter = encoding.createCounter();
      let text = "";
      for (let round = 0; round < 150; round++) {
        const mark = counter.mark();
        const part = adversarialText(random);
        counter.append(part);
        expect(counter.count).toBe(encoding.count(text + part));
        if (random() < 0.3) {
          counter.rollback(mark);
          expect(counter.count).toBe(encoding.count(text));
        } else text += part;
      }
    }
  });

  it("encodes a stream to the IDs of the whole", () => {
    const random = seededRandom(6);
    const text = Array.from({ length: 3000 }, () => adversarialText(random)).join("");
    for (const encoding of [cl100k, o200k, edit]) {
      const encoder = encoding.createEncoder({ disallowedSpecial: [] });
      const ids: number[] = [];
      for (let at = 0; at < text.length; at += 997) ids.push(...encoder.push(text.slice(at, at + 997)));
      ids.push(...encoder.end());
      // A surrogate pair that a cut separated is still one character.
      expect(ids).toEqual([...encoding.encodeOrdinary(text)]);
    }
  });
});

describe("unstable completions", () => {
  it.each(["hello fanta", "x ", "today\n  ", "get"])("%j", (text) => {
    const { stable, completions } = cl100k.encodeWithUnstable(text);
    const bytes = new TextEncoder().encode(text);
    expect(completions.length).toBeGreaterThan(0);
    for (const completion of completions.slice(0, 300)) {
      const joined = cl100k.decodeBytes([...stable, ...completion]);
      expect([...joined.subarray(0, bytes.length)]).toEqual([...bytes]);
    }
    const keys = completions.map((ids) => ids.join());
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("knows that fantastic may follow", () => {
    const { stable, completions } = getEncoding("gpt2").encodeWithUnstable("hello fanta");
    expect([...stable]).toEqual([31373]);
    expect(
      completions.some((ids) => ids.length === 1 && getEncoding("gpt2").decode(ids) === " fantastic"),
    ).toBe(true);
  });
});

describe("encodings of your own", () => {
  const ranks = parseTiktoken(serialiseTiktoken(getEncoding("r50k_base")));
  const pattern = knownPatterns.gpt2;

  it("reads what it writes", () => {
    const mine = createEncoding({
      name: "mine",
      pattern,
      ranks,
      specialTokens: { "<|end|>": 50_256 },
      explicitVocabSize: 50_257,
    });
    expect(mine).toBeInstanceOf(Encoding);
    expect([...mine.encode("hello world<|end|>", { allowedSpecial: "all" })]).toEqual([31373, 995, 50_256]);
    expect(serialiseTiktoken(mine)).toBe(serialiseTiktoken(getEncoding("r50k_base")));
  });

  it("accepts patterns that it does not know by heart", () => {
    const words = createEncoding({ name: "words", pattern: "\\w+|\\s", ranks });
    expect(words.split("ab, cd")).toEqual(["ab", " ", "cd"]);
    expect(words.decode(words.encode("ab, cd"))).toBe("ab cd");
  });

  it("refuses contradictions", () => {
    const byte = (id: number, ...bytes: number[]) => ({ bytes: Uint8Array.from(bytes), id });
    expect(() => createEncoding({ name: "x", pattern, ranks: [byte(0, 65), byte(1, 65)] })).toThrow(
      /same bytes \[65\]/,
    );
    expect(() => createEncoding({ name: "x", pattern, ranks: [byte(0, 65), byte(0, 66)] })).toThrow(
      /two tokens have the ID 0/,
    );
    expect(() => createEncoding({ name: "x", pattern, ranks: [byte(0)] })).toThrow(/0 bytes/);
    expect(() => createEncoding({ name: "x", pattern, ranks, specialTokens: { a: 5 } })).toThrow(
      /ordinary token of x/,
    );
    expect(() => createEncoding({ name: "x", pattern, ranks, explicitVocabSize: 7 })).toThrow(
      /explicitVocabSize says 7/,
    );
    expect(() => createEncoding({ name: "x", pattern, ranks: [byte(0, 65)] }).encode("B")).toThrow(
      /no token for byte 0x42/,
    );
    expect(() => parseTiktoken("aGk= 1\nxx")).toThrow(/Error parsing line 2/);
    expect(() => parseTiktoken("a!k= 1")).toThrow(/not base64/);
  });

  it("handles tokens that merging cannot reach", () => {
    // "abc" is no merge of two tokens, so it appears only as a whole piece.
    const tokens = [..."abc x"].map((c, id) => ({ bytes: new TextEncoder().encode(c), id }));
    tokens.push({ bytes: new TextEncoder().encode("abc"), id: 5 });
    const odd = createEncoding({ name: "odd", pattern, ranks: tokens });
    expect([...odd.encode("abc")]).toEqual([5]);
    expect([...odd.encode("abcx")]).toEqual([0, 1, 2, 4]);
  });

  it("agrees with the definition of byte-pair encoding on random vocabularies", () => {
    const random = seededRandom(9);
    for (let round = 0; round < 60; round++) {
      const sample = Array.from({ length: 300 }, () => "ab c"[Math.floor(random() ** 2 * 4)]).join("");
      const simple = SimpleBytePairEncoding.train(sample, 256 + 40, / ?\p{L}+|\s+/gu);
      const tokens = Array.from({ length: 296 }, (_, id) => id)
        .filter((id) => id < 256 || random() < 0.9)
        .flatMap((id) => {
          const bytes = simple.decodeBytes(
            [id].filter((known) => known < 256 || simple.encodePiece(simple.decodeBytes([known])).length > 0),
          );
          return bytes.length === 0 ? [] : [{ bytes, id }];
        });
      const unique = tokens.filter(
        ({ bytes }, i) => tokens.findIndex((other) => other.bytes.join() === bytes.join()) === i,
      );
      const oracle = new SimpleBytePairEncoding(
        unique.map(({ bytes, id }) => [bytes, id]),
        /[\s\S]+/gu,
      );
      const encoding = createEncoding({ name: "random", pattern, ranks: unique });
      for (let n = 0; n < 30; n++) {
        const piece = Array.from(
          { length: 1 + Math.floor(random() * 40) },
          () => "abc"[Math.floor(random() * 3)],
        ).join("");
        const bytes = new TextEncoder().encode(piece);
        const whole = unique.find((token) => token.bytes.join() === bytes.join());
        expect([...encoding.encodeSinglePiece(piece)]).toEqual(
          whole ? [whole.id] : oracle.encodePiece(bytes),
        );
      }
    }
  });
});

describe("one vocabulary under several names", () => {
  it("shares tables", () => {
    expect(getEncoding("o200k_harmony").base).toBe(o200k.base);
    expect(replaceSpecialTokens(o200k, { name: "bare", specialTokens: {} }).specialTokens.size).toBe(0);
    expect(getEncoding("o200k_base")).toBe(o200k);
  });
});

describe("metrics", () => {
  it("tells the hook what was done and survives one that throws", () => {
    const seen: TokenizerMetrics[] = [];
    setMetricsHook((metrics) => {
      seen.push(metrics);
      throw new Error("broken hook");
    });
    try {
      cl100k.encode("hello world");
      cl100k.count("hello");
      cl100k.decode([15339]);
    } finally {
      setMetricsHook(undefined);
    }
    cl100k.encode("unseen");
    expect(seen.map(({ operation, tokens, bytes }) => [operation, tokens, bytes])).toEqual([
      ["encode", 2, 11],
      ["count", 1, 5],
      ["decode", 1, 5],
    ]);
    expect(seen.every(({ encoding, milliseconds }) => encoding === "cl100k_base" && milliseconds >= 0)).toBe(
      true,
    );
  });
});
