// How the programs are called, and how they are ended: a script in their place notes it. What they isolate is tested in
// real-backends.test.ts.

import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createBubblewrapBackend,
  createContainerBackend,
  createDangerouslyLocalBackend,
} from "../../../src/tools/index.ts";

let folder = "";
const { PATH } = process.env;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "python-"));
});
afterEach(() => {
  process.env["PATH"] = PATH;
  rmSync(folder, { recursive: true, force: true });
});

/** A program that appends its arguments, one line per call, and then does as told. */
function fake(name: string, body: string): string {
  const path = join(folder, name);
  const log = join(folder, "calls");
  writeFileSync(path, `#!/bin/sh\nprintf '%s\\n' "$*" >> '${log}'\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}
const calls = () =>
  existsSync(join(folder, "calls")) ? readFileSync(join(folder, "calls"), "utf8").trim().split("\n") : [];
const { signal } = new AbortController();
const name = /tokenwire-python-[0-9a-f-]{36}/;

describe.skipIf(process.platform === "win32")("the container backend", () => {
  it("isolates the container in every way the engine offers, and hands over the code as input", async () => {
    const backend = createContainerBackend({ command: fake("docker", "cat") });
    expect(await backend.run("print(1)", { signal })).toEqual({ text: "print(1)", status: "ok" });
    expect(calls()).toHaveLength(1);
    expect(calls()[0]!.replace(name, "NAME")).toBe(
      "run --rm --interactive --read-only --name NAME --network none --memory 512m --pids-limit 128 --cpus 1 " +
        "--cap-drop ALL --security-opt no-new-privileges --user 65534 --tmpfs /tmp python:3.11 python -I -u -",
    );
    expect(backend.isStateful).toBe(false);
  });

  it("kills the container by its name at the time-out", async () => {
    const command = fake("docker", '[ "$1" = kill ] || sleep 60');
    const backend = createContainerBackend({ command, image: "python:3.12-slim", timeout: 0.3 });
    expect(await backend.run("while True: pass", { signal })).toMatchObject({ status: "timeout" });
    await expect.poll(() => calls().length).toBe(2);
    const [started, stopped] = calls();
    expect(started).toContain("python:3.12-slim");
    expect(stopped).toBe(`kill ${name.exec(started!)![0]}`);
  });

  it("kills it when the caller gives up, and caps what it says", async () => {
    const command = fake("docker", '[ "$1" = kill ] || { head -c 5000 /dev/zero | tr "\\0" x; sleep 60; }');
    const abort = new AbortController();
    const backend = createContainerBackend({ command, maxOutputBytes: 1000 });
    let seen = 0;
    const running = backend.run("", {
      signal: abort.signal,
      onOutput: (text) => {
        seen += text.length;
        if (seen === 1000) abort.abort(new Error("enough"));
      },
    });
    await expect(running).rejects.toThrow("enough");
    await expect.poll(() => calls().length).toBe(2);
    expect(seen).toBe(1000);
  });

  it("says that there is no engine", async () => {
    const backend = createContainerBackend({ command: join(folder, "absent") });
    expect(await backend.run("1", { signal })).toMatchObject({
      status: "ended",
      detail: expect.stringContaining("could not be started"),
    });
  });
});

describe.skipIf(process.platform === "win32")("the bubblewrap backend", () => {
  it("shares no namespace, no environment and no writable folder with the host", async () => {
    fake("bwrap", "cat");
    process.env["PATH"] = `${folder}${delimiter}${PATH}`;
    expect((await createBubblewrapBackend().run("print(2)", { signal })).text).toBe("print(2)");
    expect(calls()).toEqual([
      "--unshare-all --die-with-parent --new-session --clearenv --ro-bind /usr /usr --ro-bind-try /lib /lib " +
        "--ro-bind-try /lib64 /lib64 --ro-bind-try /bin /bin --proc /proc --dev /dev --tmpfs /tmp --chdir /tmp " +
        "--setenv PATH /usr/bin:/bin sh -c ulimit -v 1048576; ulimit -u 128 2>/dev/null || ulimit -p 128 2>/dev/null; exec python3 -I -u -",
    ]);
  });
});

describe.skipIf(process.platform === "win32")("the backend without isolation", () => {
  it("ends everything it started at the time-out", async () => {
    const pid = join(folder, "pid");
    const interpreter = fake("python", `sleep 60 & echo $! > '${pid}'; wait`);
    const backend = createDangerouslyLocalBackend({ interpreter, timeout: 0.5 });
    expect(await backend.run("", { signal })).toMatchObject({ status: "timeout" });
    const child = Number(readFileSync(pid, "utf8"));
    const isGone = () => {
      try {
        // A killed process may stay listed until its parent looks.
        return /^State:\s+Z/m.test(readFileSync(`/proc/${child}/status`, "utf8"));
      } catch {
        return true;
      }
    };
    await expect.poll(isGone).toBe(true);
  });
});
