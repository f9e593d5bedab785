// The order of frames in each protocol's streams, and that they add up to something whole. (Those of Responses are in
// `lifecycle.ts`.)

import { expect } from "vitest";
import type { z } from "zod";
import { chatChunk, check, error, messageError, messageEvent, textCompletion } from "./wire-schemas.ts";

/** The data of every frame of a stream that ends with `[DONE]`. */
export function readDataFrames(body: string): unknown[] {
  const frames = body.split("\n\n").filter((frame) => !frame.startsWith(":"));
  expect(frames.splice(-2)).toEqual(["data: [DONE]", ""]);
  return frames.map((frame) => {
    expect(frame.startsWith("data: ") && !frame.includes("\n")).toBe(true);
    return JSON.parse(frame.slice(6)) as unknown;
  });
}

function isError(value: unknown): boolean {
  return typeof value === "object" && value !== null && "error" in value;
}

export interface StreamExpectations {
  readonly choices?: number;
  readonly includeUsage?: boolean;
}

type Chunk = z.infer<typeof chatChunk>;

/** What one choice of a chat stream has said so far. */
class ChatChoiceRules {
  started = false;
  finish: string | undefined;
  #calls = 0;

  read({ delta, finish_reason, logprobs }: Chunk["choices"][number]): void {
    expect(this.finish, "nothing follows the finish of a choice").toBeUndefined();
    const fields = delta as Record<string, unknown>;
    expect("role" in fields, "the role comes first, once").toBe(!this.started);
    this.started = true;
    if (finish_reason !== null) {
      expect(fields, "the finish chunk says nothing else").toEqual({});
      this.finish = finish_reason;
    } else if (Object.keys(fields).length === 0) expect(logprobs, "no delta is empty").not.toBeNull();
    const [call] = (fields["tool_calls"] ?? []) as { index: number; id?: string }[];
    if (call === undefined) return;
    if (call.id !== undefined) this.#calls++;
    expect(call.index, "calls are numbered in order").toBe(this.#calls - 1);
  }
}

/** Checks the stream of a chat completion; returns its chunks. Ends in an error or in a finish of every choice. */
export function checkChatStream(body: string, expected: StreamExpectations = {}): Chunk[] {
  const frames = readDataFrames(body);
  if (isError(frames.at(-1))) {
    check(error, frames.pop());
    return frames.map((frame) => check(chatChunk, frame));
  }
  const chunks = frames.map((frame) => check(chatChunk, frame));
  const identities = chunks.map(({ id, created, model }) => `${id} ${created} ${model}`);
  expect(new Set(identities).size).toBe(1);
  const usage = chunks.filter(({ choices }) => choices.length === 0);
  if (expected.includeUsage !== undefined) {
    expect(usage).toHaveLength(expected.includeUsage ? 1 : 0);
    for (const chunk of chunks) expect("usage" in chunk).toBe(expected.includeUsage);
  }
  if (usage.length > 0) expect(chunks.at(-1)).toBe(usage[0]);
  const choices = new Map<number, ChatChoiceRules>();
  const finished: number[] = [];
  for (const {
    choices: [choice],
  } of chunks) {
    if (choice === undefined) continue;
    const rules = choices.get(choice.index) ?? new ChatChoiceRules();
    choices.set(choice.index, rules);
    rules.read(choice);
    if (rules.finish !== undefined) finished.push(choice.index);
  }
  expect(finished, "choices finish in order, all of them").toEqual([...choices.keys()].sort((a, b) => a - b));
  if (expected.choices !== undefined) expect(choices.size).toBe(expected.choices);
  return chunks;
}

/** Checks the stream of text completions; returns its chunks. */
export function checkCompletionStream(
  body: string,
  expected: StreamExpectations = {},
): z.infer<typeof textCompletion>[] {
  const frames = readDataFrames(body);
  const failed = isError(frames.at(-1));
  if (failed) check(error, frames.pop());
  const chunks = frames.map((frame) => check(textCompletion, frame));
  expect(new Set(chunks.map(({ id }) => id)).size).toBeLessThanOrEqual(1);
  const open = new Set<number>();
  const finished = new Set<number>();
  for (const { choices } of chunks) {
    for (const { index, finish_reason } of choices) {
      expect(finished.has(index), "nothing follows the finish of a choice").toBe(false);
      open.add(index);
      if (finish_reason !== null) finished.add(index);
    }
  }
  if (!failed) expect(finished).toEqual(open);
  if (!failed && expected.choices !== undefined) expect(open.size).toBe(expected.choices);
  return chunks;
}

const deltaOf = {
  text: ["text_delta"],
  thinking: ["thinking_delta", "signature_delta"],
  tool_use: ["input_json_delta"],
};

/** Checks the stream of a message; returns its events. */
export function checkMessageStream(body: string): z.infer<typeof messageEvent>[] {
  const events = body
    .split("\n\n")
    .filter((frame) => frame !== "")
    .map((frame) => {
      const [, name, data] = /^event: (.+)\ndata: (.+)$/.exec(frame)!;
      const event = check(messageEvent, JSON.parse(data!));
      expect(event.type).toBe(name);
      return event;
    });
  expect(events[0]?.type).toBe("message_start");
  const last = events.at(-1)!;
  const isFailed = messageError.safeParse(last).success;
  let open: keyof typeof deltaOf | undefined;
  let blocks = 0;
  for (const event of events) {
    if (event.type === "content_block_start") {
      expect([open, event.index]).toEqual([undefined, blocks]);
      open = event.content_block.type;
    } else if (event.type === "content_block_delta") {
      expect(event.index).toBe(blocks);
      expect(deltaOf[open!]).toContain(event.delta.type);
    } else if (event.type === "content_block_stop") {
      expect([open === undefined, event.index]).toEqual([false, blocks++]);
      open = undefined;
    }
  }
  if (isFailed) return events;
  expect(open).toBeUndefined();
  expect(events.slice(-2).map(({ type }) => type)).toEqual(["message_delta", "message_stop"]);
  return events;
}
