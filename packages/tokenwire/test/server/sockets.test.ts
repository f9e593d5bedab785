// The Responses API over a WebSocket: the events of a stream, one response at a time, and the rules around them.

import { connect } from "node:net";
import OpenAI from "openai";
import { ResponsesWS } from "openai/resources/responses/ws";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type Clock, watchAge } from "../../src/server/sockets/connection-age.ts";
import { answerText, type Running, start, type TestEngineOptions, until } from "./support.ts";

// biome-ignore lint/suspicious/noExplicitAny: the wire's JSON, whose shape is what is tested
type Frame = Record<string, any>;

const open: Running[] = [];
const sockets: WebSocket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  await Promise.all(open.splice(0).map(({ server }) => server.close()));
});

async function serverFor(engine: TestEngineOptions, options: Parameters<typeof start>[1] = {}) {
  const running = await start(engine, options);
  open.push(running);
  return running;
}

/** Opens a socket; `status` is set when the server answers over HTTP instead. */
async function connectTo({ url }: Running, headers: Record<string, string> = {}, path = "/v1/responses") {
  const socket = new WebSocket(`${url.replace("http", "ws")}${path}`, { headers });
  sockets.push(socket);
  const frames: Frame[] = [];
  socket.on("message", (data) => frames.push(JSON.parse(String(data))));
  socket.on("error", () => undefined);
  const status = await new Promise<number | undefined>((resolve) => {
    socket.once("open", () => resolve(undefined));
    socket.once("unexpected-response", (_request, response) => resolve(response.statusCode));
  });
  return { socket, frames, status };
}

const message = (body: object) => JSON.stringify({ type: "response.create", model: "test-model", ...body });
const terminal = /^(response\.(completed|incomplete|failed)|error)$/;
const ended = (frames: readonly Frame[], count = 1) =>
  until(() => frames.filter((frame) => terminal.test(frame["type"])).length >= count);

