// The adapter against a real SGLang on a processor, where TOKENWIRE_SGLANG names its program or it is on the path: the
// packaged model, greedy answers and log-probabilities equal to the embedded engine's, constraints, refusals.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Constraint, createEngine, detectEngine, type Engine } from "../../../src/engines/index.ts";
import { answer, events, idsOf, type RequestParts } from "../collect.ts";
import { holdsForms } from "../held-forms.ts";
import { writeHuggingFaceModel } from "../huggingface-model.ts";
import { compactPrompts } from "../llama-cpp-model.ts";
import { keepsContract, openPackagedToy } from "../packaged-toy.ts";
import { findProgram, type ServerProcess, startServer } from "../server-process.ts";

const program = findProgram("TOKENWIRE_SGLANG", "sglang");
const toy = openPackagedToy();
const { tokens, ends, decode } = toy;
const prompts = compactPrompts(tokens, 24);
const prompt = prompts[0]!;

/** Without a compiled kernel for processors: slow, and enough for a model of this size. */
const flags = ["--device", "cpu", "--dtype", "float32", "--attention-backend", "torch_native"]
  .concat(["--sampling-backend", "pytorch", "--grammar-backend", "xgrammar", "--disable-overlap-schedule"])
  .concat(["--max-total-tokens", "8192", "--max-running-requests", "16", "--mem-fraction-static", "0.3"])
  .concat(["--sleep-on-idle", "--constrained-json-disable-any-whitespace"]);

/** A server for the tests of a suite. */
function serve(folder: string, ...more: string[]): { readonly url: string } {
  let server: ServerProcess;
  beforeAll(async () => {
    writeHuggingFaceModel(folder, toy.model);
    server = await startServer({
      program: program!,
      parameters: (port) =>
        ["serve", "--model-path", folder, "--served-model-name", "toy"]
          .concat(["--host", "127.0.0.1", "--port", `${port}`])
          .concat(flags, more),
      environment: () => ({ SGLANG_USE_CPU_ENGINE: "1", HF_HUB_OFFLINE: "1" }),
      ready: "/health",
      patience: 300,
    });
  }, 300_000);
  afterAll(async () => {
    await server?.kill();
    rmSync(folder, { recursive: true });
  });
  return {
    get url() {
      return server.url;
    },
  };
}

describe.skipIf(program === undefined)("SGLang that streams what is new", { timeout: 900_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "tokenwire-sglang-"));
  const server = serve(folder, "--incremental-streaming-output");
  holdsForms({ toy, folder, open: () => createEngine(`sglang:${server.url}`) });
});

