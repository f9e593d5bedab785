import { createHash } from "node:crypto";
import {
  decodeBase64,
  decodeUtf8,
  decodeUtf8Strict,
  encodeBase64,
  encodeUtf8,
  Sha256,
  sha256Hex,
  Utf8Decoder,
  validUtf8Length,
} from "@tokenwire/core/bytes";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

/** Bytes that are dense in UTF-8 edge cases: lead bytes, continuation bytes, overlong forms, surrogates. */
const spicyByte = fc.oneof(
  fc.constantFrom(
    0x00,
    0x41,
    0x7f,
    0x80,
    0x9f,
    0xa0,
    0xbf,
    0xc0,
    0xc2,
    0xdf,
    0xe0,
    0xed,
    0xef,
    0xf0,
    0xf4,
    0xf5,
  ),
  fc.integer({ min: 0, max: 255 }),
);
const spicyBytes = fc.array(spicyByte, { maxLength: 40 }).map((bytes) => Uint8Array.from(bytes));

describe("utf8", () => {
  it("keeps a byte order mark and replaces lone surrogates", () => {
    expect(decodeUtf8(encodeUtf8("\ufeffa"))).toBe("\ufeffa");
    expect([...encodeUtf8("\ud83d")]).toEqual([0xef, 0xbf, 0xbd]);
  });

  it("decodes as the host's TextDecoder does, short and long", () => {
    const host = new TextDecoder("utf-8", { ignoreBOM: true });
    fc.assert(
      fc.property(spicyBytes, fc.nat(3), (bytes, repeats) => {
        const long = Uint8Array.from(
          { length: bytes.length * (1 + 10 * repeats) },
          (_, i) => bytes[i % bytes.length]!,
        );
        expect(decodeUtf8(long)).toBe(host.decode(long));
      }),
      { numRuns: 5000, seed: 4 },
    );
  });

  it("decodes incrementally as it decodes whole, at every cut", () => {
    fc.assert(
      fc.property(spicyBytes, fc.array(fc.nat(40)), (bytes, cuts) => {
        const decoder = new Utf8Decoder();
        let text = "";
        let from = 0;
        for (const cut of [...cuts.sort((a, b) => a - b), bytes.length]) {
          text += decoder.push(bytes.subarray(from, Math.min(cut, bytes.length)));
          from = Math.min(cut, bytes.length);
        }
        expect(text + decoder.end()).toBe(decodeUtf8(bytes));
        expect(decoder.pendingLength).toBe(0);
      }),
      { numRuns: 3000, seed: 1 },
    );
  });

  it("emits a character with the byte that completes it and no later", () => {
    const decoder = new Utf8Decoder();
    const parts = [...encodeUtf8("é👍")].map((byte) => decoder.push(Uint8Array.of(byte)));
    expect(parts).toEqual(["", "é", "", "", "", "👍"]);
  });

  it("finds the valid prefix that a strict decoder accepts", () => {
    fc.assert(
      fc.property(spicyBytes, (bytes) => {
        const length = validUtf8Length(bytes);
        expect(() => decodeUtf8Strict(bytes.subarray(0, length))).not.toThrow();
        if (length < bytes.length) {
          expect(() => decodeUtf8Strict(bytes)).toThrow(`Invalid UTF-8 at byte ${length} of ${bytes.length}`);
        }
      }),
      { numRuns: 3000, seed: 2 },
    );
  });
});

describe("base64", () => {
  it("agrees with Node in both directions, small and large", () => {
    for (const size of [0, 1, 2, 3, 4, 5, 255, 3071, 3072, 3073, 10_000]) {
      const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 7919) & 255);
      const text = Buffer.from(bytes).toString("base64");
      expect(encodeBase64(bytes)).toBe(text);
      expect([...decodeBase64(text)]).toEqual([...bytes]);
      expect([...decodeBase64(text.replace(/=+$/, ""))]).toEqual([...bytes]);
    }
  });

  it.each([
    "a",
    "ab!d",
    "ab=d",
    "abcde",
    "YQ== ",
    "YQ-_",
    `${"AAAA".repeat(2000)}A-A_`,
    `${"AAAA".repeat(2000)}A A=`,
  ])("rejects %j with the offset", (text) => {
    expect(() => decodeBase64(text)).toThrow(/Invalid base64 at offset \d+/);
  });
});

describe("sha256", () => {
  it("agrees with Node for every length around the block borders", () => {
    for (let size = 0; size < 200; size++) {
      const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 31 + size) & 255);
      expect(sha256Hex(bytes)).toBe(createHash("sha256").update(bytes).digest("hex"));
    }
  });

  it("does not depend on how the data was cut", () => {
    const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i & 255);
    const whole = sha256Hex(bytes);
    for (const step of [1, 63, 64, 65, 999]) {
      const hash = new Sha256();
      for (let i = 0; i < bytes.length; i += step) hash.push(bytes.subarray(i, i + step));
      expect(Buffer.from(hash.end()).toString("hex")).toBe(whole);
    }
  });
});
