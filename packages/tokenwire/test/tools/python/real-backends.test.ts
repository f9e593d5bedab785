// What the backends outside the WASI sandbox really isolate. Each runs where its program does: bubblewrap, and docker or
// podman (or what TOKENWIRE_CONTAINER names) with the image python:3.11 at hand.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type CommandBackendOptions,
  createBubblewrapBackend,
  createContainerBackend,
  type PythonBackend,
} from "../../../src/tools/index.ts";

function works(command: string, ...parameters: string[]): boolean {
  try {
    execFileSync(command, parameters, { stdio: "ignore", timeout: 20_000 });
    return true;
  } catch {
    return false;
  }
}

const image = "python:3.11";
const engine = [process.env["TOKENWIRE_CONTAINER"], "docker", "podman"].find(
  (name) =>
    name !== undefined &&
    works(name, "image", "inspect", image) &&
    works(name, "run", "--rm", "--network", "none", image, "python", "--version"),
);
const backends: [string, boolean, (options?: CommandBackendOptions) => PythonBackend][] = [
  [
    "bubblewrap",
    works("bwrap", "--unshare-all", "--ro-bind", "/", "/", "python3", "--version"),
    createBubblewrapBackend,
  ],
  [
    "a container",
    engine !== undefined,
    (options) => createContainerBackend({ ...options, command: engine!, image }),
  ],
];

/** A file of the host that a cell must not see, and a variable. */
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(homedir(), "tokenwire-host-"));
  writeFileSync(join(folder, "secret"), "of the host");
  process.env["TOKENWIRE_TEST_SECRET"] = "of the host";
});
afterAll(() => {
  rmSync(folder, { recursive: true });
  delete process.env["TOKENWIRE_TEST_SECRET"];
});
const { signal } = new AbortController();
const attempt = (statement: string): string =>
  `try:\n  ${statement}\n  print("possible")\nexcept BaseException as e:\n  print("refused", type(e).__name__)\n`;

for (const [name, isHere, create] of backends) {
  describe.skipIf(!isHere)(name, { timeout: 60_000 }, () => {
    const run = async (source: string, options?: CommandBackendOptions) =>
      create(options).run(source, { signal });

    it("runs a cell and says what it printed, errors included", async () => {
      expect(await run("print(6 * 7)\nprint('größer 👍')")).toEqual({
        text: "42\ngrößer 👍\n",
        status: "ok",
      });
      expect((await run("1 / 0")).text).toContain("ZeroDivisionError: division by zero");
      expect((await run(`x = "${"long ".repeat(50_000)}"\nprint(len(x))`)).text).toBe("250000\n");
    });

    it("keeps nothing from one cell to the next", async () => {
      expect((await run("kept = 1\nopen('/tmp/kept', 'w').write('x')")).status).toBe("ok");
      const { text } = await run("import os\nprint('kept' in globals(), os.path.exists('/tmp/kept'))");
      expect(text).toBe("False False\n");
    });

    it("shows neither files nor variables of the host", async () => {
      const { text } = await run(
        `${attempt(`print(open(${JSON.stringify(join(folder, "secret"))}).read())`)}import os\nprint(dict(os.environ))`,
      );
      expect(text).toContain("refused FileNotFoundError");
      expect(text).not.toContain("of the host");
    });

    it("has no network and no writable system", async () => {
      const { text } = await run(
        `import socket\n${attempt("socket.create_connection(('192.0.2.1', 80), 5)")}${attempt("open('/usr/file', 'w')")}`,
      );
      expect(text.split("\n")).toEqual(["refused OSError", "refused OSError", ""]);
    });

    it("does not give a cell more memory than it may have", async () => {
      const { text } = await run("held = bytearray(b'x') * (3 << 30)\nprint('possible')");
      expect(text).not.toContain("possible");
    });

    it("ends a cell that takes too long, with everything that it started", async () => {
      const mark = `tokenwire-${process.pid}-${Date.now()}`;
      const source = `import subprocess, sys\nsubprocess.Popen([sys.executable, "-c", "import time; time.sleep(300) # ${mark}"])\nprint("started", flush=True)\nwhile True: pass`;
      const result = await run(source, { timeout: 8 });
      expect(result).toMatchObject({ status: "timeout", text: "started\n" });
      await expect.poll(() => works("pgrep", "-f", mark), { timeout: 20_000 }).toBe(false);
    });

    it("ends when the caller gives up", async () => {
      const abort = new AbortController();
      const running = create().run("print('on', flush=True)\nwhile True: pass", {
        signal: abort.signal,
        onOutput: () => abort.abort(new Error("enough")),
      });
      await expect(running).rejects.toThrow("enough");
    });
  });
}
