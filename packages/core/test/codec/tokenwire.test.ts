import {
  TokenwireDecoder,
  TokenwireEncoder,
  type TokenwireEvent,
  TokenwireTruncatedError,
} from "@tokenwire/core/codec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutEverywhere, fromHex, toHex } from "./bytes.ts";

function decode(chunks: readonly Uint8Array[]): TokenwireEvent[] {
  const decoder = new TokenwireDecoder();
  const events: TokenwireEvent[] = [];
  for (const chunk of chunks) decoder.push(chunk, (event) => events.push(event));
  decoder.end();
  return mergeIds(events);
}

/** Joins neighbouring runs of one choice, which is what may differ between ways of cutting. */
function mergeIds(events: readonly TokenwireEvent[]): TokenwireEvent[] {
  const merged: TokenwireEvent[] = [];
  for (const event of events) {
    const last = merged.at(-1);
    if (event.kind === "ids" && last?.kind === "ids" && last.choice === event.choice) {
      merged[merged.length - 1] = { ...last, ids: [...last.ids, ...event.ids] };
    } else {
      merged.push(event);
    }
  }
  return merged;
}

interface Vector {
  readonly name: string;
  readonly mode?: 1;
  readonly hex: string;
  readonly write: (encoder: TokenwireEncoder) => void;
  readonly events: readonly TokenwireEvent[];
}

const vectors: readonly Vector[] = [
  {
    name: "no ids",
    hex: "54570100 00020101 000000",
    write: (encoder) => encoder.finish("stop"),
    events: [{ kind: "finish", choice: 0, reason: "stop" }],
  },
  {
    name: "id sizes, length and usage",
    hex: "54570100 ec4b 01 8001 8101 ff7f 808001 8080808010 00020102 000304 010c0207 000000",
    write: (encoder) => {
      encoder.ids([9707, 0, 127, 128, 16382, 16383, 4294967295]);
      encoder.finish("length");
      encoder.usage({ promptTokens: 12, completionTokens: 7 });
    },
    events: [
      { kind: "ids", choice: 0, ids: [9707, 0, 127, 128, 16382, 16383, 4294967295] },
      { kind: "finish", choice: 0, reason: "length" },
      { kind: "usage", promptTokens: 12, completionTokens: 7 },
    ],
  },
  {
    name: "two choices",
    hex: "54570100 06 00010101 07 00010100 08 00020101 00010101 00020102 000000",
    write: (encoder) => {
      encoder.ids([5]);
      encoder.ids([6], 1);
      encoder.ids([7]);
      encoder.finish("stop");
      encoder.finish("length", 1);
    },
    events: [
      { kind: "ids", choice: 0, ids: [5] },
      { kind: "ids", choice: 1, ids: [6] },
      { kind: "ids", choice: 0, ids: [7] },
      { kind: "finish", choice: 0, reason: "stop" },
      { kind: "finish", choice: 1, reason: "length" },
    ],
  },
  {
    name: "a tool call",
    hex: "54570100 02 000513 00 0f 06 63616c6c5f31 01 66 07 7b2261223a317d 00020103 000000",
    write: (encoder) => {
      encoder.ids([1]);
      encoder.toolCall({ index: 0, id: "call_1", name: "f", arguments: '{"a":1}', last: true });
      encoder.finish("tool_calls");
    },
    events: [
      { kind: "ids", choice: 0, ids: [1] },
      { kind: "toolCall", choice: 0, index: 0, id: "call_1", name: "f", arguments: '{"a":1}', last: true },
      { kind: "finish", choice: 0, reason: "tool_calls" },
    ],
  },
  {
    name: "an error",
    hex: "54570100 02 00042a f403 7b226d657373616765223a22626f6f6d222c2274797065223a227365727665725f6572726f72227d 000000",
    write: (encoder) => {
      encoder.ids([1]);
      encoder.error(500, { message: "boom", type: "server_error" });
    },
    events: [
      { kind: "ids", choice: 0, ids: [1] },
      { kind: "error", status: 500, error: { message: "boom", type: "server_error" } },
    ],
  },
  {
    name: "log probabilities",
    hex: "54570100 2b 000610 01 02 000000bf 2b 000000bf 08 0000a0bf 00020101 000000",
    write: (encoder) => {
      encoder.ids([42]);
      encoder.logprobs([
        {
          logprob: -0.5,
          top: [
            { id: 42, logprob: -0.5 },
            { id: 7, logprob: -1.25 },
          ],
        },
      ]);
      encoder.finish("stop");
    },
    events: [
      { kind: "ids", choice: 0, ids: [42] },
      {
        kind: "logprobs",
        choice: 0,
        items: [
          {
            logprob: -0.5,
            top: [
              { id: 42, logprob: -0.5 },
              { id: 7, logprob: -1.25 },
            ],
          },
        ],
      },
      { kind: "finish", choice: 0, reason: "stop" },
    ],
  },
  {
    name: "a reason in words",
    hex: "54570100 000206 00 61626f7274 000000",
    write: () => undefined,
    events: [{ kind: "finish", choice: 0, reason: "abort" }],
  },
  {
    name: "adaptive, a repeated phrase",
    mode: 1,
    hex: "54570101 c5ab 6b a717 c5ab 00 00 00 00 ff020101 ff0000",
    write: (encoder) => {
      encoder.ids([9707, 11, 1879, 9707, 11, 1879, 9707, 11]);
      encoder.finish("stop");
    },
    events: [
      { kind: "ids", choice: 0, ids: [9707, 11, 1879, 9707, 11, 1879, 9707, 11] },
      { kind: "finish", choice: 0, reason: "stop" },
    ],
  },
  {
    name: "adaptive, the borders of the direct forms",
    mode: 1,
    hex: "54570101 9f a000 dfff e00000 feffff ff0a03c0807d ff0a05ffffffff0f ff020101 ff0000",
    write: (encoder) => {
      encoder.ids([63, 64, 16447, 16448, 2048063, 2048064, 4294967295]);
      encoder.finish("stop");
    },
    events: [
      { kind: "ids", choice: 0, ids: [63, 64, 16447, 16448, 2048063, 2048064, 4294967295] },
      { kind: "finish", choice: 0, reason: "stop" },
    ],
  },
];

