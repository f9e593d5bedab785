import { BPETokenizer, Detokenizer, detokenize, encodeByteLevelChars, makeMap } from "@tokenwire/core/codec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodingMap } from "./maps.ts";
import { texts } from "./texts.ts";

/** A byte-level map whose IDs 0 … 255 are the bytes; 256 and 257 are special. */
const bytes = makeMap({
  id: "test/bytes",
  version: "2",
  vocab_size: 258,
  vocab: Object.fromEntries(Array.from({ length: 256 }, (_, byte) => [keyOfByte(byte), byte])),
  encoder: "byte_level",
  special_tokens: { "<é>": 256, "<end>": 257 },
});

function keyOfByte(byte: number): string {
  const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  if (printable) return String.fromCharCode(byte);
  const others = Array.from({ length: 256 }, (_, value) => value).filter(
    (value) => !((value >= 0x21 && value <= 0x7e) || (value >= 0xa1 && value <= 0xac) || value >= 0xae),
  );
  return String.fromCharCode(0x100 + others.indexOf(byte));
}

function llama(ext = {}): ReturnType<typeof makeMap> {
  const vocab: Record<string, number> = { "<unk>": 0, "<s>": 1, "</s>": 2 };
  for (let byte = 0; byte < 256; byte++)
    vocab[`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`] = 3 + byte;
  Object.assign(vocab, { "▁Hello": 259, "▁World": 260, "▁": 261, a: 262, "▁▁": 263 });
  return makeMap({
    id: "meta-llama/llama-2",
    version: "2",
    vocab_size: 264,
    vocab,
    encoder: "metaspace",
    byte_fallback_start: 3,
    byte_fallback_end: 258,
    special_tokens: { "<s>": 1, "</s>": 2 },
    ...(Object.keys(ext).length > 0 ? { ext } : {}),
  });
}

function inPieces(detokenizer: Detokenizer, ids: readonly number[], sizes: readonly number[]): string {
  let text = "";
  let at = 0;
  for (const size of sizes) {
    text += detokenizer.render(ids.slice(at, at + size), { partial: true });
    at += size;
  }
  return text + detokenizer.render(ids.slice(at));
}

describe("Detokenizer", () => {
  it("decodes bytes as TextDecoder does, however they are cut", () => {
    const byte = fc.oneof(
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom(0xe2, 0xf0, 0x9f, 0xed, 0xa0, 0x80, 0xef, 0xbb, 0xbf, 0xc0),
    );
    fc.assert(
      fc.property(
        fc.array(byte, { maxLength: 40 }),
        fc.array(fc.integer({ min: 0, max: 5 })),
        (ids, sizes) => {
          const expected = new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(ids));
          expect(inPieces(new Detokenizer(bytes), ids, sizes)).toBe(expected);
        },
      ),
      { numRuns: 2000, seed: 1 },
    );
  });

  it.each([
    [[0xe2, 0x41, 0x42, 0x43], "\ufffdABC"],
    [[0xf0, 0x9f, ...Buffer.from("hello world")], "\ufffdhello world"],
    [[0xed, 0xa0, 0x80], "\ufffd\ufffd\ufffd"],
    [[0xef, 0xbb, 0xbf, 0x41], "\ufeffA"],
  ])("%j", (ids, text) => {
    expect(detokenize(bytes, ids)).toBe(text);
    expect(
      inPieces(
        new Detokenizer(bytes),
        ids,
        ids.map(() => 1),
      ),
    ).toBe(text);
  });

  it("leaves special tokens out, and flushes at them", () => {
    expect(detokenize(bytes, [0xe2, 257, 0x41])).toBe("\ufffdA");
    expect(detokenize(bytes, [0x41, 256, 257], { renderSpecial: true })).toBe("A<é><end>");
    const detokenizer = new Detokenizer(bytes);
    expect(detokenizer.render([257])).toBe("");
    expect(detokenizer.render([257], { renderSpecial: true })).toBe("<end>");
  });

  it("replaces, skips or refuses unknown ids", () => {
    expect(detokenize(bytes, [65, 9999, 66])).toBe("A\ufffdB");
    expect(detokenize(bytes, [65, 9999, 66], { onUnknown: "skip" })).toBe("AB");
    expect(() => detokenize(bytes, [9999], { onUnknown: "error" })).toThrow(/no token 9999/);
  });

  it("drops the one space that metaspace puts in front", () => {
    const map = llama();
    expect(detokenize(map, [259, 260])).toBe("Hello World");
    expect(detokenize(map, [1, 259, 260, 2])).toBe("Hello World");
    expect(detokenize(map, [263, 262])).toBe(" a");
    expect(detokenize(map, [262, 259])).toBe("a Hello");
    expect(detokenize(map, [259], { stripLeft: false })).toBe(" Hello");
    expect(detokenize({ ...map, id: "google/gemma" }, [259])).toBe(" Hello");
    const detokenizer = new Detokenizer(map);
    expect([259, 260].map((id) => detokenizer.render([id], { partial: true }))).toEqual(["Hello", " World"]);
    detokenizer.reset();
    expect(detokenizer.render([259])).toBe("Hello");
  });

  it("drops spaces at the end where the map says so", () => {
    const map = llama({ decoder: { strip_left: 0, strip_right: 1 } });
    const detokenizer = new Detokenizer(map);
    expect(detokenizer.render([259, 261], { partial: true })).toBe(" Hello");
    expect(detokenizer.render([262, 263], { partial: true })).toBe(" a ");
    expect(detokenizer.render([])).toBe("");
  });

  it("joins byte-fallback tokens to characters", () => {
    const euro = [0xe2, 0x82, 0xac].map((byte) => byte + 3);
    expect(detokenize(llama(), [262, ...euro, 262])).toBe("a€a");
    expect(detokenize(llama(), [262, ...euro.slice(0, 2), 262])).toBe("a\ufffda");
    const perByte = llama({ decoder: { byte_fallback_errors: "per_byte" } });
    expect(detokenize(perByte, [262, ...euro, 262])).toBe("a€a");
    expect(detokenize(perByte, [262, ...euro.slice(0, 2), 262])).toBe("a\ufffd\ufffda");
  });

  it("reads the legacy form, and names that are not in the byte alphabet", () => {
    const legacy = makeMap({
      id: "a/b",
      version: "1",
      vocab_size: 3,
      tokens: { "0": "Hello", "2": " wörld" },
    });
    expect(detokenize(legacy, [0, 2, 1])).toBe("Hello wörld\ufffd");
    const named = makeMap({ ...bytes, vocab: { ...bytes.vocab, "<｜tool▁calls▁begin｜>": 300 } });
    expect(detokenize(named, [300])).toBe("<｜tool▁calls▁begin｜>");
  });

  it("treats __proto__ as a token", () => {
    const map = makeMap(
      JSON.parse('{"id":"a/b","version":"2","vocab_size":2,"vocab":{"__proto__":0,"constructor":1}}'),
    );
    expect(detokenize(map, [0, 1])).toBe("__proto__constructor");
  });

  it.each(["cl100k_base", "o200k_base", "p50k_base", "r50k_base"] as const)(
    "round-trips %s in pieces",
    (name) => {
      const map = encodingMap(name);
      const tokenizer = new BPETokenizer(map);
      for (const text of texts) {
        const ids = tokenizer.encode(text);
        expect(
          inPieces(
            new Detokenizer(map),
            ids,
            ids.map(() => 1),
          ),
        ).toBe(text);
      }
    },
  );

  it("writes text in the byte alphabet", () => {
    expect(encodeByteLevelChars(" é")).toBe("ĠÃ©");
  });
});
