// Both directions with the official SDK: our client against its server, its client against our server.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  connectMcp,
  createMcpTool,
  type McpHttpServer,
  serveMcpHttp,
  toPromptSchema,
} from "../../src/mcp/index.ts";
import { defineTool, runTool } from "../../src/tools/index.ts";

const context = { signal: new AbortController().signal };
const resolve = createRequire(import.meta.url).resolve;
const sdk = (name: string) =>
  pathToFileURL(resolve(`@modelcontextprotocol/${name}`).replace(/\.cjs$/, ".mjs")).href;

const createTools = () => {
  let count = 0;
  return [
    defineTool({
      name: "count",
      description: "Counts",
      execute: () => {
        count += 1;
        return String(count);
      },
    }),
    defineTool({
      name: "add",
      description: "Adds <|call|>",
      parameters: {
        type: "object",
        properties: { a: { type: "number", title: "A" }, b: { type: "number" } },
        required: ["a", "b"],
      },
      execute: ({ a, b }) => {
        if (a === b) throw new Error("equal");
        return String(Number(a) + Number(b));
      },
    }),
  ];
};

describe("our server, our client", () => {
  let server: McpHttpServer;
  beforeAll(async () => {
    server = await serveMcpHttp({ name: "calc", instructions: "Calculates.", createTools, token: "secret" });
  });
  afterAll(() => server.close());
  const connect = (headers = { authorization: "Bearer secret" }) =>
    connectMcp({ label: "calc", url: server.url, headers, timeout: 5000 });

  it("lists, calls and reports errors as text", async () => {
    const connection = await connect();
    const tool = createMcpTool(connection, { approval: ["add"] });
    expect(connection).toMatchObject({ serverName: "calc", instructions: "Calculates." });
    const call = (name: string, text: string) => runTool(tool, { function: name, arguments: text }, context);
    expect(await call("add", '{"a":1,"b":2}')).toEqual({ text: "3", failed: false });
    expect(await call("add", '{"a":1,"b":1}')).toEqual({ text: "Error: equal", failed: true });
    expect((await call("add", '{"a":"x"}')).failed).toBe(true);
    expect(await call("add", "{")).toMatchObject({ failed: true });
    expect(await call("missing", "{}")).toMatchObject({
      failed: true,
      text: expect.stringContaining("count, add"),
    });
    expect(tool.needsApproval?.({ function: "add", arguments: "" })).toBe(true);
    expect(tool.needsApproval?.({ function: "count", arguments: "" })).toBe(false);
    expect(tool.namespace.tools[1]?.parameters).toMatchObject({ properties: { a: { type: "number" } } });
    await tool.dispose?.();
  });

  it("keeps sessions apart", async () => {
    const [first, second] = await Promise.all([connect(), connect()]);
    await first.call("count", {});
    expect((await first.call("count", {})).text).toBe("2");
    expect((await second.call("count", {})).text).toBe("1");
    await Promise.all([first.close(), second.close()]);
  });

  it("refuses a wrong token, foreign origins and oversized bodies", async () => {
    await expect(connect({ authorization: "Bearer wrong" })).rejects.toThrow(/MCP server "calc"/);
    const post = (headers: Record<string, string>, body = "{}") =>
      fetch(server.url, { method: "POST", headers: { authorization: "Bearer secret", ...headers }, body });
    expect((await post({ origin: "https://evil.example" })).status).toBe(403);
    expect((await post({ "mcp-session-id": "nope" })).status).toBe(404);
    expect((await post({}, "x".repeat(2 << 20)).catch(() => ({ status: 413 }))).status).toBe(413);
  });

  it("needs a token away from loopback", async () => {
    await expect(serveMcpHttp({ name: "x", createTools, host: "0.0.0.0" })).rejects.toThrow(
      /token is required/,
    );
  });
});

describe("our client, servers of the official SDK over standard input and output", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "mcp-"));
    writeFileSync(
      join(folder, "server.mjs"),
      `import { McpServer, fromJsonSchema } from ${JSON.stringify(sdk("server"))};
       import { StdioServerTransport } from ${JSON.stringify(sdk("server/stdio"))};
       const server = new McpServer({ name: "upper", version: "1" }, { instructions: "Shouts." });
       const inputSchema = fromJsonSchema({ type: "object", properties: { text: { type: "string" } }, required: ["text"] });
       server.registerTool("shout", { description: "Upper case", inputSchema }, async ({ text }) => {
         if (text === "die") process.exit(1);
         if (text === "hang") await new Promise(() => {});
         return { content: [{ type: "text", text: text.toUpperCase() }, { type: "image", data: "AA==", mimeType: "image/png" }] };
       });
       await server.connect(new StdioServerTransport());`,
    );
    writeFileSync(join(folder, "crash.mjs"), "process.exit(3)");
    writeFileSync(join(folder, "garbage.mjs"), "setInterval(() => console.log('not json'), 5)");
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const connect = (file: string, timeout = 10_000) =>
    connectMcp({ label: "upper", command: process.execPath, args: [join(folder, file)], timeout });

  it("calls it", async () => {
    const connection = await connect("server.mjs");
    expect(await connection.call("shout", { text: "hi" })).toEqual({
      text: "HI\n[image image/png]",
      isError: false,
    });
    await connection.close();
  });

  it.each([
    ["die", 10_000],
    ["hang", 500],
  ])("turns %s into a failed result", async (text, timeout) => {
    const tool = createMcpTool(await connect("server.mjs", timeout === 500 ? 3000 : timeout));
    const result = await runTool(tool, { function: "shout", arguments: JSON.stringify({ text }) }, context);
    expect(result).toMatchObject({ failed: true, text: expect.stringContaining("upper failed") });
    await tool.dispose?.();
  });

  it.each(["crash.mjs", "garbage.mjs"])("does not hang on %s", async (file) => {
    await expect(connect(file, 1500)).rejects.toThrow(/MCP server "upper"/);
  });
});

describe("toPromptSchema", () => {
  it("drops noise and keeps meaning", () => {
    const schema = {
      type: "object",
      title: "Args",
      properties: {
        a: { anyOf: [{ type: "string" }, { type: "null" }], title: "A", default: null },
        b: { anyOf: [{ type: "string" }, { type: "number" }], default: -1 },
        c: { anyOf: [{ enum: [1] }, { type: "null" }] },
        title: { type: "string", title: "Title" },
        p: { $ref: "#/$defs/P" },
        l: { type: "array", items: { $ref: "#/$defs/P" } },
      },
      $defs: { P: { type: "object", title: "P", properties: { x: { type: "number", title: "X" } } } },
    };
    const point = { type: "object", properties: { x: { type: "number" } } };
    expect(toPromptSchema(schema)).toEqual({
      type: "object",
      properties: {
        a: { type: "string" },
        b: { type: ["string", "number"], default: -1 },
        c: { anyOf: [{ enum: [1] }, { type: "null" }] },
        title: { type: "string" },
        p: point,
        l: { type: "array", items: point },
      },
    });
  });
  it("ends on schemas that refer to themselves", () => {
    const schema = {
      $ref: "#/$defs/T",
      $defs: { T: { type: "object", properties: { next: { $ref: "#/$defs/T" } } } },
    };
    expect(JSON.stringify(toPromptSchema(schema)).length).toBeLessThan(5000);
  });
});
