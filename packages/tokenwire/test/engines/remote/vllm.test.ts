// The adapters against a real vLLM, where TOKENWIRE_VLLM names its program or it is on the path: through both of its
// endpoints and gRPC, with the packaged model, greedy answers and log-probabilities equal to the embedded engine's.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getEncoding } from "@tokenwire/encodings";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Reference, runConformance } from "../../../src/engines/conformance/index.ts";
import { loadLlamaModel } from "../../../src/engines/embedded/model.ts";
import { createEmbeddedEngine, createEngine, packagedModel } from "../../../src/engines/index.ts";
import { collect, greedyReference } from "../collect.ts";
import { writeHuggingFaceModel } from "../huggingface-model.ts";
import { compactModel, compactPrompts } from "../llama-cpp-model.ts";
import { findProgram, type ServerProcess, startServer } from "../server-process.ts";

const program = findProgram("TOKENWIRE_VLLM", "vllm");
const model = loadLlamaModel(readFileSync(packagedModel));
const tokens = model.metadata.get("tokenizer.ggml.tokens") as string[];
const rowIds = model.metadata.get("tokenwire.row_ids") as number[];
const ends = ["<|return|>", "<|call|>"].map((token) => tokens.indexOf(token));
const prompts = compactPrompts(tokens, 50);
const encoding = getEncoding("o200k_harmony");

interface Way {
  readonly flags: readonly string[];
  readonly scheme: string;
}

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
      writeHuggingFaceModel(folder, model);
      server = await startServer({
        program: program!,
        parameters: (port) =>
          ["serve", folder, "--served-model-name", "toy", "--host", "127.0.0.1", "--port", `${port}`]
            .concat(["--dtype", "float32", "--max-model-len", "512", "--max-num-seqs", "16"])
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
      const embedded = createEmbeddedEngine({ model: compactModel(model, "F32") });
      const references: Reference[] = [];
      for (const prompt of prompts) references.push(await greedyReference(embedded, prompt, 48));
      const engine = open(server.port);
      const report = await runConformance(engine, {
        prompts,
        references,
        eosTokenIds: ends,
        maxTokens: 48,
        slowConsumerMs: 50,
        timeoutMs: 300_000,
        decode: (rows) => encoding.decode(rows.map((row) => rowIds[row] as number)),
      });
      await engine.close();
      console.info(report.results.map(({ id, status, detail }) => `${id} ${status} ${detail}`).join("\n"));
      expect(report.results.filter(({ status }) => status === "fail")).toEqual([]);
      for (const wanted of ["C4", "C5", "C11", "C16"]) {
        expect(report.results.find(({ id }) => id === wanted)).toMatchObject({ status: "pass" });
      }
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
      await expect(refused([tokens.length])).rejects.toMatchObject({ code: "invalid_request" });
      await engine.close();
    });
  });
}
