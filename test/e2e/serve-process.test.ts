// `tokenwire serve` as a process: what it prints, how it ends, and what it refuses to start with. The built command line
// is used.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { makeCertificate } from "../../packages/tokenwire/test/server/certificate.ts";

const main = fileURLToPath(new URL("../../packages/tokenwire/dist/cli/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "serve-process-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Served {
  readonly child: ChildProcess;
  readonly url: string;
  /** Exit code or signal. */
  readonly ended: Promise<number | string | null>;
  readonly errors: () => string;
}

async function serve(...args: string[]): Promise<Served> {
  const child = spawn(process.execPath, [main, "serve", "--port", "0", ...args], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  const ended = new Promise<number | string | null>((resolve) =>
    child.once("close", (code, signal) => resolve(code ?? signal)),
  );
  child.stderr!.on("data", (chunk) => {
    err += chunk;
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout!.on("data", (chunk) => {
      out += chunk;
      const match = /address +(\S+)\/v1\n/.exec(out);
      if (match) resolve(match[1]!);
    });
    void ended.then((how) => reject(new Error(`ended with ${how}: ${err}`)));
  });
  return { child, url, ended, errors: () => err };
}

const stream = (url: string, tokens: number): Promise<Response> =>
  fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      model: "tokenwire-toy",
      stream: true,
      max_tokens: tokens,
      ignore_eos: true,
      messages: [{ role: "user", content: "Tell me a story" }],
    }),
  });

describe.skipIf(!existsSync(main))("a server process", () => {
  it("on SIGTERM lets every stream finish, takes no more, and exits with 0", async () => {
    const { child, url, ended } = await serve("--max-running", "40", "--drain-timeout", "60s");
    const answers = await Promise.all(Array.from({ length: 40 }, () => stream(url, 40)));
    const idle = await fetch(`${url}/health`);
    await idle.text();
    child.kill("SIGTERM");
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    for (const text of texts)
      expect(text).toMatch(/"finish_reason":"(?:stop|length)"[\s\S]*data: \[DONE\]\n\n$/);
    expect(await ended).toBe(0);
    await expect(fetch(`${url}/health`)).rejects.toThrow();
  }, 60_000);

  it("ends what is left after the grace with an error and a proper end, and still exits with 0", async () => {
    const { child, url, ended } = await serve("--drain-timeout", "200ms");
    const answer = await stream(url, 4_000);
    const reader = answer.body!.getReader();
    await reader.read();
    child.kill("SIGTERM");
    let text = "";
    for (let step = await reader.read(); !step.done; step = await reader.read()) {
      text += new TextDecoder().decode(step.value);
    }
    expect(text).toMatch(/"code":"overloaded"[\s\S]*data: \[DONE\]\n\n$/);
    expect(await ended).toBe(0);
  }, 60_000);

  it("exits at once at the second signal", async () => {
    const { child, url, ended } = await serve("--drain-timeout", "60s");
    const answer = await stream(url, 4_000);
    await answer.body!.getReader().read();
    child.kill("SIGTERM");
    await new Promise((resolve) => setTimeout(resolve, 100));
    child.kill("SIGTERM");
    expect(await ended).toBe(143);
  }, 60_000);

  it("speaks HTTPS with a certificate from files, and prints such an address", async () => {
    const authority = makeCertificate({ name: "authority" });
    const { cert, key } = makeCertificate({ name: "localhost", issuer: authority });
    writeFileSync(join(folder, "cert.pem"), cert);
    writeFileSync(join(folder, "key.pem"), key);
    writeFileSync(
      join(folder, "tokenwire.config.json"),
      JSON.stringify({ serve: { tlsCert: "cert.pem", tlsKey: "key.pem", apiKey: ["k"] } }),
    );
    const { child, url, ended } = await serve();
    expect(url).toMatch(/^https:/);
    const status = await new Promise<number>((resolve, reject) => {
      request(`${url}/v1/models`, { ca: authority.cert, headers: { "x-api-key": "k" } }, (response) => {
        response.resume();
        resolve(response.statusCode!);
      })
        .on("error", reject)
        .end();
    });
    expect(status).toBe(200);
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
  }, 60_000);

  it("refuses a key of another certificate with a message and exit code 1", async () => {
    writeFileSync(join(folder, "other.pem"), makeCertificate({ name: "other" }).key);
    await expect(serve("--tls-cert", "cert.pem", "--tls-key", "other.pem")).rejects.toThrow(
      /ended with 1: error: TLS key: it does not belong to the certificate/,
    );
  }, 60_000);

  it("refuses a port that is taken, naming it", async () => {
    rmSync(join(folder, "tokenwire.config.json"));
    const { child, url, ended } = await serve();
    for (const flag of ["--port", "--metrics-port"]) {
      await expect(serve(flag, new URL(url).port)).rejects.toThrow(/ended with 1: error: .*EADDRINUSE/);
    }
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
  }, 60_000);
});