describe("tokenwire stream", () => {
  it.each(vectors)("decodes $name at every cut", ({ hex, events }) => {
    const bytes = fromHex(hex);
    for (const chunks of cutEverywhere(bytes)) expect(decode(chunks)).toEqual([...events, { kind: "end" }]);
  });

  it.each(vectors.filter(({ name }) => name !== "a reason in words"))(
    "encodes $name",
    ({ hex, mode, write }) => {
      const encoder = new TokenwireEncoder({ mode: mode ?? 0 });
      write(encoder);
      encoder.end();
      expect(toHex(encoder.take())).toBe(hex.replaceAll(" ", ""));
    },
  );

  it.each([0, 1] as const)("round-trips ids of several choices in mode %i", (mode) => {
    const id = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 4294967295 }));
    const run = fc.record({ choice: fc.integer({ min: 0, max: 2 }), ids: fc.array(id, { minLength: 1 }) });
    fc.assert(
      fc.property(fc.array(run), fc.array(fc.integer({ min: 1, max: 30 })), (runs, cuts) => {
        const encoder = new TokenwireEncoder({ mode });
        for (const { choice, ids } of runs) encoder.ids(ids, choice);
        encoder.end();
        const bytes = encoder.take();
        const chunks: Uint8Array[] = [];
        let at = 0;
        for (const cut of cuts) {
          chunks.push(bytes.subarray(at, at + cut));
          at += cut;
        }
        chunks.push(bytes.subarray(at));
        const expected = mergeIds(runs.map((entry) => ({ kind: "ids", ...entry })));
        expect(decode(chunks)).toEqual([...expected, { kind: "end" }]);
      }),
      { numRuns: 200, seed: 7 },
    );
  });

  it("keeps both models in step across the reset", () => {
    const ids = Array.from({ length: 70_000 }, (_, index) => (index * index) % 97);
    const encoder = new TokenwireEncoder({ mode: 1 });
    encoder.ids(ids);
    encoder.end();
    const [event] = decode([encoder.take()]);
    expect(event).toEqual({ kind: "ids", choice: 0, ids });
  });

  it("flushes on record boundaries: what was taken decodes at once", () => {
    const encoder = new TokenwireEncoder({ mode: 1 });
    const decoder = new TokenwireDecoder();
    for (const id of [5, 70000, 5, 70000, 5]) {
      encoder.ids([id]);
      const seen: TokenwireEvent[] = [];
      decoder.push(encoder.take(), (event) => seen.push(event));
      expect(seen).toEqual([{ kind: "ids", choice: 0, ids: [id] }]);
    }
  });

  it("skips unknown records and refuses critical ones", () => {
    expect(decode([fromHex("54570100 06 002001ff 07 000000")])).toEqual([
      { kind: "ids", choice: 0, ids: [5, 6] },
      { kind: "end" },
    ]);
    expect(() => decode([fromHex("54570100 008000")])).toThrow(/critical/);
  });

  it.each([
    ["another header", "54570200", /starts with 54 57 02 00/],
    ["a long varint", "54570100 808080808001", /longer than 5/],
    ["a padded varint", "54570100 8100", /shortest form/],
    ["an id beyond 2^32", "54570100 8180808010", /exceeds 2\^32/],
    ["an impossible candidate", "54570101 00", /candidate 0/],
    ["ids after the end of a choice", "54570100 00020101 06", /after its end/],
    ["a large payload", "54570100 0008ffffff7f", /maxControlBytes/],
    ["half a choice index", "54570100 00010180", /inside its choice index/],
    ["a choice out of range", "54570100 0001028001", /maxChoices/],
    ["log probabilities that do not fit", "54570100 06 0006037f7f00", /declares 127/],
    ["half a control record", "54570100 00030a01", undefined],
    ["records after an error", "54570100 000410007b226d657373616765223a2278227d", /"message" and "type"/],
  ] as const)("refuses %s", (_name, hex, message) => {
    const decoder = new TokenwireDecoder();
    const run = (): void => {
      decoder.push(fromHex(hex), () => undefined);
      decoder.end();
    };
    if (message === undefined) expect(run).toThrow(TokenwireTruncatedError);
    else expect(run).toThrow(message);
  });

  it("delivers everything before a missing END", () => {
    const decoder = new TokenwireDecoder();
    const events: TokenwireEvent[] = [];
    decoder.push(fromHex("54570100 06 80"), (event) => events.push(event));
    expect(events).toEqual([{ kind: "ids", choice: 0, ids: [5] }]);
    expect(() => decoder.end()).toThrow(TokenwireTruncatedError);
  });
});
