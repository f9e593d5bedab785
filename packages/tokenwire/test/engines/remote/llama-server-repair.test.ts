// llama-server keeps ids to itself while a character is incomplete. They are found again from the text's bytes, or by
// asking again where the answer is bound to be the same, or the answer ends with an error: they are never guessed.

import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { createEngine, type GenerateEvent, type Sampling } from "../../../src/engines/index.ts";
import { PartialTokens } from "../../../src/engines/remote/partial-tokens.ts";
import { type Fake, startFake } from "./fakes.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((entry) => entry.close()));
});

/** A vocabulary: 256 bytes, then parts of characters that make some texts ambiguous, then the end. */
const extra = ["f09f", "9f98", "c3a9", "61c3"].map((hex) => [...Buffer.from(hex, "hex")]);
const end = 256 + extra.length;
const vocabulary = [...Array.from({ length: 256 }, (_, byte) => [byte]), ...extra, []];
const tokenizer = {
  decodeBytes: (ids: ArrayLike<number>) =>
    Uint8Array.from(Array.from(ids).flatMap((id) => vocabulary[id] ?? [])),
};
const idOf = (hex: string) => vocabulary.findIndex((bytes) => Buffer.from(bytes).toString("hex") === hex);
const bytesOf = (text: string) => [...Buffer.from(text)];

interface Answer {
  readonly ids: number[];
  readonly fidelity: (string | undefined)[];
  readonly finish: Extract<GenerateEvent, { type: "finish" }>;
  readonly fake: Fake;
}

async function answer(
  ids: readonly number[],
  sampling: Partial<Sampling> = {},
  options: { readonly tokenizer?: typeof tokenizer } = { tokenizer },
): Promise<Answer> {
  const fake = await startFake("llama-server", { script: { ids, bytes: ids.map((id) => vocabulary[id]!) } });
  const engine = createEngine({ kind: "llama-server", url: fake.url, ...options });
  open.push(engine, fake);
  const events: GenerateEvent[] = [];
  const request = {
    requestId: "r",
    prompt: { tokenIds: Uint32Array.of(1, 2, 3) },
    sampling: { maxTokens: 200, ...sampling },
    stop: { tokenIds: [end] },
  };
  for await (const event of engine.generate(request)) events.push(event);
  const deltas = events.flatMap((event) => (event.type === "delta" ? [event] : []));
  const finish = events.find((event) => event.type === "finish")!;
  return {
    ids: deltas.flatMap(({ tokenIds }) => tokenIds),
    fidelity: deltas.map(({ fidelity }) => fidelity),
    finish,
    fake,
  };
}

describe("ids inside a character", () => {
  it("are found again: two letters and an emoji of single bytes", async () => {
    const ids = [...bytesOf("éé"), idOf("f09f"), 0x98, 0x80, end];
    const { ids: found, finish, fidelity } = await answer([...bytesOf("éé"), 0xf0, 0x9f, 0x80, 0x80, end]);
    expect(found).toEqual([...bytesOf("éé"), 0xf0, 0x9f, 0x80, 0x80, end]);
    expect(fidelity).toContain("repaired");
    expect(finish).toMatchObject({ reason: "stop", matched: end, usage: { completionTokens: 9 } });
    expect((await answer(ids)).finish.reason).toBe("error");
  });

  it("are found again where a token holds a letter and the beginning of the next", async () => {
    const ids = [idOf("61c3"), 0xa9, 0x62, end];
    expect((await answer(ids)).ids).toEqual(ids);
  });

  it("are never guessed: where two spellings fit, the answer ends with an error", async () => {
    const { ids, finish } = await answer([0x61, idOf("f09f"), 0x98, 0x80, end]);
    expect(ids).toEqual([0x61]);
    expect(finish).toMatchObject({
      reason: "error",
      error: { message: expect.stringContaining("2 token IDs") },
    });
  });

  it("are asked for again where the answer is greedy, and only there", async () => {
    const ids = [0x61, idOf("f09f"), 0x98, 0x80, 0x62, end];
    const greedy = await answer(ids, { temperature: 0 });
    expect([greedy.ids, greedy.finish.reason]).toEqual([ids, "stop"]);
    expect(greedy.fake.requests.at(-1)).toMatchObject({
      prompt: [1, 2, 3, 0x61],
      n_predict: 3,
      stream: false,
    });
    const none = await answer(ids, { temperature: 0 }, {});
    expect(none.ids).toEqual(ids);
    expect((await answer(ids, {}, {})).finish.reason).toBe("error");
  });

  it("are lost at the length limit, which is told, unless the answer is greedy", async () => {
    const ids = bytesOf("é😀é");
    const cut = await answer(ids, { maxTokens: 4 });
    expect(cut.ids).toEqual(ids.slice(0, 2));
    expect(cut.finish).toMatchObject({
      reason: "length",
      usage: { completionTokens: 4 },
      opaque: { lost_tokens: 2 },
    });
    const greedy = await answer(ids, { maxTokens: 4, temperature: 0 });
    expect(greedy.ids).toEqual(ids.slice(0, 4));
    expect(greedy.finish).toMatchObject({ reason: "length", usage: { completionTokens: 4 } });
    expect(greedy.finish).not.toHaveProperty("opaque");
  });
});

describe("PartialTokens", () => {
  it("finds the ids of any text that is written byte by byte, or says that it cannot", () => {
    const bytesOnly = new PartialTokens({ decodeBytes: (ids) => Uint8Array.from(ids) }, 256);
    const all = new PartialTokens(tokenizer, vocabulary.length);
    const character = fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 });
    fc.assert(
      fc.property(character, (text) => {
        const [first = ""] = text;
        const bytes = bytesOf(first);
        if (bytes.length < 2) return;
        const [last = 0] = bytes.slice(-1);
        expect(bytesOnly.before(first, last, bytes.length - 1)).toEqual(bytes.slice(0, -1));
        const found = all.before(first, last, bytes.length - 1);
        if (found !== undefined)
          expect(Buffer.concat(found.map((id) => tokenizer.decodeBytes([id])))).toEqual(
            Buffer.from(bytes.slice(0, -1)),
          );
      }),
      { numRuns: Number(process.env["TOKENWIRE_FUZZ"] ?? 200) },
    );
  });

  it("knows when nothing fits", () => {
    const tokens = new PartialTokens(tokenizer, vocabulary.length);
    expect(tokens.before("é", 0xaa, 1)).toBeUndefined();
    expect(tokens.before("é", 0xa9, 2)).toBeUndefined();
    expect(tokens.before("\uFFFD", 0x80, 1)).toBeUndefined();
    // The first character would have been sent when it was whole.
    expect(tokens.before("éé", 0xa9, 3)).toBeUndefined();
  });
});
