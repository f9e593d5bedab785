// Encoding in turns gives the ids of encoding at once, and lets others have their turns meanwhile.

import { isTokenwireError } from "@tokenwire/core";
import { Encoding, extendEncoding } from "@tokenwire/core/tokenizer";
import { getEncoding } from "@tokenwire/encodings";
import { afterEach, describe, expect, it, vi } from "vitest";
import { encodeInTurns } from "../../src/tokenizer/index.ts";

const encoding = getEncoding("o200k_base");
const prose =
  "It was the best of times, it was 1,234 times; naïve 日本語 \ud800 🌿  <|endoftext|>\n\n\tfoo_bar();\n";

afterEach(() => vi.restoreAllMocks());

/** Comparing typed arrays item by item takes seconds. */
function expectSame(ids: Uint32Array, expected: Uint32Array): void {
  expect(ids.length).toBe(expected.length);
  expect(Buffer.from(ids.buffer).equals(Buffer.from(expected.slice().buffer))).toBe(true);
}

/** Turns of the event loop that pass while a promise is pending. */
async function turnsDuring<T>(work: Promise<T>): Promise<{ value: T; turns: number }> {
  let turns = 0;
  let running = true;
  const count = (): void => {
    turns++;
    if (running) setImmediate(count);
  };
  setImmediate(count);
  try {
    return { value: await work, turns };
  } finally {
    running = false;
  }
}

describe("encoding in turns", () => {
  it.each([
    { disallowedSpecial: [] },
    { allowedSpecial: "all" as const },
    { allowedSpecial: new Set(["<|endoftext|>"]) },
  ])("gives the ids of encoding at once with %j", async (options) => {
    for (const text of [
      "",
      "a",
      prose.repeat(60),
      " ".repeat(20_000),
      prose.repeat(40) + "x".repeat(9_000),
    ]) {
      const expected = encoding.encode(text, options);
      for (const sliceUnits of [997, 4_096, 1 << 15]) {
        expectSame(await encodeInTurns(encoding, text, { ...options, sliceUnits }), expected);
      }
    }
  });

  it("never encodes much more than a slice in a turn", async () => {
    const encode = vi.spyOn(Encoding.prototype, "encode");
    const text = prose.repeat(4_000);
    const { value, turns } = await turnsDuring(encodeInTurns(encoding, text, { disallowedSpecial: [] }));
    expect(turns).toBeGreaterThanOrEqual(Math.floor(text.length / (1 << 15)));
    expect(Math.max(...encode.mock.calls.map(([part]) => part.length))).toBeLessThan(2 << 15);
    vi.restoreAllMocks();
    expectSame(value, encoding.encode(text, { disallowedSpecial: [] }));
  });

  it("hands a text without a place to cut to a worker", async () => {
    const text = "0123456789abcdef".repeat(20_000);
    const expected = encoding.encode(text);
    const encode = vi.spyOn(Encoding.prototype, "encode");
    const { value, turns } = await turnsDuring(encodeInTurns(encoding, text));
    expect(encode).not.toHaveBeenCalled();
    expect(turns).toBeGreaterThan(8);
    expectSame(value, expected);
  });

  it("encodes such a text at once where a worker could not load the tokenizer", async () => {
    const own = extendEncoding(encoding, {
      name: "o200k_base",
      specialTokens: new Map([["<|own|>", 300_000]]),
    });
    const text = `${"a1".repeat(150_000)}<|own|>`;
    const ids = await encodeInTurns(own, text, { allowedSpecial: "all" });
    expectSame(ids, own.encode(text, { allowedSpecial: "all" }));
    expect(ids.at(-1)).toBe(300_000);
  });

  it("stops when its signal aborts, and raises what encoding raises", async () => {
    const abort = new AbortController();
    const work = encodeInTurns(encoding, prose.repeat(4_000), {
      disallowedSpecial: [],
      signal: abort.signal,
    });
    setImmediate(() => abort.abort(new Error("enough")));
    await expect(work).rejects.toThrow("enough");
    const refused = await encodeInTurns(encoding, prose.repeat(1_000)).catch((error: unknown) => error);
    expect(isTokenwireError(refused) && refused.code).toBe("SPECIAL_TOKEN_IN_TEXT");
  });
});
