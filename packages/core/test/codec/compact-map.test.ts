import { brotliCompressSync } from "node:zlib";
import {
  CodecError,
  decodeCompactMap,
  encodeCompactMap,
  makeMap,
  parseMap,
  serializeMap,
  TokenizerMapValidationError,
  tokenize,
} from "@tokenwire/core/codec";
import { describe, expect, it } from "vitest";
import { encodingMap, randomMetaspaceMap } from "./maps.ts";
import { random } from "./random.ts";

describe("compact maps", () => {
  it("hold a whole encoding in a fifth of the JSON", () => {
    const map = encodingMap("r50k_base");
    const compact = encodeCompactMap(map);
    expect(decodeCompactMap(compact)).toEqual(map);
    expect(compact.length).toBeLessThan(serializeMap(map).length / 4);
    expect(brotliCompressSync(compact).length).toBeLessThan(250_000);
    expect(parseMap(compact)).toEqual(parseMap(serializeMap(map)));
  });

  it("list merges that no ranks imply, and keep every other field", () => {
    const map = randomMetaspaceMap(random(1), "first");
    expect(decodeCompactMap(encodeCompactMap(map))).toEqual(map);
    const odd = makeMap({
      id: "a/b",
      version: "2",
      vocab_size: 9,
      vocab: { a: 3, b: 1, ab: 8, "<é>": 5, also: 5, 日: 6 },
      encoder: "byte_level",
      merges: ["a b"],
      special_tokens: { "<é>": 5 },
      pre_tokenizer_pattern: "[ab]+",
      ext: { unk_id: 1 },
    });
    const read = decodeCompactMap(encodeCompactMap(odd));
    expect(read).toEqual(odd);
    expect(tokenize(read, "ab", { allowUntrustedPattern: true })).toEqual([8]);
    expect(() => encodeCompactMap(makeMap({ ...odd, merges: ["q r"] }))).toThrow(/not in vocab/);
  });

  it("are refused when damaged", () => {
    const bytes = encodeCompactMap(randomMetaspaceMap(random(2), "never"));
    for (let end = 0; end < bytes.length; end += 7) {
      expect(() => decodeCompactMap(bytes.subarray(0, end))).toThrow(TokenizerMapValidationError);
    }
    const next = random(3);
    for (let round = 0; round < Number(process.env["TOKENWIRE_FUZZ"] ?? 1000); round++) {
      const damaged = bytes.slice();
      damaged[next(damaged.length)] = next(256);
      try {
        decodeCompactMap(damaged);
      } catch (error) {
        if (!(error instanceof CodecError)) throw error;
      }
    }
    const json = Buffer.from(serializeMap(randomMetaspaceMap(random(4), "never")));
    for (let round = 0; round < Number(process.env["TOKENWIRE_FUZZ"] ?? 1000) / 10; round++) {
      const damaged = Buffer.from(json);
      damaged[next(damaged.length)] = next(256);
      try {
        tokenize(parseMap(damaged), "aé 日");
      } catch (error) {
        if (!(error instanceof CodecError)) throw error;
      }
    }
  });
});
