// What surrounds every route: bodies, errors, methods, ids, keys. Each default of the HTTP framework that would
// break a client has a case here.

import { request as rawRequest } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createHarmonyProfile } from "../../src/profiles/index.ts";
import { createServer } from "../../src/server/index.ts";
import { answerText, type Running, start, TestEngine } from "./support.ts";

let running: Running;
beforeAll(async () => {
  running = await start({ emit: () => answerText("Hello!") });
});
afterAll(() => running.server.close());

const valid = JSON.stringify({ model: "test-model", messages: [{ role: "user", content: "hi" }] });

function post(
  path: string,
  body: BodyInit,
  headers: Record<string, string> = { "content-type": "application/json" },
) {
  return fetch(`${running.url}${path}`, { method: "POST", body, headers });
}

async function errorOf(response: Response): Promise<Record<string, unknown>> {
  expect(response.headers.get("content-type")).toContain("application/json");
  expect(response.headers.get("x-request-id")).toBeTruthy();
  const { error } = (await response.json()) as { error: Record<string, unknown> };
  expect(Object.keys(error).sort()).toEqual(["code", "message", "param", "type"]);
  return error;
}

describe("request ids", () => {
  it("are on answers that no route gives", async () => {
    expect((await fetch(`${running.url}/v1/responses/%zz`)).headers.get("x-request-id")).toMatch(/^req_/);
    const { hostname, port } = new URL(running.url);
    const answerTo = (text: string): Promise<string> =>
      new Promise((resolve) => {
        let received = "";
        const socket = connect(Number(port), hostname, () => socket.write(text));
        socket.on("data", (chunk) => {
          received += chunk;
        });
        socket.on("close", () => resolve(received));
      });
    expect(await answerTo("no HTTP\r\n\r\n")).toMatch(/^HTTP\/1.1 400 .*\r\nx-request-id: req_/s);
    const upgrade = `GET /v1/nothing HTTP/1.1\r\nhost: ${hostname}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`;
    expect(await answerTo(upgrade)).toMatch(/^HTTP\/1.1 404 .*\r\nx-request-id: req_/s);
  });
});

