// HTTPS: the official client, sockets, client certificates, and files that cannot work.

import { createPrivateKey } from "node:crypto";
import { request } from "node:https";
import { connect } from "node:tls";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { TlsOptions } from "../../src/server/index.ts";
import { makeCertificate } from "./certificate.ts";
import { answerText, type Running, start } from "./support.ts";

const authority = makeCertificate({ name: "test authority" });
const certificate = makeCertificate({ name: "localhost", issuer: authority });
const client = makeCertificate({ name: "client", issuer: authority });

const encrypted = createPrivateKey(certificate.key)
  .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "secret" })
  .toString();

let running: Running;
beforeAll(async () => {
  running = await start({ emit: () => answerText("Hello!") }, { tls: certificate });
});
afterAll(() => running.server.close());

/** `fetch` has no way to name an authority without another package. */
function requestOver(url: string, options: object, body?: string): Promise<Response> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve(
          new Response(Buffer.concat(chunks), {
            status: response.statusCode!,
            headers: { "content-type": response.headers["content-type"] ?? "" },
          }),
        ),
      );
    });
    outgoing.on("error", reject).end(body);
  });
}

const trusting: typeof fetch = (url, init) =>
  requestOver(
    String(url),
    {
      ca: authority.cert,
      method: init?.method ?? "GET",
      headers: Object.fromEntries(new Headers(init?.headers)),
    },
    init?.body as string | undefined,
  );

describe("TLS", () => {
  it("serves the official client, whole and streamed", async () => {
    expect(running.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    const openai = new OpenAI({ baseURL: `${running.url}/v1`, apiKey: "none", fetch: trusting });
    const call = { model: "test-model", messages: [{ role: "user" as const, content: "hi" }] };
    expect((await openai.chat.completions.create(call)).choices[0]!.message.content).toBe("Hello!");
    let streamed = "";
    for await (const chunk of await openai.chat.completions.create({ ...call, stream: true })) {
      streamed += chunk.choices[0]?.delta.content ?? "";
    }
    expect(streamed).toBe("Hello!");
  });

  it("speaks WebSockets, and answers offers of another protocol", async () => {
    const socket = new WebSocket(`${running.url.replace("https", "wss")}/v1/responses`, {
      ca: authority.cert,
    });
    const types = await new Promise<string[]>((resolve, reject) => {
      const seen: string[] = [];
      socket.on("error", reject).on("open", () => {
        socket.send(JSON.stringify({ type: "response.create", model: "test-model", input: "hi" }));
      });
      socket.on("message", (data) => {
        const { type } = JSON.parse(String(data)) as { type: string };
        seen.push(type);
        if (type === "response.completed") resolve(seen);
      });
    });
    socket.close();
    expect(types[0]).toBe("response.created");
    const declined = await new Promise<string>((resolve, reject) => {
      const { port } = new URL(running.url);
      const raw = connect({ port: Number(port), host: "127.0.0.1", ca: authority.cert }, () => {
        raw.write(
          "GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade, close\r\nupgrade: h2c\r\n\r\n",
        );
      });
      let received = "";
      raw.on("error", reject).on("data", (chunk) => {
        received += chunk;
        if (received.includes("ok")) {
          raw.destroy();
          resolve(received);
        }
      });
    });
    expect(declined).toMatch(/^HTTP\/1\.1 200/);
  });

  it("asks for client certificates when given their authority", async () => {
    const guarded = await start(
      { emit: () => answerText("x") },
      { tls: { ...certificate, clientCa: authority.cert } },
    );
    try {
      const health = `${guarded.url}/health`;
      await expect(requestOver(health, { ca: authority.cert })).rejects.toThrow();
      const stranger = makeCertificate({ name: "stranger" });
      await expect(
        requestOver(health, { ca: authority.cert, cert: stranger.cert, key: stranger.key }),
      ).rejects.toThrow();
      const known = { ca: authority.cert, cert: client.cert, key: client.key };
      expect((await requestOver(health, known)).status).toBe(200);
    } finally {
      await guarded.server.close();
    }
  });

  it.each<[string, TlsOptions, RegExp]>([
    ["a key of another certificate", { cert: certificate.cert, key: client.key }, /does not belong/],
    [
      "something else than a certificate",
      { cert: "hello", key: certificate.key },
      /TLS certificate: expected PEM/,
    ],
    [
      "a damaged certificate",
      { cert: certificate.cert.replace("MII", "AAA"), key: certificate.key },
      /cannot be read/,
    ],
    ["no private key", { cert: certificate.cert, key: certificate.cert }, /expected a private key/],
    ["an encrypted key", { ...certificate, key: encrypted }, /private key is encrypted/],
    ["a damaged client authority", { ...certificate, clientCa: "x" }, /TLS client CA: expected PEM/],
    ["a certificate of the past", makeCertificate({ name: "old", until: 2021 }), /expired on Jan {2}1/],
  ])("refuses %s at the start", async (_name, tls, message) => {
    await expect(start({ emit: () => "" }, { tls })).rejects.toThrow(message);
  });
});
