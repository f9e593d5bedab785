import { describe, expect, it } from "vitest";
import { KeyValueCache } from "../../../src/engines/embedded/key-value-cache.ts";
import { PrefixCache } from "../../../src/engines/embedded/prefix-cache.ts";

const rows = (first: number) => Array.from({ length: 10 }, (_, at) => first * 100 + at);

function filled(cache: PrefixCache, ...firsts: number[]): PrefixCache {
  for (const first of firsts) {
    const values = new KeyValueCache(1, 1);
    values.length = 10;
    cache.put(rows(first), undefined, values);
  }
  return cache;
}

const kept = (cache: PrefixCache, firsts: number[]) =>
  firsts.filter((first) => cache.take([...rows(first), 1], undefined) !== undefined);

describe("PrefixCache", () => {
  it("keeps as many sequences as it may, and as many tokens, the newest in any case", () => {
    expect(kept(filled(new PrefixCache(2, 1000), 1, 2, 3), [1, 2, 3])).toEqual([2, 3]);
    expect(kept(filled(new PrefixCache(9, 25), 1, 2, 3), [1, 2, 3])).toEqual([2, 3]);
    expect(kept(filled(new PrefixCache(9, 5), 1, 2), [1, 2])).toEqual([2]);
    expect(kept(filled(new PrefixCache(0, 100), 1), [1])).toEqual([]);
  });
});
