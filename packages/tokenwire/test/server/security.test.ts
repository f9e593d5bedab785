// The security requirements that concern HTTP, one block each, named after what is at risk.

import { request as rawRequest } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { createServer, type ServerOptions } from "../../src/server/index.ts";
import { answerText, type Running, start, TestEngine } from "./support.ts";

let running: Running;
beforeAll(async () => {
  running = await start({ emit: () => answerText("Hello!") });
});
afterAll(() => running.server.close());

const chat = { model: "test-model", messages: [{ role: "user", content: "hi" }] };

function post(path: string, body: unknown, headers: Record<string, string> = {}, url = running.url) {
  return fetch(`${url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

async function within<T>(options: Partial<ServerOptions>, use: (running: Running) => Promise<T>): Promise<T> {
  const other = await start({ emit: () => answerText("x") }, options);
  try {
    return await use(other);
  } finally {
    await other.server.close();
  }
}

/** Sends bytes and resolves with all that comes back, until the server ends the connection. */
function exchange(url: string, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    let received = "";
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.on("data", (chunk) => {
      received += chunk;
    });
    socket.on("close", () => resolve(received)).on("error", reject);
  });
}

describe("keys: every route but health refuses a request without one", () => {
  it("holds for every route that the server registered, wildcards and HEAD included", async () => {
    await within({ apiKeys: ["secret"] }, async ({ server, url }) => {
      const open = /^\/(?:health|liveness|ready|readiness)$/;
      expect(server.routes.length).toBeGreaterThan(80);
      expect(server.routes.filter(({ path }) => open.test(path))).toHaveLength(8);
      for (const { method, path } of server.routes) {
        const target = path.replace("*", "x/y").replace(/:\w+/g, "x");
        const response = await fetch(`${url}${target}`, {
          method,
          ...(method === "POST" && { body: "{}", headers: { "content-type": "application/json" } }),
        });
        await response.arrayBuffer();
        expect(response.status, `${method} ${path}`).toBe(open.test(path) ? 200 : 401);
        if (!open.test(path)) expect(response.headers.get("www-authenticate")).toBe("Bearer");
      }
      // What is not registered does not tell so either.
      expect((await fetch(`${url}/nothing`)).status).toBe(401);
      expect((await fetch(`${url}/v1/chat/completions`, { method: "PUT" })).status).toBe(401);
    });
  });

  it("knows the same routes as Fastify prints", async () => {
    const printed = running.server.app.printRoutes({ commonPrefix: false });
    const methods = [...printed.matchAll(/\(([A-Z, ]+)\)/g)].flatMap((match) => match[1]!.split(", "));
    expect(running.server.routes).toHaveLength(methods.length);
  });

  it("holds for WebSockets on every path", async () => {
    await within({ apiKeys: ["secret"] }, async ({ url }) => {
      const open = (path: string, headers = {}): Promise<number> =>
        new Promise((resolve) => {
          const socket = new WebSocket(`${url.replace("http", "ws")}${path}`, { headers });
          socket.on("unexpected-response", (_request, response) => resolve(response.statusCode!));
          socket.on("error", () => undefined);
          socket.on("open", () => {
            socket.close();
            resolve(101);
          });
        });
      for (const path of ["/v1/responses", "/responses", "/v1/realtime", "/health", "/"]) {
        expect(await open(path), path).toBe(401);
      }
      expect(await open("/v1/responses", { authorization: "Bearer wrong" })).toBe(401);
      expect(await open("/v1/responses", { authorization: "Bearer secret" })).toBe(101);
    });
  });

  it("holds for routes that a program adds", async () => {
    const engine = new TestEngine({ emit: () => "" });
    const own = await createServer({ models: [{ engine }], port: 0, apiKeys: ["secret"] });
    own.app.get("/mine", () => ({ mine: true }));
    const url = await own.listen();
    const refused = await fetch(`${url}/mine`);
    const allowed = await fetch(`${url}/mine`, { headers: { "x-api-key": "secret" } });
    await own.close();
    expect([refused.status, allowed.status]).toEqual([401, 200]);
  });

  it("takes keys of which only the digest is configured", async () => {
    // The digest of "secret".
    const key = "sha256:2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
    await within({ apiKeys: [key] }, async ({ url }) => {
      const status = async (sent: string): Promise<number> =>
        (await fetch(`${url}/v1/models`, { headers: { "x-api-key": sent } })).status;
      expect(await status("secret")).toBe(200);
      expect(await status(key)).toBe(401);
      expect(await status(key.slice(7))).toBe(401);
    });
  });

  it("asks the program who it is, beside the keys, and keeps callers apart", async () => {
    const authenticate = async ({ authorization }: Readonly<Record<string, unknown>>) => {
      await Promise.resolve();
      if (authorization === "Bearer broken") throw new Error("no provider");
      return /^Bearer token-(\w+)$/.exec(String(authorization))?.[1];
    };
    await within({ apiKeys: ["key"], authenticate }, async ({ url }) => {
      const as = (token: string) => ({ authorization: `Bearer ${token}` });
      const list = async (token: string): Promise<number> =>
        (await fetch(`${url}/v1/models`, { headers: as(token) })).status;
      expect(await list("key")).toBe(200);
      expect(await list("token-anna")).toBe(200);
      expect(await list("other")).toBe(401);
      expect(await list("broken")).toBe(500);
      expect((await fetch(`${url}/v1/models`)).status).toBe(401);
      const body = { model: "test-model", input: "x" };
      const made = (await (await post("/v1/responses", body, as("token-anna"), url)).json()) as {
        id: string;
      };
      const read = async (token: string): Promise<number> =>
        (await fetch(`${url}/v1/responses/${made.id}`, { headers: as(token) })).status;
      expect([await read("token-anna"), await read("token-bob"), await read("key")]).toEqual([200, 404, 404]);
      const opened = await new Promise<boolean>((resolve) => {
        const socket = new WebSocket(`${url.replace("http", "ws")}/v1/responses`, {
          headers: as("token-anna"),
        });
        socket.on("open", () => {
          socket.close();
          resolve(true);
        });
        socket.on("error", () => resolve(false));
      });
      expect(opened).toBe(true);
    });
  });

  it("opens the documents of discovery only where the operator says so", async () => {
    const status = async (options: Partial<ServerOptions>): Promise<number> =>
      within({ apiKeys: ["secret"], ...options }, async ({ url }) => {
        const response = await fetch(`${url}/.well-known/codec/index.json`);
        await response.arrayBuffer();
        return response.status;
      });
    expect(await status({})).toBe(401);
    expect(await status({ codec: { publicDiscovery: true } })).toBe(200);
  });

  it.each([
    ["a wrong key", { authorization: "Bearer wrong" }],
    ["an empty key", { authorization: "Bearer " }],
    ["another scheme", { authorization: "Basic c2VjcmV0" }],
    ["a key with more at its end", { "x-api-key": "secret " + "x" }],
    ["a key that is very long", { "x-api-key": "x".repeat(8_000) }],
    [
      "the digest of the key",
      { "x-api-key": "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b" },
    ],
  ])("refuses %s", async (_name, headers) => {
    await within({ apiKeys: ["secret"] }, async ({ url }) => {
      expect((await post("/v1/chat/completions", chat, headers, url)).status).toBe(401);
    });
  });
});

describe("tenants: objects of one key do not exist for another", () => {
  it("answers 404, not 403", async () => {
    await within({ apiKeys: ["one", "two"] }, async ({ url }) => {
      const [one, two] = [{ "x-api-key": "one" }, { "x-api-key": "two" }];
      const make = async (path: string, body: object): Promise<string> =>
        ((await (await post(path, body, one, url)).json()) as { id: string }).id;
      const response = await make("/v1/responses", { model: "test-model", input: "hi" });
      const conversation = await make("/v1/conversations", {});
      for (const path of [
        `/v1/responses/${response}`,
        `/v1/responses/${response}/input_items`,
        `/v1/conversations/${conversation}`,
        `/v1/conversations/${conversation}/items`,
      ]) {
        expect((await fetch(`${url}${path}`, { headers: one })).status, path).toBe(200);
        expect((await fetch(`${url}${path}`, { headers: two })).status, path).toBe(404);
      }
      for (const path of [`/v1/responses/${response}`, `/v1/conversations/${conversation}`]) {
        expect((await fetch(`${url}${path}`, { method: "DELETE", headers: two })).status).toBe(404);
        expect((await fetch(`${url}${path}`, { headers: one })).status).toBe(200);
      }
      const stolen = { model: "test-model", input: "x", previous_response_id: response };
      expect((await post("/v1/responses", stolen, two, url)).status).toBe(400);
    });
  });
});

describe("bodies: size, depth, encoding", () => {
  it("refuses a declared length above the limit before the body is sent", async () => {
    await within({ limits: { body: 1_000 } }, async ({ url }) => {
      const answer = await exchange(
        url,
        "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 100000000\r\n\r\n{",
      );
      expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    });
  });

  it("refuses a chunked body at the limit, however long it would get", async () => {
    await within({ limits: { body: 1_000 } }, async ({ url }) => {
      const answer = await exchange(
        url,
        `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n800\r\n${"x".repeat(2_048)}\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    });
  });

  it.each(["gzip", "br", "deflate", "zstd"])("refuses a body in %s", async (encoding) => {
    const response = await post("/v1/chat/completions", chat, { "content-encoding": encoding });
    expect(response.status).toBe(415);
  });

  it("refuses nesting that an echo would overflow on, at the limit and no earlier", async () => {
    const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
    const body = (depth: number): string =>
      `{"model":"test-model","messages":[{"role":"user","content":"x"}],"x":${nested(depth)}}`;
    expect((await post("/v1/chat/completions", body(127))).status).toBe(200);
    for (const depth of [128, 5_000, 200_000]) {
      expect((await post("/v1/chat/completions", body(depth))).status, String(depth)).toBe(400);
    }
  });

  it("takes lone surrogates, and numbers beyond range, without a 5xx", async () => {
    const surrogate = '{"model":"test-model","messages":[{"role":"user","content":"a\\ud800b"}]}';
    expect((await post("/v1/chat/completions", surrogate)).status).toBe(200);
    for (const field of ["temperature", "seed", "max_tokens", "top_p", "n"]) {
      const body = `{"model":"test-model","messages":[{"role":"user","content":"x"}],"${field}":1e400}`;
      expect((await post("/v1/chat/completions", body)).status, field).toBe(400);
    }
  });
});

