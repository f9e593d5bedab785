// Runs one request and gathers its first choice.

import type { Reference } from "../../src/engines/conformance/index.ts";
import type { Engine, GenerateEvent, GenerateRequest } from "../../src/engines/index.ts";

export type RequestParts = Partial<Omit<GenerateRequest, "prompt">> & { prompt: readonly number[] };

export function toRequest({ prompt, ...rest }: RequestParts): GenerateRequest {
  return {
    requestId: "test",
    sampling: { maxTokens: 16, temperature: 0 },
    ...rest,
    prompt: { tokenIds: Uint32Array.from(prompt) },
  };
}

export async function events(
  engine: Engine,
  parts: RequestParts,
  signal?: AbortSignal,
): Promise<GenerateEvent[]> {
  const list: GenerateEvent[] = [];
  for await (const event of engine.generate(toRequest(parts), signal)) list.push(event);
  return list;
}

export type FinishEvent = Extract<GenerateEvent, { type: "finish" }>;

export async function answer(
  engine: Engine,
  parts: RequestParts,
): Promise<{ ids: number[]; finish: FinishEvent; start: Extract<GenerateEvent, { type: "start" }> }> {
  const list = await events(engine, parts);
  const ids = list.flatMap((event) => (event.type === "delta" && event.index === 0 ? event.tokenIds : []));
  return {
    ids,
    start: list.find((event) => event.type === "start")!,
    finish: list.find((event) => event.type === "finish")!,
  };
}

/** All events, as they come. */
export async function collect(stream: AsyncIterable<GenerateEvent>): Promise<GenerateEvent[]> {
  const all: GenerateEvent[] = [];
  for await (const event of stream) all.push(event);
  return all;
}

export const idsOf = (list: readonly GenerateEvent[], index = 0): number[] =>
  list.flatMap((event) => (event.type === "delta" && event.index === index ? event.tokenIds : []));

export const finishOf = (list: readonly GenerateEvent[], index = 0): FinishEvent | undefined =>
  list.find((event): event is FinishEvent => event.type === "finish" && event.index === index);

/** A greedy answer with the log-probability of each of its ids, to compare other engines with. */
export async function greedyReference(
  engine: Engine,
  prompt: readonly number[],
  maxTokens: number,
): Promise<Reference> {
  const list = await events(engine, {
    prompt,
    sampling: { maxTokens, temperature: 0 },
    logprobs: { top: 0 },
  });
  const logprobs = list.flatMap((event) =>
    event.type === "delta" ? (event.logprobs ?? []).map(({ logprob }) => logprob) : [],
  );
  return { prompt, tokens: idsOf(list), logprobs };
}
