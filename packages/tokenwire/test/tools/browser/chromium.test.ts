// A real Chromium against servers on this machine. The guard's exemption is one address; everything else that is local
// must stay out of reach, whatever the page tries.

import { createSocket } from "node:dgram";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer as createHttpServer, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BrowserBackend, createChromiumBackend, htmlToPageText } from "../../../src/tools/index.ts";

const chromiumPath = process.env["TOKENWIRE_CHROMIUM"] ?? "/usr/bin/chromium";

/** Browser processes that this process has started. */
const ownBrowsers = (): number =>
  readdirSync("/proc").filter((name) => {
    try {
      const [, state, parent] =
        /^\d+ \(chrom.*\) (\w) (\d+) /.exec(readFileSync(`/proc/${name}/stat`, "utf8")) ?? [];
      return state !== "Z" && Number(parent) === process.pid;
    } catch {
      return false;
    }
  }).length;

describe("without a browser", () => {
  it("says what to install", async () => {
    const server = createHttpServer((_, response) =>
      response.setHeader("content-type", "text/html").end("<p>hi"),
    );
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as AddressInfo;
    const own = createChromiumBackend({
      executablePath: "/nowhere/chromium",
      isAllowedAddress: (address) => address === "127.0.0.1",
      allowedPorts: [port],
    });
    await expect(own.fetch(`http://127.0.0.1:${port}/`, { viewSource: false })).rejects.toThrow(
      /there is none at \/nowhere\/chromium. Set TOKENWIRE_CHROMIUM/,
    );
    server.close();
  });
});