describe("responses over a WebSocket", () => {
  it("sends the events of a stream, numbered without gaps", async () => {
    const running = await serverFor({ emit: () => answerText("Hello there!") });
    const { socket, frames } = await connectTo(running);
    socket.send(message({ input: "hi" }));
    await ended(frames);
    expect(frames.map((frame) => frame["sequence_number"])).toEqual(frames.map((_, index) => index));
    expect(frames[0]!["type"]).toBe("response.created");
    expect(frames.at(-1)!["type"]).toBe("response.completed");
    const deltas = frames.filter((frame) => frame["type"] === "response.output_text.delta");
    expect(deltas.map((frame) => frame["delta"]).join("")).toBe("Hello there!");
  });

  it("serves the official client", async () => {
    const running = await serverFor({ emit: () => answerText("Hello there!") }, { apiKeys: ["secret"] });
    const client = new ResponsesWS(new OpenAI({ apiKey: "secret", baseURL: `${running.url}/v1` }));
    let text = "";
    const completed = new Promise<void>((resolve, reject) => {
      client.on("response.output_text.delta", ({ delta }) => {
        text += delta;
      });
      client.on("response.completed", () => resolve());
      client.on("error", reject);
    });
    client.send({ type: "response.create", model: "test-model", input: "hi" });
    await completed;
    client.close();
    expect(text).toBe("Hello there!");
  });

  it("continues a response that is not stored, on its own connection only", async () => {
    const running = await serverFor({ emit: (_request, call) => answerText(`answer ${call}`) });
    const { socket, frames } = await connectTo(running);
    socket.send(message({ input: "first question", store: false }));
    await ended(frames);
    const { id } = frames.at(-1)!["response"];
    socket.send(message({ input: "second question", store: false, previous_response_id: id }));
    await ended(frames, 2);
    expect(frames.at(-1)!["type"]).toBe("response.completed");
    const { prompt } = running.engine.requests[1]!;
    const shown = JSON.stringify(prompt);
    expect(shown.length).toBeGreaterThan(JSON.stringify(running.engine.requests[0]!.prompt).length);
    const other = await connectTo(running);
    other.socket.send(message({ input: "x", previous_response_id: id }));
    await ended(other.frames);
    expect(other.frames).toMatchObject([
      { type: "error", status: 400, error: { code: "previous_response_not_found" } },
    ]);
  });

  it.each([
    ["{", "invalid_json"],
    ['{"type":"response.steer"}', "unknown_event_type"],
    [message({ input: "x", background: true }), "unsupported_parameter"],
    [message({ input: "x", stream_id: "a" }), "unsupported_parameter"],
  ])("answers %s with an error and stays usable", async (text, code) => {
    const running = await serverFor({ emit: () => answerText("ok") });
    const { socket, frames } = await connectTo(running);
    socket.send(text);
    await ended(frames);
    expect(frames).toMatchObject([{ type: "error", status: 400, error: { code } }]);
    socket.send(message({ input: "x" }));
    await ended(frames, 2);
    expect(frames.at(-1)!["type"]).toBe("response.completed");
  });

  it("makes one response at a time", async () => {
    const running = await serverFor({ emit: () => answerText("slow answer"), delayMs: 20 });
    const { socket, frames } = await connectTo(running);
    socket.send(message({ input: "one" }));
    socket.send(message({ input: "two" }));
    await ended(frames, 2);
    expect(frames.find((frame) => frame["type"] === "error")).toMatchObject({
      error: { code: "concurrent_request" },
    });
    expect(frames.at(-1)!["type"]).toBe("response.completed");
    expect(running.engine.requests).toHaveLength(1);
  });

  it("counts each response against the limits of its key", async () => {
    const running = await serverFor(
      { emit: () => answerText("ok") },
      { keyLimits: { requestsPerMinute: 1, parallel: 1 } },
    );
    const { socket, frames } = await connectTo(running);
    socket.send(message({ input: "x" }));
    await ended(frames);
    expect(frames.at(-1)!["type"]).toBe("response.completed");
    socket.send(message({ input: "x" }));
    await ended(frames, 2);
    expect(frames.at(-1)).toMatchObject({ status: 429, error: { code: "rate_limit_exceeded" } });
  });

  it("stops the engine when the client leaves", async () => {
    const running = await serverFor({ emit: () => answerText("on and on"), endless: true, delayMs: 2 });
    const { socket, frames } = await connectTo(running);
    socket.send(message({ input: "go" }));
    await until(() => frames.length > 3);
    expect(running.engine.live).toBe(1);
    socket.terminate();
    await until(() => running.engine.live === 0);
  });

  it("waits for a reader that is slow", async () => {
    const running = await serverFor({ emit: () => answerText("on and on"), endless: true, chunk: 1 });
    const { socket, frames } = await connectTo(running);
    socket.send(message({ input: "go", max_output_tokens: 4_000 }));
    await until(() => frames.length > 0);
    socket.pause();
    let before = -1;
    let still = 0;
    await until(() => {
      still = running.engine.emitted === before ? still + 1 : 0;
      before = running.engine.emitted;
      return still === 40;
    });
    expect(running.engine.live).toBe(1);
    socket.terminate();
    await until(() => running.engine.live === 0);
  });

  it("keeps idle connections alive with pings", async () => {
    const running = await serverFor({ emit: () => answerText("x") }, { keepAlive: 100 });
    const { socket } = await connectTo(running);
    let pings = 0;
    socket.on("ping", () => pings++);
    await until(() => pings >= 3);
    expect(socket.readyState).toBe(WebSocket.OPEN);
  });

  it("lets a response finish before it closes with the server", async () => {
    const running = await serverFor({ emit: () => answerText("the end is complete"), delayMs: 5 });
    const busy = await connectTo(running);
    const idle = await connectTo(running);
    busy.socket.send(message({ input: "x" }));
    await until(() => busy.frames.length > 0);
    const codes: number[] = [];
    for (const { socket } of [busy, idle]) socket.on("close", (code) => codes.push(code));
    await running.server.close();
    await until(() => codes.length === 2);
    expect(busy.frames.at(-1)!["type"]).toBe("response.completed");
    expect(codes).toEqual([1001, 1001]);
  });
});

