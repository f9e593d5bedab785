// A worker that counts what it is asked and remembers prompts, as a prefix cache does.

import {
  createEngine,
  type Engine,
  EngineError,
  type EngineLoad,
  type GenerateEvent,
  type GenerateRequest,
} from "../../../src/engines/index.ts";

export type Behaviour = "ok" | "refuse" | "fail-before" | "fail-after";

export interface FakeWorker extends Engine {
  calls: () => number;
  dead: boolean;
  /** What it says of itself; nothing while undefined. */
  says: EngineLoad | undefined;
}

export const request = (
  tokenIds: readonly number[],
  rest: Partial<GenerateRequest> = {},
): GenerateRequest => ({
  requestId: "r",
  prompt: { tokenIds: Uint32Array.from(tokenIds) },
  sampling: { maxTokens: 8 },
  ...rest,
});

export function fake(name: string, behaviour: (call: number) => Behaviour = () => "ok"): FakeWorker {
  const seen: number[][] = [];
  let calls = 0;
  const engine: FakeWorker = {
    id: name,
    dead: false,
    says: undefined,
    calls: () => calls,
    info: async () => ({ ...(await createEngine("echo").info()), model: "m" }),
    health: async () => ({ ok: !engine.dead }),
    load: async () => {
      if (engine.says === undefined) throw new EngineError("unavailable", `${name} does not answer`);
      return engine.says;
    },
    async *generate({ prompt }): AsyncGenerator<GenerateEvent, void> {
      calls += 1;
      const how = engine.dead ? "refuse" : behaviour(calls);
      if (how === "refuse") throw new EngineError("unavailable", `${name} is down`, { retryable: true });
      const ids = "tokenIds" in prompt ? [...prompt.tokenIds] : [];
      const shared = (other: readonly number[]) => {
        const end = ids.findIndex((id, index) => other[index] !== id);
        return end === -1 ? ids.length : end;
      };
      const cachedTokens = Math.max(0, ...seen.map(shared));
      seen.push(ids);
      yield { type: "start" };
      const error = new EngineError("unavailable", `${name} died`, { retryable: true });
      const usage = { promptTokens: ids.length, completionTokens: 2, cachedTokens };
      if (how === "fail-before") return yield { type: "finish", index: 0, reason: "error", error, usage };
      yield { type: "delta", index: 0, tokenIds: [1] };
      await new Promise((resolve) => setImmediate(resolve));
      if (how === "fail-after" || engine.dead)
        return yield { type: "finish", index: 0, reason: "error", error, usage };
      yield { type: "delta", index: 0, tokenIds: [2] };
      yield { type: "finish", index: 0, reason: "stop", usage };
    },
    close: async () => undefined,
  };
  return engine;
}

/** Workers of a fleet, by name. */
export const fakes = (...names: string[]): FakeWorker[] => names.map((name) => fake(name));

export async function run(engine: Engine, asked: GenerateRequest): Promise<GenerateEvent[]> {
  const events: GenerateEvent[] = [];
  for await (const event of engine.generate(asked)) events.push(event);
  return events;
}

/** Begins a request and leaves it at its first token; call the result to end it. */
export async function hold(engine: Engine, asked: GenerateRequest): Promise<() => Promise<unknown>> {
  const events = engine.generate(asked)[Symbol.asyncIterator]();
  await events.next();
  return async () => events.return?.(undefined);
}
