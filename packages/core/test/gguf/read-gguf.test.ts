import { isTokenwireError } from "@tokenwire/core";
import { type GgufFile, readGguf } from "@tokenwire/core/gguf";
import { describe, expect, it } from "vitest";
import { GgufBytes } from "./gguf-bytes.ts";

function sample(): GgufBytes {
  return new GgufBytes()
    .header({ tensors: 1, pairs: 9 })
    .key("general.name", 8)
    .string("tiny ✓")
    .key("general.alignment", 4)
    .u32(64)
    .key("a.bool", 7)
    .u8(1)
    .key("a.float", 6)
    .f32(0.5)
    .key("a.negative", 5)
    .i32(-7)
    .key("a.big", 10)
    .u64(2n ** 63n)
    .key("a.small", 11)
    .u64(42n)
    .key("a.list", 9)
    .array(8, 3)
    .string("")
    .string("a")
    .string("a longer string, over two dozen bytes")
    .key("a.nested", 9)
    .array(9, 1)
    .array(0, 2)
    .u8(1)
    .u8(2)
    .tensor("weight", [32n, 2n], 8, 64n)
    .align(64)
    .skip(64 + 68);
}

function codeOf(read: () => GgufFile | undefined): string {
  try {
    read();
  } catch (error) {
    if (isTokenwireError(error)) return error.code;
    throw error;
  }
  return "none";
}

describe("readGguf", () => {
  it("reads every value type and places tensors", () => {
    const file = readGguf(sample().toBytes());
    expect(Object.fromEntries(file?.metadata ?? [])).toEqual({
      "general.name": "tiny ✓",
      "general.alignment": 64,
      "a.bool": true,
      "a.float": 0.5,
      "a.negative": -7,
      "a.big": 2n ** 63n,
      "a.small": 42,
      "a.list": ["", "a", "a longer string, over two dozen bytes"],
      "a.nested": [[1, 2]],
    });
    expect(file?.tensors).toMatchObject([
      { name: "weight", dimensions: [32, 2], byteLength: 68, offset: (file?.dataOffset ?? 0) + 64 },
    ]);
    expect((file?.dataOffset ?? 1) % 64).toBe(0);
  });

  it("asks for more bytes at every prefix of a larger file, and rejects the prefix as a whole file", () => {
    const bytes = sample().toBytes();
    const end = readGguf(bytes)?.dataOffset ?? 0;
    for (let length = 0; length < bytes.length; length++) {
      const prefix = bytes.subarray(0, length);
      const partial = readGguf(prefix, { fileSize: bytes.length });
      if (length >= end) expect(partial).toBeDefined();
      expect(codeOf(() => readGguf(prefix))).toBe("INVALID_GGUF");
    }
    expect(readGguf(bytes.subarray(0, 100), { fileSize: bytes.length })).toBeUndefined();
  });

  it.each<[string, GgufBytes]>([
    ["wrong magic", new GgufBytes().u32(1).u32(3).u64(0n).u64(0n)],
    ["version 1", new GgufBytes().u32(0x46554747).u32(1).u64(0n).u64(0n)],
    ["too many pairs", new GgufBytes().header({ tensors: 0, pairs: 100_001 })],
    ["too many tensors", new GgufBytes().header({ tensors: 100_001, pairs: 0 })],
    ["a string longer than the file", new GgufBytes().header({ tensors: 0, pairs: 1 }).u64(999n).skip(40)],
    [
      "a count of 2^64-1",
      new GgufBytes()
        .u32(0x46554747)
        .u32(3)
        .u64(2n ** 64n - 1n)
        .u64(0n),
    ],
    [
      "an array longer than the file",
      new GgufBytes().header({ tensors: 0, pairs: 1 }).key("x", 9).array(4, 5_000_000),
    ],
    ["an unknown value type", new GgufBytes().header({ tensors: 0, pairs: 1 }).key("x", 13).skip(9)],
    ["an unknown element type", new GgufBytes().header({ tensors: 0, pairs: 1 }).key("x", 9).array(77, 0)],
    [
      "arrays nested too deep",
      new GgufBytes()
        .header({ tensors: 0, pairs: 1 })
        .key("x", 9)
        .array(9, 1)
        .array(9, 1)
        .array(9, 1)
        .array(9, 1),
    ],
    ["a key twice", new GgufBytes().header({ tensors: 0, pairs: 2 }).key("x", 0).u8(1).key("x", 0).u8(1)],
    ["alignment 0", new GgufBytes().header({ tensors: 0, pairs: 1 }).key("general.alignment", 4).u32(0)],
    [
      "data outside",
      new GgufBytes().header({ tensors: 1, pairs: 0 }).tensor("w", [4n], 0, 4096n).align(32).skip(16),
    ],
    [
      "overflowing size",
      new GgufBytes().header({ tensors: 1, pairs: 0 }).tensor("w", [2n ** 40n, 2n ** 40n], 0, 0n),
    ],
    [
      "an unknown tensor type",
      new GgufBytes().header({ tensors: 1, pairs: 0 }).tensor("w", [32n], 250, 0n).skip(64),
    ],
    [
      "a ragged row",
      new GgufBytes().header({ tensors: 1, pairs: 0 }).tensor("w", [33n], 8, 0n).align(32).skip(64),
    ],
    [
      "a tensor twice",
      new GgufBytes().header({ tensors: 2, pairs: 0 }).tensor("w", [1n], 0, 0n).tensor("w", [1n], 0, 0n),
    ],
    [
      "nine dimensions",
      new GgufBytes().header({ tensors: 1, pairs: 0 }).tensor("w", Array(9).fill(1n), 0, 0n),
    ],
  ])("rejects %s", (_name, bytes) => {
    expect(codeOf(() => readGguf(bytes.toBytes()))).toBe("INVALID_GGUF");
  });

  it("never reads out of bounds, whatever byte is damaged", () => {
    const bytes = sample().toBytes();
    for (let at = 0; at < bytes.length; at++) {
      for (const value of [0, 0x7f, 0xff]) {
        const damaged = bytes.slice();
        damaged[at] = value;
        expect(["none", "INVALID_GGUF"]).toContain(codeOf(() => readGguf(damaged)));
      }
    }
  });
});