describe.skipIf(!existsSync(chromiumPath))("rendering with Chromium", () => {
  let server: Server;
  let secret: TcpServer;
  const udp = createSocket("udp4");
  let datagrams = 0;
  /** What reached the place that nothing may reach. */
  let intrusions: string[] = [];
  let requests: string[] = [];
  let origin = "";
  let backend: BrowserBackend;
  const pages = new Map<string, string>();

  beforeAll(async () => {
    server = createHttpServer((request, response) => {
      const path = request.url ?? "/";
      requests.push(`${request.method} ${path}`);
      if (path.startsWith("/go?")) {
        response.writeHead(302, { location: decodeURIComponent(path.slice(4)) }).end();
        return;
      }
      if (path === "/data.json") {
        response.setHeader("content-type", "application/json").end('{"word":"fetched"}');
        return;
      }
      if (path === "/hold") {
        setTimeout(() => response.setHeader("content-type", "text/plain").end("held"), 1500);
        return;
      }
      if (path === "/echo") {
        request.on("data", (chunk) => response.setHeader("content-type", "text/plain").end(`got ${chunk}`));
        return;
      }
      const type = path.endsWith(".js") ? "text/javascript" : "text/html";
      response.writeHead(pages.has(path) ? 200 : 404, { "content-type": type, "set-cookie": "a=b" });
      response.end(pages.get(path) ?? "absent");
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    secret = createTcpServer((socket) => {
      socket.once("data", (data) => {
        intrusions.push(String(data).split("\r\n")[0]!);
        socket.end("HTTP/1.1 200 OK\r\ncontent-length: 6\r\naccess-control-allow-origin: *\r\n\r\nsecret");
      });
      socket.on("error", () => undefined);
      intrusions.push("connection");
    });
    await new Promise<void>((done) => secret.listen(0, "::", done));
    udp.on("message", () => {
      datagrams += 1;
    });
    await new Promise<void>((done) => udp.bind(0, "127.0.0.1", done));
    backend = createChromiumBackend({
      executablePath: chromiumPath,
      renderTimeout: 20_000,
      allowedPorts: [port(server)],
      isAllowedAddress: (address) => address === "127.0.0.1",
    });
  }, 30_000);
  afterAll(async () => {
    await backend.close?.();
    expect(ownBrowsers()).toBe(0);
    server.closeAllConnections();
    server.close();
    secret.close();
    udp.close();
  });
  const port = (one: { address(): AddressInfo | string | null }): number =>
    (one.address() as AddressInfo).port;
  const show = async (path: string, html: string): Promise<string> => {
    pages.set(path, html);
    intrusions = [];
    requests = [];
    const { content } = await backend.fetch(origin + path, { viewSource: false });
    return htmlToPageText(content, { url: origin + path, showUrl: false }).text;
  };

  it("shows what scripts make of a page, with what they fetch", async () => {
    pages.set("/late.js", "document.body.append(' module');");
    const text = await show(
      "/app",
      `<!doctype html><title>App</title><body><p id="a">loading</p><script type="module" src="/late.js"></script>
       <script>
         fetch("/data.json").then((r) => r.json()).then(({ word }) => { a.textContent = word; });
         fetch("/echo", { method: "POST", body: "posted" }).then((r) => r.text()).then((t) => document.body.append(t));
       </script><img src="/picture.png">`,
    );
    expect(text).toContain("fetched");
    expect(text).toContain("module");
    expect(text).toContain("got posted");
    expect(requests.sort()).toEqual(["GET /app", "GET /data.json", "GET /late.js", "POST /echo"]);
  }, 30_000);

  it("keeps nothing from one page to the next", async () => {
    const script =
      "<script>document.body.append(document.cookie + '|' + localStorage.length); localStorage.x = 1; document.cookie = 'c=1';</script>";
    expect(await show("/cookie", `<body>${script}`)).toBe("|0");
    expect(await show("/cookie", `<body>${script}`)).toBe("|0");
  }, 30_000);

  it("follows redirects to the address they lead to, and shows other types without a browser", async () => {
    pages.set(
      "/deep/target",
      "<a href='next'>next</a><script>document.body.append(location.pathname)</script>",
    );
    const redirected = await backend.fetch(`${origin}/go?${encodeURIComponent("/deep/target")}`, {
      viewSource: false,
    });
    expect(redirected.content).toContain("/deep/target");
    expect(await backend.fetch(`${origin}/data.json`, { viewSource: false })).toMatchObject({ plain: true });
    const source = await backend.fetch(`${origin}/deep/target`, { viewSource: true });
    expect(source).toMatchObject({ plain: true, content: pages.get("/deep/target") });
    await expect(backend.fetch(`${origin}/absent`, { viewSource: false })).rejects.toThrow("HTTP status 404");
  }, 30_000);

  it("reaches nothing local by any way that a page has", async () => {
    const target = port(secret);
    const hosts = [
      "127.0.0.1",
      "127.0.0.2",
      "127.1",
      "2130706434",
      "0x7f.0.0.2",
      "0177.0.0.2",
      "0",
      "0.0.0.0",
      "localhost",
      "[::1]",
      "[::]",
      "[::ffff:127.0.0.2]",
      "[::ffff:7f00:2]",
      "[64:ff9b::7f00:1]",
      "127.0.0.2.",
      "①②⑦.⓪.⓪.②",
    ];
    const metadata = [
      "169.254.169.254",
      "2852039166",
      "0xa9fea9fe",
      "[fe80::1]",
      "10.0.0.1",
      "192.168.0.1",
      "100.64.0.1",
    ];
    const urls = [
      ...hosts.map((host) => `http://${host}:${target}/x`),
      ...metadata.map((host) => `http://${host}/latest/`),
    ];
    pages.set(
      "/worker.js",
      `const u = ${JSON.stringify(`127.0.0.2:${target}`)};
       try { new WebSocket("ws://" + u + "/worker"); } catch {}
       fetch("http://" + u + "/worker").catch(() => 0);
       try { importScripts("http://" + u + "/worker.js"); } catch {}
       try { new WebTransport("https://" + u + "/t"); } catch {}`,
    );
    const text = await show(
      "/attack",
      // The page is not settled, and so not read, before its first request has its answer.
      `<!doctype html><head><script>const held = fetch("/hold").then((r) => r.text());</script>
       <link rel="preconnect" href="http://127.0.0.2:${target}">
       <link rel="dns-prefetch" href="http://127.0.0.2:${target}"><link rel="prefetch" href="http://127.0.0.2:${target}/p">
       <link rel="preload" as="script" href="http://127.0.0.2:${target}/p"><link rel="stylesheet" href="http://127.0.0.2:${target}/s.css">
       <style>@import "http://127.0.0.2:${target}/i.css"; body { background: url(http://127.0.0.2:${target}/b.png) }</style></head>
       <body><p id="done">started</p>
       ${urls.map((url) => `<iframe src="${url}"></iframe><script src="${url}"></script><img src="${url}"><object data="${url}"></object><embed src="${url}">`).join("")}
       <iframe src="file:///etc/passwd"></iframe><iframe src="view-source:file:///etc/passwd"></iframe>
       <iframe src="${origin}/go?${encodeURIComponent(`http://127.0.0.2:${target}/redirected`)}"></iframe>
       <iframe src="data:text/html,<img src='http://127.0.0.2:${target}/data'>"></iframe>
       <video src="http://127.0.0.2:${target}/v"></video>
       <form id="f" action="http://127.0.0.2:${target}/form" method="post" target="_blank"><input name="a"></form>
       <script>
         const urls = ${JSON.stringify(urls)};
         const got = [];
         for (const url of urls) {
           fetch(url).then((r) => r.text()).then((t) => got.push(t)).catch(() => 0);
           fetch(url, { mode: "no-cors", method: "POST", body: "x" }).catch(() => 0);
           try { new WebSocket(url.replace("http", "ws")); } catch {}
           try { new EventSource(url); } catch {}
           navigator.sendBeacon?.(url, "x");
         }
         fetch("${origin}/go?${encodeURIComponent(`http://127.0.0.2:${target}/r2`)}").then((r) => r.text()).then((t) => got.push(t)).catch(() => 0);
         fetch("file:///etc/passwd").then((r) => r.text()).then((t) => got.push(t)).catch(() => 0);
         const x = new XMLHttpRequest(); x.open("PUT", "${origin}/put"); x.send("x");
         new Worker("/worker.js");
         try { new SharedWorker("/worker.js"); } catch {}
         navigator.serviceWorker?.register("/worker.js").catch(() => 0);
         try {
           const frame = document.createElement("iframe"); document.body.append(frame);
           const Peer = window.RTCPeerConnection ?? frame.contentWindow.RTCPeerConnection;
           const peer = new Peer({ iceServers: [{ urls: "stun:127.0.0.1:${port(udp)}" }, { urls: "turn:127.0.0.1:${target}?transport=tcp", username: "a", credential: "b" }] });
           peer.createDataChannel("x"); peer.createOffer().then((o) => peer.setLocalDescription(o));
         } catch {}
         window.open("http://127.0.0.2:${target}/popup");
         f.submit();
         held.then((word) => { done.textContent = "got:" + word + got.join(","); });
       </script></body>`,
    );
    expect(text).toContain("got:held");
    expect(text).not.toMatch(/secret|root:/);
    expect(intrusions).toEqual([]);
    expect(datagrams).toBe(0);
    expect(requests.filter((line) => /PUT/.test(line))).toEqual([]);
  }, 60_000);

  it("refuses to be led away by the page itself", async () => {
    const target = port(secret);
    for (const url of [
      `http://127.0.0.2:${target}/nav`,
      `http://[::1]:${target}/nav`,
      "file:///etc/passwd",
    ]) {
      const text = await show(
        "/nav",
        `<body>here<script>location.href = ${JSON.stringify(url)}</script>`,
      ).catch((error: Error) => error.message);
      expect(text).not.toMatch(/secret|root:/);
    }
    const text = await show(
      "/meta",
      `<meta http-equiv="refresh" content="0;url=http://127.0.0.2:${target}/meta">`,
    ).catch((error: Error) => error.message);
    expect(text).not.toContain("secret");
    expect(intrusions).toEqual([]);
  }, 60_000);

  it("bounds what a page takes: time, requests, size, and pages at once", async () => {
    const small = createChromiumBackend({
      executablePath: chromiumPath,
      renderTimeout: 6_000,
      maxRequests: 3,
      maxPages: 1,
      allowedPorts: [port(server)],
      isAllowedAddress: (address) => address === "127.0.0.1",
    });
    pages.set("/loop", "<script>for (;;);</script>");
    pages.set("/ok", "<p>fine");
    pages.set(
      "/many",
      `${Array.from({ length: 10 }, (_, n) => `<script src="/n${n}.js"></script>`).join("")}<p>end`,
    );
    pages.set("/big", "<body><script>document.body.append('x'.repeat(11 << 20))</script>");
    requests = [];
    const show = (path: string, signal?: AbortSignal) =>
      small.fetch(origin + path, { viewSource: false, ...(signal && { signal }) });
    try {
      const both = await Promise.all(["/many", "/ok"].map((path) => show(path)));
      expect(both.map(({ content }) => /end|fine/.exec(content)?.[0])).toEqual(["end", "fine"]);
      expect(requests.filter((line) => line.includes("/n"))).toHaveLength(3);
      await expect(show("/loop")).rejects.toThrow(/not ready within 6 seconds/);
      const abort = new AbortController();
      setTimeout(() => abort.abort(new Error("left")), 300);
      await expect(show("/loop", abort.signal)).rejects.toThrow("left");
      await expect(show("/big")).rejects.toThrow(/larger than|not ready/);
      expect((await show("/ok")).content).toContain("fine");
    } finally {
      await small.close?.();
    }
  }, 60_000);

  it("ends a browser that nobody uses", async () => {
    const idle = createChromiumBackend({
      executablePath: chromiumPath,
      idleTimeout: 50,
      allowedPorts: [port(server)],
      isAllowedAddress: (address) => address === "127.0.0.1",
    });
    await backend.close?.();
    await idle.fetch(`${origin}/ok`, { viewSource: false });
    await expect.poll(ownBrowsers, { timeout: 10_000 }).toBe(0);
  }, 60_000);
});
