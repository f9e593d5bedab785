// Chunks are written by template: they must be the JSON that was meant, and `isAscii` must never be claimed wrongly,
// because bytes are then not counted.

import { getEncoding } from "@tokenwire/encodings";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChatStream, type ChoiceEvent, emptyUsage } from "../../src/protocol/index.ts";

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(" word", "\n\n", 'a "quote"', "back\\slash", "é", "日本", "\u007f", "\ud800", ""),
);
const event: fc.Arbitrary<ChoiceEvent> = fc.oneof(
  fc.record({ type: fc.constant("text" as const), text }),
  fc.record({ type: fc.constant("reasoning" as const), text }),
  fc.record({ type: fc.constant("tool-call" as const), index: fc.nat(3), id: text, name: text }),
  fc.record({ type: fc.constant("tool-arguments" as const), index: fc.nat(3), text }),
);

interface Chunk {
  readonly model: string;
  readonly choices: readonly {
    readonly index: number;
    readonly delta: {
      readonly content?: string;
      readonly reasoning?: string;
      readonly tool_calls?: readonly { readonly function: { readonly arguments: string } }[];
    };
    readonly logprobs: null;
    readonly finish_reason: null;
  }[];
  readonly usage?: null;
}

const chunksOf = (frames: string): Chunk[] =>
  frames
    .split("\n\n")
    .filter((frame) => frame !== "")
    .map((frame) => JSON.parse(frame.replace(/^data: /, "")) as Chunk);

/** What the deltas of the events say, whichever field says it. */
const said = ({ choices: [choice] }: Chunk): string | undefined => {
  const { content, reasoning, tool_calls: calls } = choice!.delta;
  return content ?? reasoning ?? calls?.[0]?.function.arguments;
};

describe("the chunks of a chat", () => {
  it("are the JSON of their events, and ASCII where they are said to be", () => {
    let plain = 0;
    fc.assert(
      fc.property(
        fc.array(event, { minLength: 1, maxLength: 4 }),
        fc.constantFrom("m", "modèle", 'a "model"'),
        fc.boolean(),
        fc.boolean(),
        (events, model, includeUsage, obfuscate) => {
          const stream = new ChatStream({
            identity: { id: "chatcmpl-1", created: 1, model, fingerprint: "fp_1" },
            n: 2,
            tokenizer: getEncoding("o200k_harmony"),
            usage: emptyUsage(),
            includeUsage,
            obfuscate,
            reasoningFields: "reasoning",
            streamReasoning: true,
          });
          stream.start(1);
          const frames = stream.push(1, events);
          if (stream.isAscii) {
            plain++;
            expect(Buffer.byteLength(frames)).toBe(frames.length);
          }
          const chunks = chunksOf(frames);
          const told = events.map((each) => ("text" in each ? each.text : ""));
          // A lone half of a character is escaped: it comes back as it was.
          expect(chunks.map((chunk) => said(chunk) ?? "")).toEqual(told);
          for (const chunk of chunks) {
            expect(chunk).toMatchObject({
              model,
              choices: [{ index: 1, logprobs: null, finish_reason: null }],
            });
            expect(chunk.usage).toBe(includeUsage ? null : undefined);
          }
        },
      ),
      { seed: 20_260, numRuns: 500 },
    );
    expect(plain).toBeGreaterThan(10);
  });
});
