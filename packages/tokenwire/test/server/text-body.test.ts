// The bytes of a streamed body, read from the connection itself.

import { EventEmitter, once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { ReaderPressure } from "../../src/server/reader-pressure.ts";
import { EventStream } from "../../src/server/sse.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Starts a server whose every answer is a stream; returns what comes back for raw bytes sent to it. */
async function answerTo(
  requests: string,
  respond: (stream: EventStream, path: string) => void,
): Promise<string> {
  const server = createServer((request, response) => {
    const stream = new EventStream(response, { onOpen: () => ({}), keepAlive: 0, stalledReader: 0 });
    respond(stream, request.url!);
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const received: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => received.push(chunk));
  socket.write(requests);
  await once(socket, "end");
  socket.end();
  return Buffer.concat(received).toString("utf8");
}

const get = (path: string, close = true): string =>
  `GET ${path} HTTP/1.1\r\nhost: x\r\n${close ? "connection: close\r\n" : ""}\r\n`;

/** What a chunked body says. Fails on any byte that does not belong. */
function dechunk(body: string): { text: string; sizes: number[]; rest: string } {
  let bytes = Buffer.from(body);
  let text = "";
  const sizes: number[] = [];
  for (;;) {
    const line = bytes.indexOf("\r\n");
    const size = Number.parseInt(bytes.subarray(0, line).toString(), 16);
    expect(bytes.subarray(0, line).toString()).toMatch(/^[0-9a-f]+$/);
    const end = line + 2 + size;
    text += bytes.subarray(line + 2, end).toString();
    expect(bytes.subarray(end, end + 2).toString()).toBe("\r\n");
    bytes = bytes.subarray(end + 2);
    if (size === 0) return { text, sizes, rest: bytes.toString() };
    sizes.push(size);
  }
}

const pieces = ["data: plain\n\n", "data: Grüße, 日本 🌿\n\n", "data: last\n\n"];

/** Each piece in a turn of its own. */
async function writeSlowly(stream: EventStream, end: string): Promise<void> {
  stream.open();
  for (const piece of pieces) {
    stream.write(piece);
    await turn();
    await turn();
  }
  stream.end(end);
}

describe("a streamed body", () => {
  it("is chunked, a chunk per turn, and sized in bytes", async () => {
    const answer = await answerTo(get("/"), (stream) => void writeSlowly(stream, "data: [DONE]\n\n"));
    const [head, body] = answer.split("\r\n\r\n", 1).concat(answer.slice(answer.indexOf("\r\n\r\n") + 4));
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(head!.toLowerCase()).toContain("transfer-encoding: chunked");
    const { text, sizes, rest } = dechunk(body!);
    expect(text).toBe(`${pieces.join("")}data: [DONE]\n\n`);
    expect(sizes).toEqual([...pieces, "data: [DONE]\n\n"].map((piece) => Buffer.byteLength(piece)));
    expect(rest).toBe("");
  });

  it("joins what is written in one turn", async () => {
    const answer = await answerTo(get("/"), (stream) => {
      for (const piece of pieces) stream.write(piece);
      setTimeout(() => stream.end(), 10);
    });
    const { text, sizes } = dechunk(answer.slice(answer.indexOf("\r\n\r\n") + 4));
    expect(text).toBe(pieces.join(""));
    expect(sizes).toHaveLength(1);
  });

  it("is not chunked for HTTP/1.0", async () => {
    const answer = await answerTo("GET / HTTP/1.0\r\n\r\n", (stream) => void writeSlowly(stream, "end"));
    expect(answer.slice(answer.indexOf("\r\n\r\n") + 4)).toBe(`${pieces.join("")}end`);
  });

  it("is empty for HEAD", async () => {
    const answer = await answerTo(
      `HEAD / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
      (stream) => void writeSlowly(stream, "end"),
    );
    expect(answer).toMatch(/\r\n\r\n$/);
    expect(answer).not.toContain("data:");
  });

  it("waits for its turn when requests are pipelined", async () => {
    const answer = await answerTo(get("/slow", false) + get("/fast"), (stream, path) => {
      if (path === "/slow") return void writeSlowly(stream, "slow");
      stream.write("fast");
      setTimeout(() => stream.end(" end"), 5);
    });
    const first = dechunk(answer.slice(answer.indexOf("\r\n\r\n") + 4));
    expect(first.text).toBe(`${pieces.join("")}slow`);
    expect(first.rest).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(dechunk(first.rest.slice(first.rest.indexOf("\r\n\r\n") + 4)).text).toBe("fast end");
  });

  it("leaves nothing behind on a connection that goes on", async () => {
    const response = new EventEmitter() as unknown as ServerResponse;
    const connection = new EventEmitter();
    const pressure = new ReaderPressure(response, 60_000);
    const first = pressure.begin(connection);
    expect(pressure.begin(connection)).toBe(first);
    connection.emit("drain");
    await first;
    expect(pressure.promise).toBeUndefined();
    const second = pressure.begin(connection);
    pressure.release();
    await second;
    expect(connection.listenerCount("drain")).toBe(0);
  });
});
