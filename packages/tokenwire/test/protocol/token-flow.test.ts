// Tokens that only go on with a text take a short way past the parser's events. It must not be seen: the same events,
// push by push, the same counts, and the same end as with the long way.

import type { OutputParser } from "@tokenwire/core/parsers";
import { getEncoding } from "@tokenwire/encodings";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createHarmonyProfile } from "../../src/profiles/index.ts";
import { type ChoiceEvent, ChoiceOutput, createAnswerParser } from "../../src/protocol/index.ts";

const profile = createHarmonyProfile({ id: "m", contextLength: 4_096 });
const harmony = getEncoding("o200k_harmony");
const encode = (text: string): number[] => [...harmony.encode(text, { allowedSpecial: "all" })];

/** Whole headers, ends, words, bytes of characters that are split, and an id outside the vocabulary. */
const pieces: readonly (readonly number[])[] = [
  encode("<|channel|>analysis<|message|>"),
  encode("<|channel|>final<|message|>"),
  encode("<|channel|>commentary to=functions.f <|constrain|>json<|message|>"),
  encode("<|channel|>commentary to=functions.other<|message|>"),
  encode("<|end|><|start|>assistant"),
  encode("<|end|><|start|>user<|message|>"),
  encode("<|call|>"),
  encode("<|return|>"),
  encode("One two three"),
  encode('{"a": [1,'),
  encode("日本🌿𒀀"),
  encode("𒀀").slice(0, 1),
  encode("𒀀").slice(1),
  encode("stop here"),
  [201_000],
  [300_000],
];

interface Way {
  readonly wrap: (parser: OutputParser) => OutputParser;
  readonly size: number;
}

const long: Way["wrap"] = (parser) => ({
  push: (text) => parser.push(text),
  pushIds: (ids) => parser.pushIds(ids),
  end: (reason) => parser.end(reason),
});

/** The short way, where the parser offers it, counted. */
function counted(count: () => void): Way["wrap"] {
  return (parser) => ({
    ...long(parser),
    goOn: (id) => {
      const text = parser.goOn?.(id);
      if (text !== undefined) count();
      return text;
    },
  });
}

function read(
  ids: readonly number[],
  { wrap, size }: Way,
  { stop, prefix }: { stop: readonly string[]; prefix: readonly number[] },
): object {
  const conversation = {
    messages: [],
    tools: [{ name: "f" }],
    toolChoice: { mode: "auto" as const, allowed: ["f"] },
    parallelToolCalls: false,
    responseFormat: { type: "text" as const },
    field: "messages" as const,
  };
  const prompt = { tokenIds: new Uint32Array(0), answerPrefix: [...prefix], inReasoning: undefined };
  const output = new ChoiceOutput(wrap(createAnswerParser(profile, prompt, conversation, true)), {
    tokenizer: profile.tokenizer,
    stop,
    includeStop: false,
    logprobs: false,
    toolChoice: conversation.toolChoice,
    parallelToolCalls: false,
    hiddenStopIds: new Set(profile.stopTokenIds),
    requestedStopIds: [],
  });
  const pushes: { events: object[]; tokens: number; reasoning: number; done: boolean }[] = [];
  const told = (events: readonly ChoiceEvent[]): void => {
    const { completionTokens: tokens, reasoningTokens: reasoning, done } = output;
    const named = events.map((event) => (event.type === "tool-call" ? { ...event, id: "call" } : event));
    pushes.push({ events: named, tokens, reasoning, done });
  };
  for (let at = 0; at < ids.length; at += size) told(output.push(ids.slice(at, at + size)));
  told(output.finish("length"));
  return { pushes, diagnostics: output.diagnostics };
}

const iterations = Number(process.env["TOKENWIRE_FUZZ"] ?? 300);

describe("tokens that only go on with a text", () => {
  it("are read as all others, push by push", () => {
    let shortcuts = 0;
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 14 }),
        fc.integer({ min: 1, max: 6 }),
        fc.constantFrom([], ["stop"], [" two", "here"]),
        fc.constantFrom([], pieces[2]!, pieces[0]!.concat(pieces[8]!)),
        fc.constantFrom([], ...pieces.slice(0, 3)),
        (chosen, size, stop, prefix, opening) => {
          const ids = [...opening, ...chosen.flat()];
          expect(read(ids, { wrap: counted(() => shortcuts++), size }, { stop, prefix })).toEqual(
            read(ids, { wrap: long, size }, { stop, prefix }),
          );
        },
      ),
      { seed: 20_260, numRuns: iterations },
    );
    expect(shortcuts).toBeGreaterThan(iterations);
  });

  it("take the short way in most of an answer", () => {
    const ids = encode("<|channel|>final<|message|>One two three four five six seven eight");
    let taken = 0;
    read(ids, { wrap: counted(() => taken++), size: 1 }, { stop: [], prefix: [] });
    expect(taken).toBe(7);
  });
});
