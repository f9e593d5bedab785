// Events of one choice: what comes together leaves together, and how the engine cut its output changes nothing else.

import { getEncoding } from "@tokenwire/encodings";
import { describe, expect, it } from "vitest";
import { createHarmonyProfile } from "../../src/profiles/index.ts";
import { type ChoiceEvent, ChoiceOutput, createAnswerParser } from "../../src/protocol/index.ts";

const profile = createHarmonyProfile({ id: "m", contextLength: 4_096 });
const harmony = getEncoding("o200k_harmony");
const answer = [
  ...harmony.encode(
    '<|channel|>analysis<|message|>Let me think about it.<|end|><|start|>assistant<|channel|>commentary to=functions.f <|constrain|>json<|message|>{"a": [1, 2]}<|call|>',
    { allowedSpecial: "all" },
  ),
];
const words = [
  ...harmony.encode("<|channel|>final<|message|>One two three four five.<|return|>", {
    allowedSpecial: "all",
  }),
];

function read(ids: readonly number[], size: number): { events: ChoiceEvent[][]; output: ChoiceOutput } {
  const conversation = {
    messages: [],
    tools: [{ name: "f" }],
    toolChoice: { mode: "auto" as const },
    parallelToolCalls: true,
    responseFormat: { type: "text" as const },
    field: "messages" as const,
  };
  const parser = createAnswerParser(
    profile,
    { tokenIds: new Uint32Array(0), answerPrefix: [], inReasoning: false },
    conversation,
    true,
  );
  const output = new ChoiceOutput(parser, {
    tokenizer: profile.tokenizer,
    stop: [],
    includeStop: false,
    logprobs: false,
    toolChoice: conversation.toolChoice,
    parallelToolCalls: true,
    hiddenStopIds: new Set(),
    requestedStopIds: [],
  });
  const events: ChoiceEvent[][] = [];
  for (let at = 0; at < ids.length; at += size) events.push(output.push(ids.slice(at, at + size)));
  events.push(output.finish("stop"));
  return { events, output };
}

/** Events with the texts that follow each other joined, whichever push they came from, and ids left out. */
function fold(events: readonly ChoiceEvent[][]): object[] {
  const result: { type: string; text?: string }[] = [];
  for (const { ...event } of events.flat()) {
    if (event.type === "tool-call") result.push({ ...event, id: "call" } as { type: string });
    else if ("text" in event && result.at(-1)?.type === event.type) result.at(-1)!.text += event.text;
    else result.push(event);
  }
  return result;
}

describe("the events of a choice", () => {
  it("hold one text per push", () => {
    const { events } = read(words, words.length);
    expect(events[0]).toEqual([{ type: "text", text: "One two three four five." }]);
  });

  it.each([answer, words])("fold to the same however the tokens were cut", (...ids: number[]) => {
    const single = read(ids, 1);
    for (const size of [2, 3, 4, 7, ids.length]) {
      const { events, output } = read(ids, size);
      expect(fold(events)).toEqual(fold(single.events));
      expect(output.completionTokens).toBe(ids.length);
      expect(output.reasoningTokens).toBe(single.output.reasoningTokens);
    }
  });
});
