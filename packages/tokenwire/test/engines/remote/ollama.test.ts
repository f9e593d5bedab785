// The adapter against a real Ollama, where TOKENWIRE_OLLAMA names its program or it is on the path, with the packaged
// model.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runConformance } from "../../../src/engines/conformance/index.ts";
import { loadLlamaModel } from "../../../src/engines/embedded/model.ts";
import { createEngine, type Engine, packagedModel } from "../../../src/engines/index.ts";
import { collect, finishOf } from "../collect.ts";
import { compactModel } from "../llama-cpp-model.ts";
import { findProgram, type ServerProcess, startServer } from "../server-process.ts";

const program = findProgram("TOKENWIRE_OLLAMA", "ollama");

describe.skipIf(program === undefined)("Ollama", { timeout: 300_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "tokenwire-ollama-"));
  let server: ServerProcess;
  let engine: Engine;

  beforeAll(async () => {
    writeFileSync(join(folder, "toy.gguf"), compactModel(loadLlamaModel(readFileSync(packagedModel)), "F32"));
    writeFileSync(join(folder, "Modelfile"), `FROM ${join(folder, "toy.gguf")}\n`);
    const environment = (port: number) => ({
      OLLAMA_HOST: `127.0.0.1:${port}`,
      OLLAMA_MODELS: join(folder, "models"),
      HOME: folder,
    });
    server = await startServer({
      program: program!,
      parameters: () => ["serve"],
      environment,
      ready: "/api/tags",
      patience: 30,
    });
    execFileSync(program!, ["create", "toy", "-f", join(folder, "Modelfile")], {
      env: { ...process.env, ...environment(Number(new URL(server.url).port)) },
      stdio: "ignore",
    });
    engine = createEngine(server.url);
  }, 120_000);
  afterAll(async () => {
    await engine.close();
    await server.kill();
    rmSync(folder, { recursive: true });
  });

  it("keeps what of the contract an engine of texts can keep", async () => {
    const prompts = Array.from({ length: 16 }, (_, at) => `Tell me a story about ${at + 1} cats.`);
    // Left out: those for which the model would have to end an answer. Its words are not spelled as they were in training.
    const only = ["C6", "C7", "C8", "C9", "C15", "C17", "C19", "C20"];
    const report = await runConformance(engine, {
      prompts,
      only,
      maxTokens: 16,
      slowConsumerMs: 50,
      timeoutMs: 240_000,
    });
    console.info(report.results.map(({ id, status, detail }) => `${id} ${status} ${detail}`).join("\n"));
    expect(report).toMatchObject({ engine: "ollama", model: "toy:latest", passed: only.length });
  });

  const ask = (rest: object) =>
    collect(
      engine.generate({
        requestId: "r",
        prompt: { text: "Hello" },
        sampling: { maxTokens: 40, temperature: 1, seed: 1 },
        ...rest,
      }),
    );
  const textOf = (events: Awaited<ReturnType<typeof ask>>) =>
    events.map((event) => (event.type === "text" ? event.text : "")).join("");

  it("counts tokens, and tells length from stop", async () => {
    const cut = finishOf(await ask({ sampling: { maxTokens: 7, temperature: 0 } }));
    expect(cut).toMatchObject({ reason: "length", usage: { completionTokens: 7 } });
    const whole = textOf(await ask({ sampling: { maxTokens: 30, temperature: 0 } }));
    const word = whole.trim().split(/\s+/)[2]!;
    const stopped = await ask({
      sampling: { maxTokens: 30, temperature: 0 },
      stop: { tokenIds: [], strings: [word] },
    });
    expect(finishOf(stopped)).toMatchObject({ reason: "stop" });
    expect(textOf(stopped)).toBe(whole.slice(0, whole.indexOf(word)));
  });

  it("holds answers to a schema", async () => {
    const schema = { type: "object", properties: { ok: { type: "boolean" } }, required: ["ok"] };
    for (let seed = 0; seed < 5; seed++) {
      const events = await ask({
        sampling: { maxTokens: 60, temperature: 1, seed },
        constraint: { kind: "json_schema", schema, strict: true },
      });
      if (finishOf(events)?.reason !== "stop") continue;
      expect(JSON.parse(textOf(events))).toEqual({ ok: expect.any(Boolean) });
    }
  });
});
