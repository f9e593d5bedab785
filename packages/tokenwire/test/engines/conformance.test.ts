import { describe, expect, it } from "vitest";
import { textEngine } from "../../src/engines/capabilities.ts";
import {
  type ConformanceOptions,
  listConformanceChecks,
  runConformance,
} from "../../src/engines/conformance/index.ts";
import {
  createBalancedEngine,
  createEchoEngine,
  createEmbeddedEngine,
  createScriptedEngine,
  type Engine,
  EngineError,
  type GenerateEvent,
} from "../../src/engines/index.ts";
import { randomModel } from "./embedded/random-model.ts";

/** A model in which every fourth token ends the answer. */
const endingModel = randomModel({
  metadata: {
    "tokenwire.eos_ids": { type: "u32[]", value: Array.from({ length: 24 }, (_, index) => 4 * index + 3) },
  },
});

/** Prompts whose greedy answers end by themselves, found by trying. */
async function endingPrompts(engine: Engine, count: number): Promise<number[][]> {
  const found: number[][] = [];
  for (let seed = 1; found.length < count && seed < 200; seed++) {
    const prompt = Array.from({ length: 12 }, (_, index) => (seed * 31 + index * index * 17) % 95);
    let deltas = 0;
    let reason = "";
    for await (const event of engine.generate({
      requestId: "probe",
      prompt: { tokenIds: Uint32Array.from(prompt) },
      sampling: { maxTokens: 60, temperature: 0 },
    })) {
      if (event.type === "delta") deltas++;
      if (event.type === "finish") reason = event.reason;
    }
    if (reason === "stop" && deltas > 3) found.push(prompt);
  }
  return found;
}

const quick: Partial<ConformanceOptions> = { slowConsumerMs: 20 };

/** Passes on an engine's events, changed. */
function altered(engine: Engine, change: (event: GenerateEvent) => GenerateEvent[]): Engine {
  return {
    id: "altered",
    info: () => engine.info(),
    health: () => engine.health(),
    close: () => engine.close(),
    async *generate(request, signal) {
      for await (const event of engine.generate(request, signal)) yield* change(event);
    },
  };
}

describe("runConformance", () => {
  it("finds nothing wrong with the embedded engine", async () => {
    const engine = createEmbeddedEngine({ model: endingModel });
    const prompts = await endingPrompts(engine, 6);
    expect(prompts).toHaveLength(6);
    const report = await runConformance(engine, { ...quick, prompts });
    expect(report.results.filter(({ status }) => status === "fail")).toEqual([]);
    expect(report.results.filter(({ status }) => status === "skip").map(({ id }) => id)).toEqual([
      "C4",
      "C11",
      "C12",
      "C18",
    ]);
    expect(report.results).toHaveLength(listConformanceChecks().length);
  });

  it("finds nothing wrong with several engines as one", async () => {
    const engines = ["a", "b", "c"].map((id) => createEmbeddedEngine({ model: endingModel, id }));
    const prompts = await endingPrompts(engines[0]!, 6);
    const report = await runConformance(createBalancedEngine({ engines }), { ...quick, prompts });
    expect(report.results.filter(({ status }) => status === "fail")).toEqual([]);
  });

  it("finds nothing wrong with the scripted and the echo engine", async () => {
    const script = { steps: [{ tokens: [1, 2, 3, 4, 5, 6, 7, 8, 200002] }] };
    const long = { match: { promptIds: [8, 8] }, steps: [{ tokens: new Array(500).fill(9) }] };
    const scripted = createScriptedEngine({ scripts: [long, script] });
    const options = { ...quick, prompts: [[4, 5]], longPrompt: [8, 8, 8] };
    expect(
      (await runConformance(scripted, options)).results.filter(({ status }) => status === "fail"),
    ).toEqual([]);
    const user = (ids: number[]) => [200006, 1428, 200008, ...ids, 200007];
    const echo = await runConformance(createEchoEngine(), {
      ...quick,
      prompts: [user([1, 2, 3, 4, 5]), user([6, 7, 8, 9, 10])],
      longPrompt: user(new Array(500).fill(9)),
    });
    expect(echo.results.filter(({ status }) => status === "fail")).toEqual([]);
  });

  const script = { steps: [{ tokens: [1, 2, 3, 200002] }] };
  const faults: [what: string, checks: string[], change: (event: GenerateEvent) => GenerateEvent[]][] = [
    ["a missing start", ["C1"], (event) => (event.type === "start" ? [] : [event])],
    ["a missing finish", ["C1"], (event) => (event.type === "finish" ? [] : [event])],
    ["a second finish", ["C1"], (event) => (event.type === "finish" ? [event, event] : [event])],
    [
      "a swallowed stop id",
      ["C2", "C3"],
      (event) => (event.type === "delta" && event.tokenIds.includes(200002) ? [] : [event]),
    ],
    [
      "wrong usage",
      ["C2"],
      (event) =>
        event.type === "finish" ? [{ ...event, usage: { promptTokens: 99, completionTokens: 4 } }] : [event],
    ],
    [
      "an unnamed stop id",
      ["C3"],
      ({ ...event }) => {
        if (event.type === "finish") delete event.matched;
        return [event];
      },
    ],
  ];
  for (const [what, checks, change] of faults) {
    it(`finds ${what}`, async () => {
      const engine = altered(createScriptedEngine({ scripts: [script] }), change);
      const report = await runConformance(engine, { ...quick, prompts: [[4, 5]], only: checks });
      expect(report.results.map(({ id, status }) => [id, status])).toEqual(checks.map((id) => [id, "fail"]));
    });
  }

  it("finds an engine that goes on after an abort, one that hangs, one that mixes answers", async () => {
    const deaf = createScriptedEngine({ scripts: [{ steps: [{ tokens: new Array(50).fill(7) }] }] });
    const engine: Engine = {
      ...altered(deaf, (event) => [event]),
      generate: (request) => deaf.generate(request),
    };
    const stubborn = await runConformance(engine, { ...quick, prompts: [[1]], only: ["C7"] });
    expect(stubborn.results[0]).toMatchObject({ status: "fail", detail: expect.stringContaining('"stop"') });
    const hanging = createScriptedEngine({ scripts: [{ steps: [{ hang: true }] }] });
    const stuck = await runConformance(hanging, { ...quick, prompts: [[1]], only: ["C1"], timeoutMs: 50 });
    expect(stuck.results[0]).toMatchObject({ status: "fail", detail: "not done after 50 ms" });
    let call = 0;
    const mixed = createScriptedEngine({
      scripts: Array.from({ length: 40 }, () => ({ match: { call: ++call }, steps: [{ tokens: [call] }] })),
    });
    const report = await runConformance(mixed, { ...quick, prompts: [[1]], only: ["C15"] });
    expect(report.results[0]).toMatchObject({
      status: "fail",
      detail: expect.stringContaining("another answer"),
    });
  });

  it("reports errors of the engine as failures, with their code", async () => {
    const broken = createScriptedEngine({
      scripts: [{ steps: [{ throwBeforeStart: new EngineError("timeout", "too slow") }] }],
    });
    const report = await runConformance(broken, { ...quick, prompts: [[1]], only: ["C1", "C20"] });
    expect([report.passed, report.failed]).toEqual([1, 1]);
    expect(report.results.find(({ id }) => id === "C1")?.detail).toBe("EngineError timeout: too slow");
  });

  it("compares with references", async () => {
    const engine = createScriptedEngine({ scripts: [script] });
    const run = async (tokens: number[]) =>
      (
        await runConformance(engine, {
          ...quick,
          prompts: [[1]],
          references: [{ prompt: [1], tokens }],
          only: ["C4"],
        })
      ).results[0];
    expect(await run([1, 2, 3])).toMatchObject({ status: "pass" });
    expect(await run([1, 5, 3])).toMatchObject({ status: "fail", detail: "prompt 0: token 1 is 2, not 5" });
  });
});