describe("upgrades", () => {
  it("need a key, a known path, a known origin and a free place", async () => {
    const running = await serverFor(
      { emit: () => answerText("x") },
      { apiKeys: ["secret"], limits: { sockets: 1 } },
    );
    const key = { authorization: "Bearer secret" };
    expect((await connectTo(running)).status).toBe(401);
    expect((await connectTo(running, { authorization: "Bearer wrong" })).status).toBe(401);
    expect((await connectTo(running, key, "/v1/models")).status).toBe(404);
    expect((await connectTo(running, { ...key, origin: "https://evil.example" })).status).toBe(403);
    expect((await connectTo(running, { ...key, origin: running.url })).status).toBeUndefined();
    expect((await connectTo(running, key)).status).toBe(429);
  });

  it("to other protocols are declined by answering the request", async () => {
    const running = await serverFor({ emit: () => answerText("Hello!") });
    const body = JSON.stringify({ model: "test-model", messages: [{ role: "user", content: "hi" }] });
    const { hostname, port } = new URL(running.url);
    const answer = await new Promise<string>((resolve, reject) => {
      let received = "";
      const socket = connect(Number(port), hostname, () => {
        socket.write(
          `POST /v1/chat/completions HTTP/1.1\r\nHost: ${hostname}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        );
      });
      socket.on("data", (chunk) => {
        received += chunk;
        if (received.includes("Hello!")) {
          socket.destroy();
          resolve(received);
        }
      });
      socket.on("error", reject);
    });
    expect(answer).toContain("200 OK");
  });
});

describe("the age of a connection", () => {
  /** A clock that a test moves. */
  function handClock(): Clock & { move: (milliseconds: number) => void } {
    let now = 0;
    const tasks: { at: number; task: () => void }[] = [];
    return {
      after: (milliseconds, task) => {
        const entry = { at: now + milliseconds, task };
        tasks.push(entry);
        return () => void tasks.splice(tasks.indexOf(entry), 1);
      },
      move: (milliseconds) => {
        now += milliseconds;
        for (const entry of tasks.filter(({ at }) => at <= now)) {
          tasks.splice(tasks.indexOf(entry), 1);
          entry.task();
        }
      },
    };
  }

  function watched(lifetime: number) {
    const told: string[] = [];
    const clock = handClock();
    const stop = watchAge({
      lifetime,
      clock,
      warn: (left) => told.push(`warning ${left / 1000}`),
      end: () => told.push("end"),
    });
    return { told, clock, stop };
  }

  it("is told of at 3,300 s and ends at 3,600 s", () => {
    const { told, clock } = watched(3_600_000);
    clock.move(3_299_999);
    expect(told).toEqual([]);
    clock.move(1);
    expect(told).toEqual(["warning 300"]);
    clock.move(299_999);
    expect(told).toHaveLength(1);
    clock.move(1);
    expect(told).toEqual(["warning 300", "end"]);
  });

  it("is of no interest once the connection is closed, nor where it may last for ever", () => {
    const early = watched(3_600_000);
    early.stop();
    early.clock.move(4_000_000);
    const late = watched(3_600_000);
    late.clock.move(3_300_000);
    late.stop();
    late.clock.move(4_000_000);
    const endless = watched(0);
    endless.clock.move(1e12);
    expect([early.told, late.told, endless.told]).toEqual([[], ["warning 300"], []]);
  });

  it("is told of between two responses, never inside one", async () => {
    const engine = { emit: () => answerText("one two three four five six seven"), delayMs: 40 };
    const running = await serverFor(engine, { timeouts: { socket: 360 } });
    const { socket, frames } = await connectTo(running);
    socket.send(message({ input: "x" }));
    await until(() => socket.readyState === WebSocket.CLOSED);
    const types = frames.map((frame) => frame["type"]);
    const completed = types.indexOf("response.completed");
    expect(completed).toBeGreaterThan(0);
    // Both came while the response was being made; it was made to its end, and nothing stands in between.
    expect(types.slice(0, completed).filter((type) => !type.startsWith("response."))).toEqual([]);
    expect(types.slice(completed + 1)).toEqual(["tokenwire:connection.expiring", "error"]);
  });

  it("is told of in a frame of our own", async () => {
    const running = await serverFor({ emit: () => answerText("x") }, { timeouts: { socket: 240 } });
    const { socket, frames } = await connectTo(running);
    await until(() => socket.readyState === WebSocket.CLOSED);
    expect(frames).toMatchObject([
      {
        type: "tokenwire:connection.expiring",
        seconds_left: 0,
        message: expect.stringContaining("This connection ends"),
      },
      { type: "error", error: { code: "websocket_connection_limit_reached" } },
    ]);
  });
});
