// The built worker is used: `npm test` builds before it runs.

import { spawnSync } from "node:child_process";
import { isTokenwireError } from "@tokenwire/core";
import { getEncoding } from "@tokenwire/encodings";
import { expect, it } from "vitest";
import { encodeBatchInWorkers } from "../../src/tokenizer/index.ts";

const encoding = getEncoding("cl100k_base");

/** Texts of very different lengths, some empty, with specials and a lone surrogate among them. */
const texts = Array.from({ length: 400 }, (_, i) =>
  i % 7 === 0 ? "" : `${i} naïve 日本語 \ud800 <|endoftext|> `.repeat((i * 37) % 61),
);

/** Worker threads that live now. */
function threads(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "MessagePort" || name === "Worker")
    .length;
}

async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

const inThreads = { threshold: 0, workers: 2 };

it("gives what encodeBatch gives, in the same order", async () => {
  for (const options of [
    { disallowedSpecial: [] },
    { allowedSpecial: new Set(["<|endoftext|>"]) },
    { allowedSpecial: "all" as const },
  ]) {
    const expected = encoding.encodeBatch(texts, options);
    expect(await encodeBatchInWorkers("cl100k_base", texts, { ...options, ...inThreads })).toEqual(expected);
    expect(await encodeBatchInWorkers("cl100k_base", texts, options)).toEqual(expected);
  }
});

it("takes empty batches and single texts", async () => {
  expect(await encodeBatchInWorkers("gpt2", [], inThreads)).toEqual([]);
  const one = await encodeBatchInWorkers("gpt2", ["one"], inThreads);
  expect(one).toEqual([getEncoding("gpt2").encode("one")]);
});

it("raises the error of the first text that encodeBatch stops at", async () => {
  const bad = [...texts.map(() => "x ".repeat(400)), "a <|endofprompt|>", "<|endoftext|>"];
  const expected = (() => {
    try {
      return encoding.encodeBatch(bad);
    } catch (error) {
      return error;
    }
  })();
  const error = await errorOf(encodeBatchInWorkers("cl100k_base", bad, inThreads));
  expect(error).toStrictEqual(expected);
  expect(error).toMatchObject({ code: "SPECIAL_TOKEN_IN_TEXT", name: "SpecialTokenError" });
  const limited = await errorOf(
    encodeBatchInWorkers("cl100k_base", ["a", "b c d"], { ...inThreads, maxTokens: 2 }),
  );
  expect(limited).toMatchObject({ code: "TOKEN_LIMIT_EXCEEDED", name: "TokenLimitError" });
});

it("rejects what cannot be encoded at all", async () => {
  const wrong = [undefined] as unknown as string[];
  expect(await errorOf(encodeBatchInWorkers("cl100k_base", wrong, inThreads))).toSatisfy(isTokenwireError);
  const unknown = await errorOf(encodeBatchInWorkers("cl100k", texts, inThreads));
  expect(unknown).toMatchObject({ code: "UNKNOWN_ENCODING" });
  for (const workers of [-1, 1.5, Number.NaN]) {
    const error = await errorOf(encodeBatchInWorkers("cl100k_base", texts, { workers }));
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT" });
  }
});

it("stops when the signal aborts, before and in the middle, and leaves no thread", async () => {
  const before = threads();
  const reason = new Error("enough");
  const early = encodeBatchInWorkers("cl100k_base", texts, {
    ...inThreads,
    signal: AbortSignal.abort(reason),
  });
  expect(await errorOf(early)).toBe(reason);
  const abort = new AbortController();
  const long = Array.from({ length: 16 }, (_, i) => `${i} abcdefgh `.repeat(100_000));
  const late = encodeBatchInWorkers("cl100k_base", long, { ...inThreads, signal: abort.signal });
  setImmediate(() => abort.abort(reason));
  expect(await errorOf(late)).toBe(reason);
  // A thread that was stopped at work is gone a moment later.
  await expect.poll(threads).toBe(before);
});

it("gives others their turn while it encodes a batch without threads", async () => {
  let turns = 0;
  const count = (): void => {
    turns++;
    if (turns < 100) setImmediate(count);
  };
  setImmediate(count);
  const reason = new Error("enough");
  const long = Array.from({ length: 8 }, (_, i) => `${i} word `.repeat(100_000));
  const lengths = (batch: readonly Uint32Array[]): number[] => batch.map((ids) => ids.length);
  expect(lengths(await encodeBatchInWorkers("cl100k_base", long))).toEqual(
    lengths(encoding.encodeBatch(long)),
  );
  expect(turns).toBeGreaterThanOrEqual(8);
  const abort = new AbortController();
  const aborted = encodeBatchInWorkers("cl100k_base", long, { signal: abort.signal });
  abort.abort(reason);
  expect(await errorOf(aborted)).toBe(reason);
});

it("lets a process end whose threads wait for more", () => {
  const built = new URL("../../dist/tokenizer/index.js", import.meta.url).href;
  const program = `
    import { encodeBatchInWorkers } from ${JSON.stringify(built)};
    const encoded = await encodeBatchInWorkers("gpt2", ["a b", "c"], { threshold: 0, workers: 2 });
    console.log(encoded.map((ids) => ids.length).join());`;
  const args = ["--input-type=module", "--eval", program];
  // Threads wait ten seconds.
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 9_000 });
  expect([status, stdout]).toEqual([0, "2,1\n"]);
});