describe("bodies", () => {
  it.each([
    ["malformed JSON", '{"model": ', "json_parse_error"],
    ["trailing text", "{} {}", "json_parse_error"],
    ["an array", "[]", null],
    ["a string", '"hi"', null],
    ["nothing", "", null],
    ["deep nesting", `${"[".repeat(200)}${"]".repeat(200)}`, "json_parse_error"],
  ])("refuses %s with 400", async (_name, body, code) => {
    const response = await post("/v1/chat/completions", body);
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatchObject({ code, type: "invalid_request_error" });
  });

  it("refuses invalid UTF-8", async () => {
    const response = await post("/v1/chat/completions", Buffer.from([0x22, 0xff, 0x22]));
    expect(response.status).toBe(400);
    expect((await errorOf(response))["message"]).toContain("UTF-8");
  });

  describe("of more than a megabyte, which are read in turns", () => {
    const [before, after] = [`{"model": "test-model", "messages": [{"role": "user", "content": "`, `"}]}`];
    const long = "naïve words ".repeat(100_000);

    it("are read whole", async () => {
      const response = await post("/tokenize", `{"model": "test-model", "prompt": "${long}"}`);
      expect(response.status).toBe(200);
      const { count } = (await response.json()) as { count: number };
      expect(count).toBeGreaterThan(200_000);
    });

    it.each([
      ["malformed", `${before}${long}`, "line 1"],
      ["followed by text", `${before}${long}${after} {}`, "line 1"],
      [
        "not UTF-8",
        Buffer.concat([Buffer.from(before + long), Buffer.from([0xff]), Buffer.from(after)]),
        "offset 13",
      ],
    ])("are refused as small ones are: %s", async (_name, body, detail) => {
      const response = await post("/v1/chat/completions", body);
      expect(response.status).toBe(400);
      const { code, message } = await errorOf(response);
      expect(code).toBe("json_parse_error");
      expect(message).toContain(detail);
    });
  });

  it("refuses a body above the limit with 413", async () => {
    const small = await start({ emit: () => answerText("x") }, { limits: { body: 100 } });
    try {
      const response = await fetch(`${small.url}/v1/chat/completions`, {
        method: "POST",
        body: "x".repeat(200),
        headers: { "content-type": "application/json" },
      });
      expect(response.status).toBe(413);
      expect((await errorOf(response))["message"]).toContain("100 bytes");
    } finally {
      await small.server.close();
    }
  });

  it("takes JSON without a content type, and refuses other types with 415", async () => {
    expect((await post("/v1/chat/completions", Buffer.from(valid), {})).status).toBe(200);
    const response = await post("/v1/chat/completions", valid, { "content-type": "text/plain" });
    expect(response.status).toBe(415);
    await errorOf(response);
  });

  it("takes tools named like properties of objects", async () => {
    const body = `{"model":"test-model","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function",
      "function":{"name":"constructor","parameters":{"type":"object","properties":{"__proto__":{"type":"string"},
      "constructor":{"prototype":{}}}}}}]}`;
    expect((await post("/v1/chat/completions", body)).status).toBe(200);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

describe("routes", () => {
  it("answers 404 for an unknown URL", async () => {
    const response = await fetch(`${running.url}/v1/nothing`);
    expect(response.status).toBe(404);
    expect(await errorOf(response)).toMatchObject({ code: "unknown_url" });
  });

  it("answers 405 with Allow for a wrong method", async () => {
    const response = await fetch(`${running.url}/v1/chat/completions`, { method: "DELETE" });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toContain("POST");
    await errorOf(response);
  });

  it("answers OPTIONS and HEAD", async () => {
    const options = await fetch(`${running.url}/v1/models`, { method: "OPTIONS" });
    expect(options.status).toBe(204);
    expect(options.headers.get("allow")).toContain("GET");
    expect((await fetch(`${running.url}/v1/models`, { method: "HEAD" })).status).toBe(200);
  });

  it("answers a malformed URL in the error shape", async () => {
    const status = await new Promise<{ status: number; body: string }>((resolve, reject) => {
      const url = new URL(running.url);
      rawRequest({ host: url.hostname, port: url.port, path: "/v1/models/%zz" }, (response) => {
        let body = "";
        response.on("data", (chunk) => {
          body += chunk;
        });
        response.on("end", () => resolve({ status: response.statusCode!, body }));
      })
        .on("error", reject)
        .end();
    });
    expect(status.status).toBe(400);
    expect(JSON.parse(status.body)).toMatchObject({ error: { type: "invalid_request_error" } });
  });

  it("answers broken HTTP in the error shape", async () => {
    const text = await new Promise<string>((resolve, reject) => {
      const url = new URL(running.url);
      let received = "";
      const socket = connect(Number(url.port), url.hostname, () => socket.write("NOT HTTP\r\n\r\n"));
      socket.on("data", (chunk) => {
        received += chunk;
      });
      socket.on("close", () => resolve(received)).on("error", reject);
    });
    expect(text).toContain("400 Bad Request");
    expect(text).toContain('"error"');
  });

  it("finds models with slashes in their names, raw and encoded", async () => {
    for (const path of ["org/model", "org%2Fmodel"]) {
      const response = await fetch(`${running.url}/v1/models/${path}`);
      expect(response.status).toBe(404);
      expect(await errorOf(response)).toMatchObject({ code: "model_not_found", param: "model" });
    }
    expect((await fetch(`${running.url}/v1/models/test-model`)).status).toBe(200);
  });

  it("tells liveness from readiness", async () => {
    expect((await fetch(`${running.url}/health`)).status).toBe(200);
    expect((await fetch(`${running.url}/ready`)).status).toBe(200);
    running.engine.healthy = false;
    expect((await fetch(`${running.url}/ready`)).status).toBe(503);
    running.engine.healthy = true;
  });

  it("tells on demand whether the engine generates", async () => {
    expect((await fetch(`${running.url}/health_generate`)).status).toBe(200);
    const { prompt, sampling } = running.engine.requests.at(-1)!;
    expect("tokenIds" in prompt && prompt.tokenIds.length).toBeGreaterThan(0);
    expect(sampling.maxTokens).toBe(1);
    const broken = await start({ emit: () => "", fail: { before: new Error("boom") } });
    const response = await fetch(`${broken.url}/health_generate`);
    expect([response.status, await response.json()]).toEqual([
      503,
      { status: "unavailable", models: [{ model: "test-model", ok: false }] },
    ]);
    await broken.server.close();
  });
});

describe("request ids", () => {
  it("echoes a usable id and mints one otherwise", async () => {
    const given = await fetch(`${running.url}/health`, { headers: { "x-request-id": "abc-1" } });
    expect(given.headers.get("x-request-id")).toBe("abc-1");
    const minted = await fetch(`${running.url}/health`, { headers: { "x-request-id": "a b" } });
    expect(minted.headers.get("x-request-id")).toMatch(/^req_[0-9a-f]{32}$/);
    expect(minted.headers.get("openai-processing-ms")).toMatch(/^\d+$/);
  });

  it("comes with OpenAI's other headers, which name the model whatever it was called, streamed or not", async () => {
    const engine = new TestEngine({ emit: () => answerText("x") });
    const profile = createHarmonyProfile({ id: "own-model", contextLength: 4_096 });
    const aliased = await createServer({ models: [{ engine, profile, aliases: ["gpt-4o"] }], port: 0 });
    await aliased.listen();
    try {
      for (const stream of [false, true]) {
        const { headers } = await fetch(`${aliased.url}/v1/chat/completions`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ model: "gpt-4o", stream, messages: [{ role: "user", content: "x" }] }),
        });
        expect(headers.get("openai-version")).toBe("2020-10-01");
        expect(headers.get("openai-processing-ms")).toMatch(/^\d+$/);
        expect(headers.get("openai-model")).toBe("own-model");
      }
    } finally {
      await aliased.close();
    }
  });
});

describe("origins", () => {
  it("lets no page read answers unless its origin is named", async () => {
    const origin = "https://app.example";
    const plain = await fetch(`${running.url}/v1/models`, { headers: { origin } });
    expect(plain.headers.get("access-control-allow-origin")).toBeNull();
    const open = await start({ emit: () => answerText("x") }, { corsOrigins: [origin], apiKeys: ["k"] });
    try {
      const preflight = await fetch(`${open.url}/v1/chat/completions`, {
        method: "OPTIONS",
        headers: { origin },
      });
      expect(preflight.status).toBe(204);
      expect(preflight.headers.get("access-control-allow-origin")).toBe(origin);
      const other = await fetch(`${open.url}/health`, { headers: { origin: "https://evil.example" } });
      expect(other.headers.get("access-control-allow-origin")).toBeNull();
    } finally {
      await open.server.close();
    }
  });

  it("answers to this machine's names only", async () => {
    const status = await new Promise<number>((resolve, reject) => {
      const { hostname, port } = new URL(running.url);
      rawRequest({ host: hostname, port, path: "/health", headers: { host: "evil.example" } }, (response) => {
        response.resume();
        resolve(response.statusCode!);
      })
        .on("error", reject)
        .end();
    });
    expect(status).toBe(403);
  });
});

describe("keys", () => {
  it("are taken as a bearer token or in a header of their own", async () => {
    const guarded = await start({ emit: () => answerText("x") }, { apiKeys: ["secret-1", "secret-2"] });
    try {
      for (const headers of [{ authorization: "Bearer secret-2" }, { "x-api-key": "secret-1" }]) {
        expect((await fetch(`${guarded.url}/v1/models`, { headers })).status).toBe(200);
      }
      const wrong = await fetch(`${guarded.url}/v1/models`, {
        headers: { authorization: "Bearer secret-3" },
      });
      expect(await errorOf(wrong)).toMatchObject({ code: "invalid_api_key", type: "authentication_error" });
    } finally {
      await guarded.server.close();
    }
  });
});