describe.skipIf(program === undefined)("SGLang", { timeout: 900_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "tokenwire-sglang-"));
  const server = serve(folder);
  let engine: Engine;
  beforeAll(() => {
    engine = createEngine(`sglang:${server.url}`);
  });
  afterAll(() => engine?.close());
  holdsForms({ toy, folder, open: () => createEngine(`sglang:${server.url}`) });

  it("keeps the contract, its answers equal to the embedded engine's", async () => {
    await keepsContract(engine, toy, {
      prompts,
      passes: ["C4", "C5", "C7", "C8", "C10", "C11", "C16"],
      timeoutMs: 300_000,
    });
  });

  it("is recognised by what it answers", async () => {
    expect(await detectEngine({ url: server.url })).toBe("sglang");
    const automatic = createEngine({ kind: "auto", url: server.url });
    expect(await automatic.info()).toMatchObject({
      engine: "sglang",
      model: "toy",
      maxContext: 512,
      vocabSize: tokens.length,
      capabilities: { seed: false },
    });
    await automatic.close();
  });

  it("refuses before the start, and goes on", async () => {
    const refused = (parts: Partial<RequestParts>) => events(engine, { prompt, ...parts });
    // Beyond the context, and within it but beyond the little less that the server takes.
    for (const length of [513, 511])
      await expect(refused({ prompt: new Array(length).fill(5) })).rejects.toMatchObject({
        code: "context_length",
      });
    await expect(refused({ prompt: [tokens.length] })).rejects.toMatchObject({ code: "invalid_request" });
    const bad: Constraint[] = [
      { kind: "regex", pattern: "a((" },
      { kind: "grammar", syntax: "ebnf", source: "root ::= (((" },
      { kind: "json_schema", schema: { type: "nonsense" } },
      { kind: "structural_tag", tag: { type: "nonsense" } },
    ];
    for (const constraint of bad)
      await expect(refused({ constraint })).rejects.toMatchObject({
        code: "invalid_request",
        about: "constraint",
      });
    await expect(refused({ lora: "none" })).rejects.toMatchObject({ code: "invalid_request" });
    // Stop ids that the model does not have, with a minimum length, end the server's process if they reach it.
    const sampling = { maxTokens: 4, temperature: 0, minTokens: 2 };
    const { ids } = await answer(engine, { prompt, sampling, stop: { tokenIds: [200_002] } });
    expect(ids).toHaveLength(4);
  });

  it("holds its answers to a constraint", async () => {
    const schema = {
      type: "object",
      properties: { n: { type: "integer", minimum: 0, maximum: 99 } },
      required: ["n"],
      additionalProperties: false,
    };
    const constraints: [Constraint, RegExp][] = [
      [{ kind: "regex", pattern: "[a-c]{3}-[0-9]{2}" }, /^[a-c]{3}-[0-9]{2}$/],
      [{ kind: "grammar", syntax: "ebnf", source: 'root ::= "yes" | "no"' }, /^(?:yes|no)$/],
      [{ kind: "json_schema", schema }, /^\{\s*"n"\s*:\s*[0-9]{1,2}\s*\}$/],
    ];
    for (const [constraint, wanted] of constraints) {
      const { ids, finish } = await answer(engine, {
        prompt,
        constraint,
        sampling: { maxTokens: 64, temperature: 0 },
      });
      expect(finish).toMatchObject({ reason: "stop", matched: ids.at(-1) });
      expect(decode(ids.filter((id) => !ends.includes(id)))).toMatch(wanted);
    }
  });

  it("tells the log-probabilities of a prompt: those that the same tokens had as an answer", async () => {
    const sampling = { maxTokens: 12, temperature: 0 };
    const list = await events(engine, { prompt, sampling, logprobs: { top: 0 } });
    const given = list.flatMap((event) =>
      event.type === "delta" ? event.logprobs!.map(({ logprob }) => logprob) : [],
    );
    const { start } = await answer(engine, {
      prompt: [...prompt, ...idsOf(list)],
      sampling: { maxTokens: 1, temperature: 0 },
      logprobs: { top: 2, prompt: true },
    });
    const told = start.promptLogprobs!;
    expect(told).toHaveLength(prompt.length + given.length);
    expect(told[0]).toBeNull();
    expect(told.slice(1).map((each) => each!.id)).toEqual([...prompt, ...idsOf(list)].slice(1));
    told.slice(prompt.length).forEach((each, index) => {
      expect(each!.logprob).toBeCloseTo(given[index]!, 3);
      expect(each!.top).toHaveLength(2);
    });
  });

  it("stops working when the consumer leaves, also before the answer has begun", async () => {
    const parts = { prompt, sampling: { maxTokens: 450, temperature: 0, ignoreEos: true } };
    const left = new AbortController();
    for await (const event of engine.generate({
      ...parts,
      requestId: "left",
      prompt: { tokenIds: Uint32Array.from(prompt) },
    })) {
      if (event.type === "delta") break;
    }
    await expect.poll(async () => (await engine.load!()).running, { timeout: 5_000 }).toBe(0);
    const waiting = events(
      engine,
      { ...parts, constraint: { kind: "regex", pattern: "[a-z]+" } },
      left.signal,
    );
    setTimeout(() => left.abort(), 5);
    await waiting.catch((error: unknown) => expect(error).toMatchObject({ name: "AbortError" }));
    await expect.poll(async () => (await engine.load!()).running, { timeout: 5_000 }).toBe(0);
  });
});
