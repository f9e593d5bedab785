// A prompt made from our own MCP servers is, token for token, the one made from the tools themselves; and the command
// serves any client of the official SDK.

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { loadHarmonyEncoding, Message, SystemContent } from "@tokenwire/core/harmony";
import { getEncoding } from "@tokenwire/encodings";
import { describe, expect, it } from "vitest";
import { connectMcp, createMcpTool, serveMcpHttp } from "../../src/mcp/index.ts";
import {
  createBrowserTool,
  createPythonTool,
  emptyCassette,
  replayCassette,
  type Tool,
} from "../../src/tools/index.ts";

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

const systemTokens = (tools: readonly Tool[]): number[] => {
  let content = SystemContent.new();
  for (const { namespace } of tools) content = content.withTools(namespace);
  const ids: number[] = [];
  loadHarmonyEncoding(getEncoding("o200k_harmony")).renderInto(
    Message.fromRoleAndContent("system", content),
    ids,
  );
  return ids;
};

describe("our MCP servers", () => {
  it("give the prompts that the tools give", async () => {
    const tokenizer = getEncoding("o200k_base");
    const native = [
      createBrowserTool({ backend: replayCassette(emptyCassette("web")), tokenizer }),
      createPythonTool(),
    ];
    const remote: Tool[] = [];
    for (const tool of native) {
      const { description = "" } = tool.namespace;
      const server = await serveMcpHttp({
        name: tool.name,
        instructions: description,
        createTools: () => [tool],
      });
      const connection = await connectMcp({ label: tool.name, url: server.url, timeout: 5000 });
      remote.push(createMcpTool(connection));
      await connection.close();
      await server.close();
    }
    expect(systemTokens(remote)).toEqual(systemTokens(native));
  });

  it.skipIf(!existsSync(main))(
    "are served by the command, over standard input and output",
    async () => {
      const client = new Client({ name: "test", version: "1" });
      await client.connect(
        new StdioClientTransport({
          command: process.execPath,
          args: [main, "mcp", "serve", "text", "python"],
        }),
      );
      try {
        const { tools } = await client.listTools();
        expect(tools.map(({ name }) => name)).toEqual([
          "count_tokens",
          "tokenize",
          "detokenize",
          "parse_tool_calls",
          "parse_reasoning",
          "python",
        ]);
        expect(tools.at(-1)).toMatchObject({ title: "Execute Python code" });
        const call = async (name: string, values: Record<string, unknown>) => {
          const { content, isError } = await client.callTool({ name, arguments: values });
          return [(content as { text: string }[])[0]!.text, isError ?? false];
        };
        expect(await call("tokenize", { text: "hello world" })).toEqual(["[24912,2375]", false]);
        expect(await call("detokenize", { ids: [24912, 2375] })).toEqual(["hello world", false]);
        expect(await call("count_tokens", { text: "x", encoding: "nope" })).toMatchObject([
          expect.anything(),
          true,
        ]);
        const hermes = '<tool_call>{"name":"f","arguments":{"a":1}}</tool_call>';
        const [parsed] = await call("parse_tool_calls", { text: hermes, format: "hermes" });
        expect(JSON.parse(String(parsed)).calls[0]).toMatchObject({ name: "f" });
        await call("python", { code: "x = 1" });
        expect(await call("python", { code: "x + 1" })).toEqual(["2\n", false]);
      } finally {
        await client.close();
      }
    },
    30_000,
  );
});
