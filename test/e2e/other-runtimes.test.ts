// The built packages in Bun and Deno, where TOKENWIRE_BUN and TOKENWIRE_DENO name the programs or they are on the path:
// the server with the official client, and the encodings, which must give the IDs that they give in Node.

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { getEncoding, listEncodingNames } from "@tokenwire/encodings";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import {
  findProgram,
  type ServerProcess,
  startServer,
} from "../../packages/tokenwire/test/engines/server-process.ts";

const packages = fileURLToPath(new URL("../../packages/", import.meta.url));
const main = join(packages, "tokenwire/dist/cli/main.js");
const text = `Grüße, 你好 👋🏽 <|endoftext|> ${"a".repeat(3000)} ${"for (let i = 0;\n\n".repeat(200)}`;

const runtimes = [
  { name: "Bun", program: findProgram("TOKENWIRE_BUN", "bun"), parameters: [] },
  { name: "Deno", program: findProgram("TOKENWIRE_DENO", "deno"), parameters: ["run", "-A"] },
];

for (const { name, program, parameters } of runtimes) {
  describe.skipIf(program === undefined || !existsSync(main))(`in ${name}`, () => {
    const folder = mkdtempSync(join(tmpdir(), "other-runtimes-"));
    let server: ServerProcess;
    let client: OpenAI;
    const metrics = async (): Promise<string> => (await fetch(`${server.url}/metrics`)).text();

    beforeAll(async () => {
      server = await startServer({
        program: program!,
        parameters: (port) => [
          ...parameters,
          main,
          "serve",
          "--port",
          `${port}`,
          "--store",
          join(folder, "store.db"),
        ],
        ready: "/health",
        patience: 60,
      });
      client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "none" });
    }, 70_000);
    afterAll(async () => {
      await server?.kill();
      rmSync(folder, { recursive: true, force: true });
    });

    it("every encoding gives the IDs that it gives in Node, and the text again", () => {
      const script = `
        import { getEncoding, listEncodingNames } from ${JSON.stringify(join(packages, "encodings/dist/index.js"))};
        const text = ${JSON.stringify(text)};
        const all = listEncodingNames().map((name) => {
          const ids = getEncoding(name).encodeOrdinary(text);
          if (getEncoding(name).decode(ids) !== text) throw new Error(name);
          return [name, [...ids]];
        });
        console.log(JSON.stringify(all));`;
      const evaluate = name === "Bun" ? ["--eval", script] : ["eval", script];
      const printed = execFileSync(program!, evaluate, { encoding: "utf8", maxBuffer: 1 << 26 });
      const expected = listEncodingNames().map((each) => [each, [...getEncoding(each).encodeOrdinary(text)]]);
      expect(JSON.parse(printed)).toEqual(expected);
    });

    it("a streamed chat is the same as a whole one", async () => {
      const request = {
        model: "tokenwire-toy",
        messages: [{ role: "user" as const, content: "Tell me a story" }],
        temperature: 0,
        max_tokens: 40,
      };
      const whole = await client.chat.completions.create(request);
      const streamed = await client.chat.completions.stream(request).finalChatCompletion();
      expect(whole.choices[0]!.message.content).not.toBe("");
      expect(streamed.choices[0]!.message.content).toBe(whole.choices[0]!.message.content);
    });

    it("a stored response is there again", async () => {
      const created = await client.responses.create({
        model: "tokenwire-toy",
        input: "Hello",
        max_output_tokens: 16,
      });
      const again = await client.responses.retrieve(created.id);
      expect(again.output).toEqual(created.output);
    });

    it("a client that leaves stops its generation", async () => {
      const request = { model: "tokenwire-toy", max_tokens: 1900, ignore_eos: true, stream: true as const };
      const messages = [{ role: "user" as const, content: "Hello" }];
      const stream = await client.chat.completions.create({ ...request, messages });
      for await (const _ of stream) break;
      stream.controller.abort();
      await vi.waitFor(
        async () => expect(await metrics()).toContain('tokenwire_aborts_total{cause="client"} 1'),
        5000,
      );
    });
  });
}
