// Runs one request and gathers its first choice.

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
