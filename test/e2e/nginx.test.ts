// A long prefill behind a proxy that cuts silent connections: what the server sends meanwhile keeps them open. The times
// are a tenth of those of the real thing, unless TOKENWIRE_SILENCE=40 asks for it. Needs nginx (TOKENWIRE_NGINX or PATH).

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { final, idsOf, scripted } from "./backend.ts";

const nginx = process.env["TOKENWIRE_NGINX"] ?? "nginx";
const hasNginx = spawnSync(nginx, ["-v"]).status === 0;
/** Seconds. */
const silence = Number(process.env["TOKENWIRE_SILENCE"] ?? 4);
const proxyTimeout = silence / 2;
const keepAlive = (silence * 1_000 * 3) / 8;

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => child.once("close", () => resolve()));

/** nginx in front of a server; its address. */
async function proxied(url: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "tokenwire-nginx-"));
  const port = await freePort();
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  const location = `location / { proxy_pass ${url}; proxy_http_version 1.1; proxy_read_timeout ${proxyTimeout}s; }`;
  writeFileSync(
    join(folder, "nginx.conf"),
    `daemon off; master_process off; pid ${folder}/pid; error_log stderr; events {}
     http { access_log off; ${paths.join(" ")} server { listen 127.0.0.1:${port}; ${location} } }`,
  );
  const child = spawn(nginx, ["-p", folder, "-e", "stderr", "-c", join(folder, "nginx.conf")], {
    stdio: "ignore",
  });
  cleanups.push(() => {
    child.kill("SIGTERM");
    void ended(child).then(() => rmSync(folder, { recursive: true, force: true }));
  });
  for (let tries = 0; tries < 500; tries++) {
    if (
      await fetch(`http://127.0.0.1:${port}/health`).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      break;
    await new Promise((go) => setTimeout(go, 20));
  }
  return `http://127.0.0.1:${port}`;
}

/** What a client gets of a stream whose engine is silent for long. */
async function answerAfterSilence(options: {
  readonly keepAlive: number;
}): Promise<{ status: number; text: string }> {
  const steps = [{ waitMs: silence * 1_000 }, { tokens: idsOf(final("At last.")) }];
  const server = await scripted([{ steps }], options);
  const response = await fetch(`${await proxied(server.url)}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${server.apiKey}` },
    body: JSON.stringify({ model: server.model, stream: true, messages: [{ role: "user", content: "x" }] }),
  });
  return {
    status: response.status,
    text: await response.text().catch((error: Error) => `cut: ${error.message}`),
  };
}

describe.skipIf(!hasNginx)(`${silence} s of silence behind nginx, which waits for ${proxyTimeout} s`, () => {
  it(
    "are broken by comments, and the answer arrives whole",
    async () => {
      const { status, text } = await answerAfterSilence({ keepAlive });
      expect(status).toBe(200);
      expect(text.match(/: keepalive/g)?.length).toBeGreaterThanOrEqual(2);
      expect(text).toMatch(/At[\s\S]*last[\s\S]*data: \[DONE\]\n\n$/);
    },
    silence * 2_000 + 20_000,
  );

  it(
    "would end the stream without them",
    async () => {
      const { status, text } = await answerAfterSilence({ keepAlive: 0 });
      expect(status === 504 || text.startsWith("cut: ")).toBe(true);
    },
    silence * 2_000 + 20_000,
  );
});
