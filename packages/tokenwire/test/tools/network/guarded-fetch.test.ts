import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isPublicAddress } from "../../../src/tools/network/address-guard.ts";
import { type GuardedFetchOptions, guardedFetch } from "../../../src/tools/network/guarded-fetch.ts";

describe("isPublicAddress", () => {
  it.each([
    "127.0.0.1",
    "127.9.9.9",
    "0.0.0.0",
    "10.1.2.3",
    "172.31.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "198.18.0.1",
    "::",
    "::1",
    "fe80::1",
    "fc00::1",
    "fd12::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "2002:7f00:1::",
    "2001:db8::1",
    "2001::1",
    "fec0::1",
    "localhost",
    "",
  ])("refuses %j", (address) => expect(isPublicAddress(address)).toBe(false));
  it.each(["8.8.8.8", "1.1.1.1", "172.32.0.1", "2606:4700::1111", "2a00:1450::1"])("allows %s", (address) =>
    expect(isPublicAddress(address)).toBe(true),
  );
});

describe("guardedFetch", () => {
  it.each([
    "http://127.0.0.1/",
    "http://localhost/",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://0177.0.0.1/",
    "http://127.1/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://0/",
    "http://169.254.169.254/latest/meta-data",
    "http://127.0.0.1.:80/",
    "http://①②⑦.⓪.⓪.①/",
  ])("refuses %s", async (url) => {
    await expect(guardedFetch(url)).rejects.toThrow(/not public/);
  });
  it.each([
    ["file:///etc/passwd", /Only http and https/],
    ["javascript:alert(1)", /Only http and https/],
    ["http://user:pass@example.com/", /user information/],
    ["http://example.com:22/", /Port 22/],
    ["/relative", /absolute/],
    ["", /absolute/],
    [`http://example.com/${"x".repeat(9000)}`, /longer/],
  ])("refuses %.40s", async (url, reason) => {
    await expect(guardedFetch(url)).rejects.toThrow(reason);
  });

  let server: Server;
  let base = "";
  const answers: Record<
    string,
    () => { status?: number; headers?: Record<string, string>; body?: Uint8Array | string }
  > = {
    "/plain": () => ({ headers: { "content-type": "text/html; charset=ISO-8859-1" }, body: "hi" }),
    "/gzip": () => ({ headers: { "content-encoding": "gzip" }, body: gzipSync("x".repeat(5000)) }),
    "/bomb": () => ({ headers: { "content-encoding": "gzip" }, body: gzipSync(Buffer.alloc(4 << 20)) }),
    "/to-plain": () => ({ status: 302, headers: { location: "/plain" } }),
    "/to-private": () => ({ status: 302, headers: { location: "http://169.254.169.254/" } }),
    "/to-file": () => ({ status: 302, headers: { location: "file:///etc/passwd" } }),
    "/loop": () => ({ status: 302, headers: { location: "/loop" } }),
    "/broken": () => ({ headers: { "content-encoding": "gzip" }, body: "not gzip" }),
  };
  beforeAll(async () => {
    server = createServer((request, response) => {
      const answer = answers[request.url ?? ""]?.();
      if (answer === undefined) return; // Never answered: for the time-out.
      response.writeHead(answer.status ?? 200, answer.headers).end(answer.body);
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const get = (path: string, options: GuardedFetchOptions = {}) =>
    guardedFetch(base + path, {
      allowedPorts: [Number(new URL(base).port)],
      isAllowedAddress: (address) => address === "127.0.0.1" || isPublicAddress(address),
      ...options,
    });

  it("reads, decompresses and follows redirects", async () => {
    expect(await get("/plain")).toMatchObject({
      status: 200,
      contentType: "text/html",
      charset: "ISO-8859-1",
    });
    expect((await get("/gzip")).body).toHaveLength(5000);
    expect((await get("/to-plain")).url).toBe(`${base}/plain`);
  });
  it.each([
    ["/to-private", /not public/],
    ["/to-file", /Only http/],
    ["/loop", /redirects/],
    ["/bomb", /larger than/],
    ["/broken", /header/],
  ])("stops at %s", async (path, reason) => {
    await expect(get(path, { maxBytes: 1 << 20 })).rejects.toThrow(reason);
  });
  it("gives up after the time-out and on abort", async () => {
    await expect(get("/silent", { timeout: 50 })).rejects.toThrow(/No answer within/);
    const controller = new AbortController();
    const pending = get("/silent", { signal: controller.signal });
    controller.abort();
    await expect(pending).rejects.toThrow();
  });
});
