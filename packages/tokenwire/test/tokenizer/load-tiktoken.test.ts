import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createEncoding, serialiseTiktoken } from "@tokenwire/core/tokenizer";
import { getEncoding } from "@tokenwire/encodings";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadTiktoken } from "../../src/tokenizer/index.ts";

const gpt2 = getEncoding("gpt2");
const file = serialiseTiktoken(gpt2);
const sha256 = createHash("sha256").update(file).digest("hex");

let server: Server;
let address: string;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "ranks-"));
  writeFileSync(join(folder, "gpt2.tiktoken"), file);
  server = createServer((request, response) => {
    if (request.url === "/whole") response.end(file);
    else if (request.url === "/cut") response.end(file.slice(0, -1000));
    else if (request.url === "/html") response.end("<html>Sign in first</html>");
    else if (request.url === "/empty") response.end();
    else if (request.url === "/broken") {
      response.writeHead(200, { "content-length": file.length });
      response.write(file.slice(0, 5000), () => response.destroy());
    } else if (request.url === "/silent") response.flushHeaders();
    else response.writeHead(404).end("no such file");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

it("loads a file from an address, a path and a file address", async () => {
  const path = join(folder, "gpt2.tiktoken");
  for (const source of [`${address}/whole`, new URL(`${address}/whole`), path, pathToFileURL(path)]) {
    const ranks = await loadTiktoken(source, { sha256 });
    const encoding = createEncoding({ name: "mine", pattern: gpt2.pattern, ranks });
    expect(encoding.encodeOrdinary("Loaded, not shipped: naïve 日本")).toEqual(
      gpt2.encodeOrdinary("Loaded, not shipped: naïve 日本"),
    );
  }
  expect(await loadTiktoken(`${address}/whole`, { sha256: sha256.toUpperCase() })).toHaveLength(50_256);
});

it("tells a damaged file by its checksum, naming both", async () => {
  const wrong = loadTiktoken(`${address}/cut`, { sha256 });
  await expect(wrong).rejects.toMatchObject({
    code: "DAMAGED_VOCABULARY",
    message: expect.stringContaining(`expected ${sha256}`) as string,
  });
});

it("tells what is no rank file without a checksum", async () => {
  for (const [path, message] of [
    ["html", /line 1 .*Sign in first/],
    ["empty", /has no tokens: it holds 0 bytes/],
  ] as const) {
    await expect(loadTiktoken(`${address}/${path}`)).rejects.toMatchObject({
      code: "DAMAGED_VOCABULARY",
      message: expect.stringMatching(message) as string,
    });
  }
});

it("reads no more than it accepts", async () => {
  for (const source of [`${address}/whole`, join(folder, "gpt2.tiktoken")]) {
    await expect(loadTiktoken(source, { maxBytes: 1000 })).rejects.toMatchObject({
      code: "DAMAGED_VOCABULARY",
      message: expect.stringContaining("more than 1000 bytes") as string,
    });
  }
});

it("says why a download failed", async () => {
  await expect(loadTiktoken(`${address}/missing`)).rejects.toMatchObject({
    code: "DOWNLOAD_FAILED",
    message: expect.stringContaining("answered 404 Not Found") as string,
  });
  await expect(loadTiktoken(`${address}/broken`)).rejects.toMatchObject({ code: "DOWNLOAD_FAILED" });
  const refuse = (): Promise<Response> =>
    Promise.reject(new TypeError("fetch failed", { cause: new Error("no route") }));
  await expect(loadTiktoken("https://ranks.example/a", { fetch: refuse })).rejects.toMatchObject({
    code: "DOWNLOAD_FAILED",
    message: expect.stringContaining("fetch failed: no route") as string,
  });
});

it("stops when the signal aborts", async () => {
  const abort = new AbortController();
  const reason = new Error("enough");
  const loading = loadTiktoken(`${address}/silent`, { signal: abort.signal });
  setTimeout(() => abort.abort(reason), 20);
  await expect(loading).rejects.toBe(reason);
});

it("wants a whole checksum", async () => {
  await expect(loadTiktoken(`${address}/whole`, { sha256: "abc" })).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
  });
});