describe("prototype pollution", () => {
  it("leaves every prototype as it was, whatever names the body has", async () => {
    const names = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"];
    for (const name of names) {
      const tool = `{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"${name}":{"type":"string"}}}}}`;
      for (const body of [
        `{"model":"test-model","messages":[{"role":"user","content":"x","${name}":{"polluted":1}}],"tools":[${tool}]}`,
        `{"model":"test-model","messages":[{"role":"user","content":"x"}],"${name}":{"polluted":1}}`,
        `{"model":"test-model","messages":[{"role":"user","content":"x"}],"metadata":{"${name}":"polluted"}}`,
      ]) {
        expect((await post("/v1/chat/completions", body)).status, body).toBeLessThan(500);
      }
    }
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

describe("regular expressions and schemas of clients", () => {
  const text = `${"a".repeat(60)}!`;
  const double = { anyOf: [{ $ref: "#/$defs/d" }, { $ref: "#/$defs/d" }, { type: "null" }] };
  const nested = Array.from({ length: 7 }).reduce<object>((inner) => ({ anyOf: [inner, inner] }), {
    type: "null",
  });

  it.each<[string, object]>([
    ["a pattern that goes back for ever", { type: "string", pattern: "^(a+)+$" }],
    ["alternatives that overlap", { type: "string", pattern: "^(a|aa|aaa)+$" }],
    ["references that double with every level", { $defs: { d: double }, ...double }],
    ["many levels of alternatives", nested],
  ])("hold up no answer: %s", async (_, schema) => {
    const answering = await start({ emit: () => answerText(JSON.stringify(text)) });
    try {
      const started = performance.now();
      const response = await fetch(`${answering.url}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          model: "test-model",
          messages: [{ role: "user", content: "x" }],
          response_format: { type: "json_schema", json_schema: { name: "s", schema } },
        }),
      });
      expect([response.status, await response.json()]).toMatchObject([
        200,
        { choices: [{ message: { content: JSON.stringify(text) } }] },
      ]);
      // Generous: where patterns are followed one way after the other, this takes longer than anybody waits.
      expect(performance.now() - started).toBeLessThan(10_000);
    } finally {
      await answering.server.close();
    }
  });
});

describe("error leakage", () => {
  it("names no stack, path, pointer, address or key", async () => {
    const secret =
      "at Object.<anonymous> (/srv/app/secret.js:1:1) 0x7f3a12b4 sk-live-abcdef org-12345 http://10.0.0.1:99/x";
    const broken = await start({ emit: () => "", fail: { before: new Error(secret) } });
    try {
      for (const path of ["/v1/chat/completions", "/v1/responses", "/v1/completions", "/v1/messages"]) {
        const body = { ...chat, input: "x", prompt: "x", max_tokens: 5 };
        const response = await post(path, body, {}, broken.url);
        const text = await response.text();
        expect(response.status).toBeGreaterThanOrEqual(400);
        expect(text, path).not.toMatch(/secret\.js|0x7f3a|sk-live|org-123|10\.0\.0\.1|Object\.<anon/);
      }
    } finally {
      await broken.server.close();
    }
  });

  it("echoes what was asked only in part and quoted", async () => {
    const response = await post("/v1/chat/completions", { ...chat, model: `<script>${"x".repeat(100_000)}` });
    expect(response.status).toBe(404);
    expect((await response.text()).length).toBeLessThan(1_000);
    expect(response.headers.get("content-type")).toContain("application/json");
  });
});

describe("CORS, CSRF, rebinding", () => {
  const evil = "https://evil.example";

  it.each([
    ["no origins", [], undefined],
    ["another origin", ["https://app.example"], undefined],
    ["this origin", [evil], evil],
    ["any origin", ["*"], "*"],
  ])("with %s named", async (_name, corsOrigins, allowed) => {
    await within({ corsOrigins }, async ({ url }) => {
      for (const method of ["GET", "OPTIONS"]) {
        const { headers } = await fetch(`${url}/v1/models`, { method, headers: { origin: evil } });
        expect(headers.get("access-control-allow-origin")).toBe(allowed ?? null);
        expect(headers.get("access-control-allow-credentials")).toBeNull();
      }
    });
  });

  it("refuses what a page of another origin can send without being asked", async () => {
    // fetch(url, { method: "POST", mode: "no-cors", body: new Blob([json]) }) sends no content type at all.
    const forge = (headers: Record<string, string>): Promise<number> =>
      new Promise((resolve, reject) => {
        const { hostname, port } = new URL(running.url);
        const outgoing = rawRequest(
          { hostname, port, path: "/v1/chat/completions", method: "POST", headers },
          (response) => {
            response.resume();
            resolve(response.statusCode!);
          },
        );
        outgoing.on("error", reject).end(JSON.stringify(chat));
      });
    expect(await forge({ origin: evil })).toBe(403);
    expect(await forge({ origin: "null" })).toBe(403);
    expect(await forge({})).toBe(200);
    expect(await forge({ origin: running.url })).toBe(200);
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
    ]) {
      expect(await forge({ origin: evil, "content-type": type }), type).toBe(415);
    }
  });

  it.each(["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8000", "[::1].evil.example"])(
    "does not answer to the name %s on this machine's own address",
    async (host) => {
      const answer = await exchange(
        running.url,
        `GET /v1/models HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 403 /);
      expect(answer).toContain("host_not_allowed");
    },
  );
});

describe("fan-out: each limit plus one is refused", () => {
  const tool = (index: number): object => ({ type: "function", function: { name: `f${index}` } });
  it.each<[string, string, object]>([
    ["n", "/v1/chat/completions", { ...chat, n: 129 }],
    ["top_logprobs", "/v1/chat/completions", { ...chat, logprobs: true, top_logprobs: 21 }],
    ["stop", "/v1/chat/completions", { ...chat, stop: ["a", "b", "c", "d", "e"] }],
    ["metadata", "/v1/chat/completions", { ...chat, metadata: pairs(17) }],
    ["tools", "/v1/chat/completions", { ...chat, tools: Array.from({ length: 513 }, (_, at) => tool(at)) }],
    ["n", "/v1/completions", { model: "test-model", prompt: "x", n: 129 }],
    ["best_of", "/v1/completions", { model: "test-model", prompt: "x", best_of: 21 }],
    ["logprobs", "/v1/completions", { model: "test-model", prompt: "x", logprobs: 21 }],
    ["max_tool_calls", "/v1/responses", { model: "test-model", input: "x", max_tool_calls: 0 }],
    [
      "items",
      "/v1/conversations",
      { items: Array.from({ length: 21 }, () => ({ role: "user", content: "x" })) },
    ],
  ])("%s of %s", async (field, path, body) => {
    const response = await post(path, body);
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: { param: string | null; message: string } };
    expect(`${error.param} ${error.message}`).toContain(field);
  });

  function pairs(count: number): Record<string, string> {
    return Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, "v"]));
  }
});

describe("HTTP itself", () => {
  it.each([
    ["content length and chunks", "content-length: 5\r\ntransfer-encoding: chunked\r\n"],
    ["two content lengths", "content-length: 5\r\ncontent-length: 6\r\n"],
    ["an unknown transfer encoding", "transfer-encoding: identity, chunkedx\r\n"],
    ["a folded header", "x-a: b\r\n c\r\n"],
    ["a space before the colon", "x-a : b\r\n"],
  ])("refuses %s", async (_name, lines) => {
    const answer = await exchange(
      running.url,
      `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n${lines}\r\n{}`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('"error"');
  });

  it("refuses headers above 16 KB in the error shape", async () => {
    const answer = await exchange(
      running.url,
      `GET /health HTTP/1.1\r\nhost: localhost\r\nx-a: ${"a".repeat(20_000)}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(answer).toContain('"error"');
  });

  it("answers HTTP/1.0, and pipelined requests in their order", async () => {
    expect(await exchange(running.url, "GET /health HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1\.[01] 200 /);
    const ask = (id: string, last = false): string =>
      `GET /health HTTP/1.1\r\nhost: localhost\r\nx-request-id: ${id}\r\n${last ? "connection: close\r\n" : ""}\r\n`;
    const answer = await exchange(running.url, ask("first") + ask("second") + ask("third", true));
    expect([...answer.matchAll(/x-request-id: (\w+)/g)].map((match) => match[1])).toEqual([
      "first",
      "second",
      "third",
    ]);
  });

  it("limits the time of receiving a request, headers and body", async () => {
    // Node looks for late requests every 30 s, so that this only checks that it is told to.
    await within({ timeouts: { upload: 200 } }, async ({ server }) => {
      expect(server.app.server.requestTimeout).toBe(200);
      expect(server.app.server.headersTimeout).toBeGreaterThan(0);
      expect(server.app.server.headersTimeout).toBeLessThanOrEqual(60_000);
    });
  });

  it("has a bound of connections", async () => {
    await within({ limits: { connections: 2 } }, async ({ url }) => {
      const { hostname, port } = new URL(url);
      const sockets = [0, 1].map(() => connect(Number(port), hostname));
      await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once("connect", resolve))));
      const refused = await new Promise<boolean>((resolve) => {
        const third = connect(Number(port), hostname);
        third.on("close", () => resolve(true)).on("error", () => resolve(true));
        third.on("data", () => resolve(false));
      });
      expect(refused).toBe(true);
      for (const socket of sockets) socket.destroy();
    });
  });

  it("keeps idle connections longer than balancers do", () => {
    expect(running.server.app.server.keepAliveTimeout).toBeGreaterThan(60_000);
  });

  it("takes DELETE and cancel with a JSON content type and no body", async () => {
    const headers = { "content-type": "application/json" };
    const gone = await fetch(`${running.url}/v1/responses/resp_x`, { method: "DELETE", headers });
    expect(gone.status).toBe(404);
    const cancel = await fetch(`${running.url}/v1/responses/resp_x/cancel`, { method: "POST", headers });
    expect(cancel.status).toBe(404);
  });
});

describe("storage", () => {
  it("refuses hostile ids and bounds, and finds nothing by them", async () => {
    for (const id of ["' OR 1=1 --", "%00", "..%2f..%2fetc%2fpasswd", "resp_%25", "x".repeat(1_000)]) {
      const response = await fetch(`${running.url}/v1/responses/${id}`);
      expect(response.status, id).toBe(404);
      await response.arrayBuffer();
    }
    const made = (await (await post("/v1/responses", { model: "test-model", input: "x" })).json()) as {
      id: string;
    };
    expect(made.id).toMatch(/^resp_[0-9a-f]{32,}$/);
    for (const query of ["limit=0", "limit=101", "limit=x", "limit=1e9", "order=sideways"]) {
      const response = await fetch(`${running.url}/v1/responses/${made.id}/input_items?${query}`);
      expect(response.status, query).toBe(400);
    }
    for (const query of ["starting_after=-1", "starting_after=x", "starting_after=1.5"]) {
      const response = await fetch(`${running.url}/v1/responses/${made.id}?stream=true&${query}`);
      expect(response.status, query).toBe(400);
    }
  });
});
