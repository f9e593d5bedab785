// `tokenwire eval` as a user runs it: 200 samples against a server, killed without warning at half, resumed, and
// compared with a run that nothing disturbed. The built command line is used.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const main = fileURLToPath(new URL("../../packages/tokenwire/dist/cli/main.js", import.meta.url));

describe.skipIf(!existsSync(main))("an eval run of 200 samples", () => {
  let folder = "";
  let server: Server;
  let answered = 0;
  /** Called at each request; a promise holds the answer back. */
  let onRequest: () => Promise<void> | undefined = () => undefined;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "eval-kill-"));
    const rows = Array.from({ length: 200 }, (_, k) => `{"input":"${k}?","ideal":"${k}","match":"exact"}\n`);
    writeFileSync(join(folder, "q.jsonl"), rows.join(""));
    server = createServer(async (request, response) => {
      let text = "";
      for await (const chunk of request) text += chunk;
      await onRequest();
      const number = Number.parseInt(JSON.parse(text).messages[0].content, 10);
      const content = String(number % 3 === 0 ? -1 : number);
      answered += 1;
      const usage = { prompt_tokens: 2, completion_tokens: 1 };
      response.end(JSON.stringify({ choices: [{ message: { content } }], usage }));
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = (out: string, ...flags: string[]) => {
    const { port } = server.address() as AddressInfo;
    const where = ["--sampler", "chat_completions", "--base-url", `http://127.0.0.1:${port}/v1`];
    const what = ["--eval", "dataset", "--data", join(folder, "q.jsonl"), "--out", join(folder, out)];
    const child = spawn(process.execPath, [main, "eval", ...what, ...where, "-j", "4", ...flags], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const ended = new Promise<number | string | null>((done) =>
      child.on("close", (code, signal) => done(code ?? signal)),
    );
    return { child, ended };
  };
  const folderOf = (out: string) => join(folder, out, readdirSync(join(folder, out))[0]!);
  const read = (out: string, name: string) => readFileSync(join(folderOf(out), name), "utf8");
  const lines = (out: string) => read(out, "samples.jsonl").split("\n").filter(Boolean).length - 1;
  /** Everything that does not depend on the time it took. */
  const summary = (out: string) => {
    const { latency, milliseconds, ...rest } = JSON.parse(read(out, "summary.json"));
    return rest;
  };

  it("killed at half and resumed, ends as one that was not", async () => {
    const whole = start("whole");
    expect(await whole.ended).toBe(0);
    expect(summary("whole")).toMatchObject({ samples: 200, errors: 0, interrupted: false });
    expect(summary("whole").score).toBeCloseTo(133 / 200, 12);

    answered = 0;
    const broken = start("broken");
    onRequest = () => {
      if (answered !== 100) return undefined;
      broken.child.kill("SIGKILL");
      return new Promise(() => undefined);
    };
    expect(await broken.ended).toBe("SIGKILL");
    const kept = lines("broken");
    expect(kept).toBeGreaterThan(50);
    expect(kept).toBeLessThanOrEqual(100);

    onRequest = () => undefined;
    answered = 0;
    expect(await start("broken", "--resume").ended).toBe(0);
    expect(answered).toBe(200 - kept);
    expect(summary("broken")).toEqual(summary("whole"));
    const name = readdirSync(folderOf("whole")).find((file) => file.startsWith("dataset_"))!;
    expect(read("broken", name)).toBe(read("whole", name));
  }, 60_000);

  it("stopped by Ctrl-C, finishes what is in flight and says how to go on", async () => {
    answered = 0;
    const stopped = start("stopped");
    let text = "";
    stopped.child.stderr.on("data", (chunk) => {
      text += chunk;
    });
    let release: () => void = () => undefined;
    const held = new Promise<void>((done) => {
      release = done;
    });
    let inFlight = 0;
    onRequest = () => {
      if (answered < 20) return undefined;
      inFlight += 1;
      return held;
    };
    // All four of those that may be.
    await expect.poll(() => inFlight, { timeout: 20_000 }).toBe(4);
    stopped.child.kill("SIGINT");
    await expect.poll(() => text, { timeout: 10_000 }).toContain("Finishing what is in flight");
    release();
    expect(await stopped.ended).toBe(130);
    expect(summary("stopped")).toMatchObject({ samples: 24, errors: 0, interrupted: true });
    expect(text).toContain("Resume with --resume");
  }, 60_000);
});
