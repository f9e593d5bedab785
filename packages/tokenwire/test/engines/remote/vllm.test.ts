// The adapters against a real vLLM, where TOKENWIRE_VLLM names its program or it is on the path: through both of its
// endpoints and gRPC, with the packaged model, greedy answers and log-probabilities equal to the embedded engine's.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEngine } from "../../../src/engines/index.ts";
import { collect } from "../collect.ts";
import { holdsForms } from "../held-forms.ts";
import { writeHuggingFaceModel } from "../huggingface-model.ts";
import { compactPrompts } from "../llama-cpp-model.ts";
import { keepsContract, openPackagedToy } from "../packaged-toy.ts";
import { findProgram, type ServerProcess, startServer } from "../server-process.ts";

const program = findProgram("TOKENWIRE_VLLM", "vllm");
const toy = openPackagedToy();
const prompts = compactPrompts(toy.tokens, 50);

interface Way {
  readonly flags: readonly string[];
  readonly scheme: string;
}

/** With any other constraint first, the server would take that one's compiler for good. */
const structuredOutputs = { backend: "xgrammar", disable_any_whitespace: true };

const ways: Readonly<Record<string, Way>> = {
  "the token endpoint": { flags: ["--enable-scale-out", "--enable-prompt-tokens-details"], scheme: "http" },
  completions: { flags: ["--enable-prompt-tokens-details"], scheme: "http" },
  gRPC: { flags: ["--grpc"], scheme: "grpc" },
};

for (const [name, { flags, scheme }] of Object.entries(ways)) {
  describe.skipIf(program === undefined)(`vLLM through ${name}`, { timeout: 600_000 }, () => {
    const folder = mkdtempSync(join(tmpdir(), "tokenwire-vllm-"));
    let server: ServerProcess;
    const open = (port: number) => createEngine(`${scheme}://127.0.0.1:${port}`);
    const isReady = async (port: number): Promise<boolean> => {
      const engine = open(port);
      const { ok } = await engine.health();
      await engine.close();
      return ok;
    };

    beforeAll(async () => {
      writeHuggingFaceModel(folder, toy.model);
      server = await startServer({
        program: program!,
        parameters: (port) =>
          ["serve", folder, "--served-model-name", "toy", "--host", "127.0.0.1", "--port", `${port}`]
            .concat(["--dtype", "float32", "--max-model-len", "512", "--max-num-seqs", "16"])
            .concat(["--structured-outputs-config", JSON.stringify(structuredOutputs)])
            .concat(flags),
        environment: () => ({ VLLM_CPU_KVCACHE_SPACE: "1", VLLM_NO_USAGE_STATS: "1", HF_HUB_OFFLINE: "1" }),
        ready: isReady,
        patience: 300,
      });
    }, 300_000);
    afterAll(async () => {
      await server?.kill();
      rmSync(folder, { recursive: true });
    });

    it("keeps the contract, its answers equal to the embedded engine's", async () => {
      const engine = open(server.port);
      await keepsContract(engine, toy, {
        prompts,
        passes: ["C4", "C5", "C11", "C16"],
        timeoutMs: 300_000,
      });
      await engine.close();
    });

    holdsForms({ toy, folder, open: () => open(server.port) });

    // Over gRPC an idle server may repeat what it counted while it started.
    it.runIf(scheme === "http")("tells how busy it is", async () => {
      const engine = open(server.port);
      expect(await engine.load?.()).toMatchObject({ running: 0, waiting: 0 });
      const sampling = { maxTokens: 480, temperature: 1, ignoreEos: true };
      const prompt = { tokenIds: Uint32Array.from([1, 2, 3, 4]) };
      const answer = engine.generate({ requestId: "long", prompt, sampling })[Symbol.asyncIterator]();
      for (let events = 0; events < 20; events += 1) await answer.next();
      const busy = await engine.load?.();
      await answer.return?.(undefined);
      expect(busy).toMatchObject({ running: 1, waiting: 0 });
      await engine.close();
    });

    it("refuses a prompt that is too long, and an id that is not in the vocabulary", async () => {
      const engine = open(server.port);
      const refused = (ids: readonly number[]) =>
        collect(
          engine.generate({
            requestId: "r",
            prompt: { tokenIds: Uint32Array.from(ids) },
            sampling: { maxTokens: 1 },
          }),
        );
      await expect(refused(new Array(513).fill(5))).rejects.toMatchObject({ code: "context_length" });
      await expect(refused([toy.tokens.length])).rejects.toMatchObject({ code: "invalid_request" });
      await engine.close();
    });
  });
}
