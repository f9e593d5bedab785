// The pool against real servers: ours over HTTP, one of the official SDK over standard input and output.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type McpHttpServer, McpPool, type McpPoolOptions, serveMcpHttp } from "../../src/mcp/index.ts";
import { defineTool } from "../../src/tools/index.ts";

/** Counts within a session. */
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
  ];
};
const pools: McpPool[] = [];
const createPool = (options?: McpPoolOptions) => {
  const pool = new McpPool(options);
  pools.push(pool);
  return pool;
};
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

describe("a pool of connections over HTTP", () => {
  let server: McpHttpServer;
  beforeEach(async () => {
    server = await serveMcpHttp({ name: "counter", createTools });
  });
  afterEach(() => server.close());
  const config = () => ({ label: "counter", url: server.url, timeout: 5000 });
  /** Counts once on a connection of the pool and gives it back. */
  const count = async (pool: McpPool, tenant: string, more: object = {}): Promise<string> => {
    const connection = await pool.connect({ ...config(), ...more }, tenant);
    try {
      return (await connection.call("count", {})).text;
    } finally {
      await connection.close();
    }
  };

  it("hands a connection on within a tenant, never to another tenant or with other credentials", async () => {
    const pool = createPool();
    expect(await count(pool, "a")).toBe("1");
    expect(await count(pool, "a")).toBe("2");
    expect(await count(pool, "b")).toBe("1");
    expect(await count(pool, "a", { headers: { authorization: "Bearer x" } })).toBe("1");
    expect(pool.size).toBe(3);
    expect(await count(pool, "a", { reuse: false })).toBe("1");
    expect(await count(pool, "a", { reuse: false })).toBe("1");
    expect(pool.size).toBe(3);
  });

  it("lends a connection to one conversation at a time", async () => {
    const pool = createPool();
    const [first, second] = await Promise.all([pool.connect(config(), "a"), pool.connect(config(), "a")]);
    await first.call("count", {});
    expect((await second.call("count", {})).text).toBe("1");
    await first.close();
    await first.close();
    await second.close();
    expect(pool.size).toBe(2);
    await expect(first.call("count", {})).rejects.toThrow(/given back/);
  });

  it("is bounded: it closes what rests longest, and lets wait when all are lent", async () => {
    const pool = createPool({ maxConnections: 1 });
    const lent = await pool.connect(config(), "a");
    const abort = new AbortController();
    const given = pool.connect(config(), "b", abort.signal);
    const waiting = pool.connect(config(), "c");
    abort.abort(new Error("left"));
    await expect(given).rejects.toThrow("left");
    await lent.close();
    expect((await (await waiting).call("count", {})).text).toBe("1");
    expect(pool.size).toBe(1);
  });

  it("closes what nobody uses", async () => {
    const pool = createPool({ idleTimeout: 20 });
    await count(pool, "a");
    await expect.poll(() => pool.size).toBe(0);
    expect(await count(pool, "a")).toBe("1");
  });

  it("connects anew when the server was restarted", async () => {
    const pool = createPool();
    const port = Number(new URL(server.url).port);
    await count(pool, "a");
    const lent = await pool.connect(config(), "a");
    await server.close();
    // Another test's connection may have the port for a moment.
    await vi.waitFor(
      async () => {
        server = await serveMcpHttp({ name: "counter", createTools, port });
      },
      { timeout: 4_000 },
    );
    // The call that meets the loss fails; it is not repeated, since it might have done its work.
    await expect(lent.call("count", {})).rejects.toThrow();
    expect((await lent.call("count", {})).text).toBe("1");
    await lent.close();
    expect(pool.size).toBe(1);
  });

  it("frees the place of a connection that could not be made", async () => {
    const pool = createPool({ maxConnections: 1 });
    const dead = { label: "dead", url: "http://127.0.0.1:9/mcp", timeout: 1000 };
    await expect(pool.connect(dead, "a")).rejects.toThrow(/MCP server "dead"/);
    expect(pool.size).toBe(0);
    expect(await count(pool, "a")).toBe("1");
  });

  it("lists the tools again when the list is old", async () => {
    const pool = createPool({ toolAge: -1 });
    let names: string[] = [];
    const changing = await serveMcpHttp({
      name: "changing",
      createTools: () => names.map((name) => defineTool({ name, description: "", execute: () => name })),
    });
    try {
      names = ["one"];
      const toConfig = { label: "changing", url: changing.url, timeout: 5000 };
      const first = await pool.connect(toConfig, "a");
      expect(first.tools.map(({ name }) => name)).toEqual(["one"]);
      await first.close();
      const second = await pool.connect(toConfig, "a");
      expect(second.tools.map(({ name }) => name)).toEqual(["one"]);
      expect(pool.size).toBe(1);
      await second.close();
    } finally {
      await changing.close();
    }
  });
});

describe("a pool of programs", () => {
  let folder = "";
  beforeAll(() => {
    const resolve = createRequire(import.meta.url).resolve;
    const sdk = (name: string) =>
      JSON.stringify(pathToFileURL(resolve(`@modelcontextprotocol/${name}`).replace(/\.cjs$/, ".mjs")).href);
    folder = mkdtempSync(join(tmpdir(), "mcp-pool-"));
    writeFileSync(
      join(folder, "server.mjs"),
      `import { McpServer, fromJsonSchema } from ${sdk("server")};
       import { StdioServerTransport } from ${sdk("server/stdio")};
       const server = new McpServer({ name: "life", version: "1" });
       const inputSchema = fromJsonSchema({ type: "object", properties: {} });
       const text = (text) => ({ content: [{ type: "text", text }] });
       server.registerTool("pid", { description: "", inputSchema }, async () => text(String(process.pid)));
       server.registerTool("die", { description: "", inputSchema }, async () => process.exit(1));
       server.registerTool("grow", { description: "", inputSchema }, async () => {
         server.registerTool("grown", { description: "", inputSchema }, async () => text("grown"));
         return text("ok");
       });
       await server.connect(new StdioServerTransport());`,
    );
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("starts a program once, learns of new tools, and starts it again when it died", async () => {
    const pool = createPool();
    const config = {
      label: "life",
      command: process.execPath,
      args: [join(folder, "server.mjs")],
      timeout: 10_000,
    };
    const first = await pool.connect(config, "a");
    const pid = (await first.call("pid", {})).text;
    await first.call("grow", {});
    await first.close();
    const second = await pool.connect(config, "a");
    expect((await second.call("pid", {})).text).toBe(pid);
    expect(second.tools.map(({ name }) => name)).toContain("grown");
    await expect(second.call("die", {})).rejects.toThrow();
    const other = (await second.call("pid", {})).text;
    expect(other).not.toBe(pid);
    await second.close();
    await pool.close();
    const isGone = () => {
      try {
        process.kill(Number(other), 0);
        return false;
      } catch {
        return true;
      }
    };
    await expect.poll(isGone).toBe(true);
  }, 30_000);
});