/** Says the prompt again, a word at a time; on demand something else every fifth time. */
function parrot(confuses = false): Engine {
  let calls = 0;
  return {
    id: "parrot",
    info: async () => ({
      engine: "parrot",
      model: "p",
      servedNames: ["p"],
      maxContext: 1000,
      eosTokenIds: [],
      capabilities: textEngine,
    }),
    health: async () => ({ ok: true }),
    close: async () => {},
    async *generate({ prompt, sampling, n = 1 }, signal) {
      if (!("text" in prompt)) throw new EngineError("unsupported", "The parrot takes text.");
      const text = confuses && ++calls % 5 === 0 ? "other words" : prompt.text;
      yield { type: "start" };
      for (let index = 0; index < n; index++) {
        const words =
          `${text} ${sampling.seed ?? ""}`.repeat(sampling.ignoreEos ? 200 : 1).match(/\S+\s*/g) ?? [];
        const said = words.slice(0, sampling.maxTokens);
        for (const word of said) {
          await new Promise((resolve) => setImmediate(resolve));
          if (signal?.aborted) break;
          yield { type: "text", index, text: word };
        }
        const reason = signal?.aborted ? "abort" : said.length < words.length ? "length" : "stop";
        // The end counts, and is no text.
        const usage = { promptTokens: 1, completionTokens: said.length + 1 };
        yield { type: "finish", index, reason, usage };
      }
    },
  };
}

describe("runConformance over an engine of texts", () => {
  const texts = ["one two three four", "five six", ""];
  const passed = ["C20", "C1", "C6", "C7", "C8", "C9", "C15", "C17", "C19"];
  const asked = { ...quick, prompts: texts };
  const passes = ({ results }: Awaited<ReturnType<typeof runConformance>>) =>
    results.filter(({ status }) => status === "pass").map(({ id }) => id);

  it("checks what text can show, and skips what is about ids", async () => {
    const report = await runConformance(parrot(), {
      ...asked,
      only: [...passed, "C2", "C3", "C4", "C10", "C16"],
    });
    expect(report.results.filter(({ status }) => status === "fail")).toEqual([]);
    expect(passes(report)).toEqual(passed);
  });

  it("turns prompts of ids into text", async () => {
    const decode = (ids: readonly number[]) => ids.map((id) => texts[id]).join(" ");
    const report = await runConformance(parrot(), { ...quick, prompts: [[0], [1, 0]], decode, only: passed });
    expect(passes(report)).toEqual(passed);
  });

  it("finds answers to other prompts", async () => {
    const report = await runConformance(parrot(true), { ...asked, only: ["C15"] });
    expect(report.results[0]?.detail).toContain("another answer");
  });
});
